// Plays the stories and prints them in TAP; the last line is "# N passed, N failed, N skipped".
//   node run.mjs [--artefacts DIR] [--only TEXT] [--programs DIR]
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { launch } from './browser.mjs';
import { startSite } from './site.mjs';
import { StoryTeller } from './story.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    artefacts: { type: 'string', default: path.join(here, '../../build/results/screenshots') },
    only: { type: 'string', default: '' },
    programs: { type: 'string' },
  },
});
const STORY_SECONDS_MAX = 300;

function limited(promise, seconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done in ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function stories() {
  const folder = path.join(here, 'stories');
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.mjs')).sort();
  const modules = await Promise.all(
    files.map((name) => import(pathToFileURL(path.join(folder, name)).href)),
  );
  return modules
    .flatMap((module) => module.stories)
    .filter((story) => story.name.includes(options.only));
}

function report(number, name, seconds, error) {
  console.log(`${error ? 'not ok' : 'ok'} ${number} - ${name} (${seconds.toFixed(1)} s)`);
  if (error) console.log(String(error.stack ?? error).replace(/^/gm, '  # '));
}

async function play(story, number, browser, site) {
  const teller = new StoryTeller({ browser, site, artefacts: options.artefacts });
  const since = Date.now();
  let failure;
  try {
    await limited(story.play(teller), story.secondsMax ?? STORY_SECONDS_MAX);
    teller.expectNoProblems();
  } catch (error) {
    failure = error;
    await teller.showFailure(story.name).catch(() => {});
  }
  await teller.close();
  report(number, story.name, (Date.now() - since) / 1000, failure);
  return !failure;
}

async function main() {
  const all = await stories();
  console.log('TAP version 13');
  console.log(`1..${all.length}`);
  const counts = { passed: 0, failed: 0 };
  const [site, browser] = await Promise.all([startSite({ programs: options.programs }), launch()]);
  try {
    for (const [index, story] of all.entries()) {
      counts[(await play(story, index + 1, browser, site)) ? 'passed' : 'failed'] += 1;
    }
  } finally {
    await browser.close();
    await site.stop();
  }
  console.log(`# ${counts.passed} passed, ${counts.failed} failed, 0 skipped`);
  process.exitCode = counts.failed ? 1 : 0;
}

await main();

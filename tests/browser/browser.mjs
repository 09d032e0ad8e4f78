// Debian's Chromium, and what every page must hold: no error in the console, nothing loaded from
// elsewhere, no horizontal scrolling, no accessibility violation.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const axeSource = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const axeRules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export const languages = ['kk', 'ru', 'en'];
export const widths = { phone: 320, desk: 1280 };

export function launch() {
  return chromium.launch({
    executablePath: process.env.QYZMET_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', // root has no sandbox, and only our own pages are opened
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

let people = 0;

/// One person at one computer: cookies of their own. `problems` collects what went wrong unseen.
export async function newPerson(
  browser,
  { language = 'kk', width = widths.desk, javaScript = true, origins = [] } = {},
) {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    locale: { kk: 'kk-KZ', ru: 'ru-KZ', en: 'en-GB' }[language],
    timezoneId: 'Asia/Almaty',
    javaScriptEnabled: javaScript,
    acceptDownloads: true,
    // Each at an address of their own, as behind a proxy: limits per address do not meet.
    extraHTTPHeaders: { 'X-Forwarded-For': `10.0.${Math.floor(++people / 250)}.${people % 250}` },
  });
  context.setDefaultTimeout(15000);
  const problems = [];
  context.on('page', (page) => {
    page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
    page.on('console', (message) => {
      // A page may be refused on purpose; what a page loads may not: see 'response'.
      const refused = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !refused) problems.push(`console: ${message.text()}`);
    });
    page.on('response', (response) => {
      const isPage = response.request().resourceType() === 'document';
      if (!isPage && response.status() >= 400)
        problems.push(`${response.status()} for ${response.url()}`);
    });
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      const own = ['data:', 'blob:', 'about:'].includes(protocol) || origins.includes(origin);
      if (!own) problems.push(`loads from elsewhere: ${request.url()}`);
    });
  });
  const page = await context.newPage();
  return { context, page, language, problems, close: () => context.close() };
}

/// Violations of axe-core, one line each.
export async function accessibilityProblems(page) {
  // Evaluated, not added as a tag: the pages' content security policy allows no foreign script.
  await page.evaluate(axeSource);
  const result = await page.evaluate(
    (tags) => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags } }),
    axeRules,
  );
  return result.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')}: ${violation.help}`),
  );
}

/// Elements that reach beyond the right edge; empty when the page does not scroll sideways.
export function sidewaysProblems(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.body.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > width + 1,
    );
    return wide.slice(-3).map((element) => {
      const name = element.className ? `.${String(element.className).split(' ')[0]}` : '';
      return `wider than ${width} px: ${element.tagName.toLowerCase()}${name}`;
    });
  });
}

/// Words that had to be broken in the middle because their line is too narrow; digests are none.
export function brokenWordProblems(page) {
  return page.evaluate(() => {
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (const word of node.data.matchAll(/(?<![\p{L}\d])\p{L}{2,}(?![\p{L}\d])/gu)) {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const rows = [...range.getClientRects()].filter((box) => box.width > 0);
        if (new Set(rows.map((box) => Math.round(box.top))).size > 1) found.add(word[0]);
      }
    }
    return [...found].map((word) => `broken word: ${word}`);
  });
}

/// Keys of texts and template marks that were never replaced by words.
export async function rawTextProblems(page) {
  const text = await page.evaluate(() => document.body.innerText);
  const own = text.replace(/https?:\/\/\S+/g, ''); // addresses that people typed are no keys
  const found = own.match(/\{\{.*?\}\}|\[missing[^\]]*\]|\b[a-z_]+\.[a-z_]+\.[a-z_]+\b/g) ?? [];
  return [...new Set(found)].map((part) => `raw text: ${part}`);
}

/// Takes NAME.LANGUAGE.WIDTH.png into the folder of artefacts.
export async function screenshot(page, folder, name, language) {
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.${language}.${page.viewportSize().width}.png`);
  await page.screenshot({ path: file, fullPage: true });
  return file;
}

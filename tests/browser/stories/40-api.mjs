// What README tells programs to do, word by word but for the port: a citizen applies with curl and
// openssl, and the contact centre asks where the case stands.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../site.mjs';

function blocks(heading) {
  const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
  const section = readme.split(`\n## ${heading}\n`)[1].split('\n## ')[0];
  return section.split('\n```\n').filter((_, index) => index % 2 === 1);
}

async function readmeIsTrue(story) {
  const { state, port } = story.site;
  const [apply, ask] = blocks('JSON API');
  const script = `set -euo pipefail\n${apply}\necho\necho "$number"\n${ask}\n`;
  const printed = execFileSync('bash', ['-c', script.replaceAll(':8080/', `:${port}/`)], {
    encoding: 'utf8',
    timeout: 60000,
    env: {
      ...process.env,
      PATH: `${path.join(state, 'bin')}:${process.env.PATH}`,
      QYZMET_CONFIG: path.join(state, 'server/qyzmet.conf'),
    },
  });
  const [found, number, told] = printed.trim().split('\n');
  assert.match(number, /^77-\d{4}-\d{6}$/);
  assert.equal(JSON.parse(found).number, number);
  assert.equal(JSON.parse(told).number, number);
  assert.ok(JSON.parse(told).state.text, told);
}

export const stories = [
  { name: 'a citizen applies through the API as README tells', play: readmeIsTrue },
];

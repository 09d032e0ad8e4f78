// What a citizen can show without us: the receipt with its proof, judged by the verifier page in a
// browser without a network, from a saved copy. The page and `qyzmet receipt verify` are two
// programs that share nothing but the formats: they must agree on everything, good and bad.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { screenshot, sidewaysProblems } from '../browser.mjs';
import {
  chooseMode,
  confirmCheck,
  fillApplication,
  nextWorkingMorning,
  qyzmet,
  signApplication,
  signIn,
  startApplication,
} from '../people.mjs';

const LOG_MS_MAX = 20000;
const EDITS = 24; // of each kind of source

async function receiptWithProof(story, citizen, number) {
  const until = Date.now() + LOG_MS_MAX;
  for (;;) {
    await story.open(citizen, `/cabinet/cases/${number}/receipt`);
    if (await citizen.page.locator('svg.qr').count()) return;
    assert.ok(Date.now() < until, 'the log does not have the application');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/// What is written in the QR code on a print: on its last page.
function scanned(story, pdf) {
  const stem = pdf.replace(/\.pdf$/, '');
  story.outside('pdftoppm', '-r', '200', '-gray', '-png', pdf, stem);
  const folder = path.dirname(pdf);
  const prints = fs
    .readdirSync(folder)
    .filter((name) => name.startsWith(`${path.basename(stem)}-`) && name.endsWith('.png'))
    .sort();
  const last = path.join(folder, prints.at(-1));
  return story.outside('zbarimg', '-q', '--raw', '--oneshot', last).replace(/\n$/, '');
}

/// The public key of somebody else's log; of the same name, if they wish.
function otherKey(name) {
  const { publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const bytes = Buffer.concat([Buffer.of(1), raw]);
  const id = createHash('sha256').update(`${name}\n`).update(bytes).digest('hex').slice(0, 8);
  return `${name}+${id}+${bytes.toString('base64')}`;
}

/// Everything that is judged: of one application.
async function papersOf(story) {
  await nextWorkingMorning(story);
  await chooseMode(story, 'confirm');
  const citizen = await signIn(story, 'madina');
  await startApplication(story, citizen);
  const city = { office: /Есіл/, branch: /Есіл-1/ };
  await fillApplication(story, citizen, { subtype: 'dismissed', ...city, phone: '+77010000008' });
  await confirmCheck(citizen);
  const number = await signApplication(story, citizen, 'madina');
  const { page } = citizen;
  await receiptWithProof(story, citizen, number);
  await story.lookEverywhere(citizen, 'receipt-page');
  const save = (link, name) =>
    story.download(citizen, () => page.locator(`main a[href*="${link}"]`).first().click(), name);
  const proof = await save('/receipt/proof', 'receipt.tlog-proof');
  const receipt = await save('/receipt/pdf', 'citizen-receipt.pdf');
  await story.open(citizen, `/cabinet/cases/${number}`);
  const paper = await save(`${number}/application`, 'citizen-application.pdf');
  const application = await save('/documents/', 'application.xml');
  const other = path.join(story.artefacts, 'other.xml');
  fs.writeFileSync(other, `${fs.readFileSync(application, 'utf8')} `);
  const [code, stamp] = [scanned(story, receipt), scanned(story, paper)];
  assert.match(code, /^KZL:/);
  assert.match(stamp, /^KZ1:/);
  return { citizen, number, proof, receipt, paper, application, other, code, stamp };
}

/// A stranger with a saved copy and no network.
async function savedVerifier(story, html) {
  const file = path.join(story.artefacts, 'verify.html');
  fs.writeFileSync(file, html);
  const { href } = pathToFileURL(file);
  const reader = await story.person({ origins: ['null', new URL(href).origin] });
  await reader.context.setOffline(true);
  await reader.page.goto(href);
  return reader;
}

/// "valid", or why not.
async function judged({ page }, { code = '', file, document, key }) {
  await page.reload();
  await page.locator('#code').fill(code);
  if (file) await page.locator('#file').setInputFiles(file);
  if (document) await page.locator('#document').setInputFiles(document);
  if (key) await page.locator('#key').fill(key);
  await page.locator('#form > button').click();
  const box = page.locator('#verdict:not([hidden])');
  await box.waitFor();
  const { verdict, reason } = await box.evaluate((each) => ({ ...each.dataset }));
  return verdict === 'valid' ? 'valid' : reason;
}

/// The same from the command line.
function commanded(story, { code, file, document, key }) {
  const source = file ? ['--file', file] : [code];
  const with_ = document ? ['--document', document] : [];
  const words = ['receipt', 'verify', '--json', '--log-key', key, ...source, ...with_];
  const { stdout, stderr, status } = qyzmet(story, ...words);
  if (status === 2) return `wrong use: ${stderr}`;
  const verdict = JSON.parse(stdout);
  assert.equal(status, verdict.valid ? 0 : 1);
  return verdict.valid ? 'valid' : verdict.reason;
}

async function lookInEveryLanguage(story, person, name) {
  const { page } = person;
  const size = page.viewportSize();
  for (const language of ['kk', 'ru', 'en']) {
    await page.locator(`[data-language=${language}]`).click();
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: size.height });
      await story.look({ page, language }, name);
    }
  }
  await page.setViewportSize(size);
}

/// Another character at that place: within what both kinds of text are made of.
function edited(text, at) {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

/// The page's own functions, called for many texts at once.
function judgedInBulk({ page }, texts) {
  return page.evaluate(async (all) => {
    const { parseKey, tidied, verify } = globalThis;
    const key = await parseKey(document.getElementById('key').value);
    const out = [];
    for (const each of all) out.push((await verify(tidied(each), key, null)).reason ?? 'valid');
    return out;
  }, texts);
}

async function agreeOnEdits(story, reader, papers, key) {
  const whole = fs.readFileSync(papers.proof, 'utf8');
  const editsOf = (source) =>
    Array.from({ length: EDITS }, (_, i) =>
      edited(source, Math.floor((source.length * i) / EDITS)),
    );
  const texts = [papers.code, papers.stamp, whole].flatMap(editsOf);
  texts.push(
    whole.replace(/\n/g, '\r\n'),
    `\n ${papers.code.replace(/(.{60})/g, '$1\r\n')}\n`,
    whole.slice(0, -1),
    whole.slice(0, whole.lastIndexOf('\n', whole.length - 2) + 1),
    `${whole}\u2014 somebody AAAAAAA=\n`,
    whole.replace(/^index .*$/m, 'index 18446744073709551615'),
    whole.replace(/^index .*$/m, 'index 18446744073709551616'),
    'https://egov.kz',
  );
  const file = path.join(story.artefacts, 'edited.txt');
  const wanted = texts.map((text) => {
    fs.writeFileSync(file, text);
    return commanded(story, { file, key });
  });
  assert.deepEqual(await judgedInBulk(reader, texts), wanted);
  const seen = new Set(wanted);
  for (const verdict of ['valid', 'format', 'key', 'signature', 'inclusion'])
    assert.ok(seen.has(verdict), `no edit gives ${verdict}`);
}

/// From the page on a disk to the portal, by the digest of the paper alone.
async function askedForSignatures(story, reader, paper) {
  assert.equal(await judged(reader, { file: paper }), 'valid');
  const address = await reader.page.locator('#verdict a').getAttribute('href');
  assert.ok(address.startsWith(`${story.site.url}/`), address);
  const stranger = await story.person({ language: 'ru' });
  for (const language of ['kk', 'ru', 'en']) {
    await stranger.page.goto(address.replace(/\/[a-z]{2}\/signatures/, `/${language}/signatures`));
    assert.equal(await stranger.page.locator('main li').count(), 1, 'the seal');
  }
  await story.lookEverywhere(stranger, 'signatures');
}

async function verifiedWithoutUs(story) {
  const papers = await papersOf(story);
  const { citizen, number, proof, receipt, paper, application, other, code, stamp } = papers;
  await story.open(citizen, `/cabinet/cases/${number}/receipt`);
  await citizen.page.locator('main a[href^="/verify"]').click();
  await citizen.page.locator('#form').waitFor();
  assert.equal(await citizen.page.locator('html').getAttribute('lang'), 'kk');
  const address = story.outside('pdftotext', '-raw', receipt, '-').replace(/\s/g, '');
  assert.ok(address.includes(`${story.site.url}/verify`), 'the paper says where');
  assert.equal(await judged(citizen, { file: receipt, document: application }), 'valid');
  const key = await citizen.page.locator('#key').inputValue();

  // Saved by the browser after it was used, with what was on it.
  const reader = await savedVerifier(story, await citizen.page.content());
  assert.ok(await reader.page.locator('#verdict').isHidden());
  await lookInEveryLanguage(story, reader, 'verifier');
  const stranger = otherKey(key.split('+')[0]);
  const wrongPlace = path.join(story.artefacts, 'wrong-place.tlog-proof');
  const whole = fs.readFileSync(proof, 'utf8');
  fs.writeFileSync(wrongPlace, whole.replace(/^index (\d+)$/m, (_, at) => `index ${+at + 1}`));
  const table = [
    ['valid', { code }],
    ['valid', { file: proof, document: application }, 'verifier-valid'],
    ['valid', { file: receipt, document: application }],
    ['valid', { code: stamp }, 'verifier-stamp'],
    ['valid', { file: paper }],
    ['document', { file: receipt, document: other }, 'verifier-document'],
    ['inclusion', { file: wrongPlace }, 'verifier-inclusion'],
    ['signature', { code: edited(stamp, stamp.length - 8) }],
    ['format', { code: code.slice(0, -30) }, 'verifier-damaged'],
    ['format', { file: other }],
    ['key', { code, key: stranger }, 'verifier-other-log'],
    ['key', { code: stamp, key: stranger }],
    ['key', { file: receipt, key: otherKey('other.example') }],
  ];
  for (const [wanted, input, picture] of table) {
    const given = JSON.stringify(input);
    assert.equal(await judged(reader, input), wanted, given);
    if (picture) await lookInEveryLanguage(story, reader, picture);
    assert.equal(commanded(story, { key, ...input }), wanted, given);
  }
  await judged(reader, { file: receipt });
  assert.ok((await reader.page.locator('#verdict').innerText()).includes(number));
  await askedForSignatures(story, reader, paper);
  assert.equal(await judged(reader, { code, key: key.slice(0, -4) }), 'verifier.no_key');
  assert.equal(await judged(reader, {}), 'verifier.nothing');
  assert.equal(await judged(reader, { code, file: proof }), 'verifier.both');
  await agreeOnEdits(story, reader, papers, key);
}

async function withoutScript(story) {
  const person = await story.person({ javaScript: false });
  const answer = await person.page.goto(`${story.site.url}/verify`);
  assert.equal(answer.status(), 200);
  const policy = answer.headers()['content-security-policy'];
  assert.match(policy, /^default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+';/);
  for (const language of ['kk', 'ru', 'en']) {
    const said = person.page.locator(`section[lang=${language}]`);
    assert.ok((await said.innerText()).includes('qyzmet receipt verify --log-key'));
  }
  assert.ok(await person.page.locator('#app').isHidden());
  // axe-core needs what is switched off here.
  for (const width of [320, 1280]) {
    await person.page.setViewportSize({ width, height: 900 });
    assert.deepEqual(await sidewaysProblems(person.page), []);
    await screenshot(person.page, story.artefacts, 'verifier-no-script', 'all');
  }
}

/// Ed25519 is younger than most of WebCrypto.
async function oldBrowser(story) {
  const person = await story.person({ language: 'ru' });
  await person.page.addInitScript(() => {
    Object.defineProperty(globalThis.crypto, 'subtle', { value: undefined });
  });
  await person.page.goto(`${story.site.url}/verify#ru`);
  await person.page.locator('#verdict[data-reason="verifier.browser"]').waitFor();
  await story.look(person, 'verifier-old-browser');
}

export const stories = [
  { name: 'a receipt is verified without us', play: verifiedWithoutUs, secondsMax: 300 },
  { name: 'the verifier tells the way without scripts', play: withoutScript },
  { name: 'the verifier tells that a browser is too old', play: oldBrowser },
];

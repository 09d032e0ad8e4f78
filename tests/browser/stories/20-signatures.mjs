// Signatures of every kind that people really have: GOST keys through the whole life of a case, an
// older NCALayer, and each way in which signing does not come about.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  FIRST,
  acceptedNumber,
  certifyByCode,
  certifyByKey,
  chooseKey,
  chooseMode,
  complete,
  confirmByCode,
  confirmCheck,
  fillApplication,
  nextWorkingMorning,
  qyzmet,
  signApplication,
  signDecision,
  signIn,
  signInByCode,
  startApplication,
  waitForState,
  waitForTask,
} from '../people.mjs';

const PROOF_MS_MAX = 40000;
const city = { office: /Есіл/, branch: /Есіл-1/ };

/// The verdict on all signatures of a case, from its evidence file and the roots alone.
async function proven(story, person, number) {
  const roots = path.join(story.artefacts, 'roots');
  fs.mkdirSync(roots, { recursive: true });
  for (const name of ['root.pem', 'root-gost.pem']) {
    fs.copyFileSync(path.join(story.site.state, 'demo/trust', name), path.join(roots, name));
  }
  const until = Date.now() + PROOF_MS_MAX;
  for (;;) {
    await story.open(person, `/cabinet/cases/${number}`);
    const link = person.page.locator('a[href$="/evidence"]');
    const file = await story.download(person, () => link.click(), 'evidence.json');
    const at = (await (await fetch(`${story.site.url}/demo/now`)).text()).trim();
    const when = ['--at', `${at.slice(0, 19)}Z`];
    const run = qyzmet(story, 'verify', '--signature', file, '--trust', roots, ...when, '--json');
    const verdict = JSON.parse(run.stdout);
    if (run.status === 0) return verdict;
    // The archive timestamp is made in the background.
    assert.ok(Date.now() < until, run.stdout);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function apply(story, key, phone) {
  const citizen = await signIn(story, key);
  await startApplication(story, citizen);
  await fillApplication(story, citizen, { subtype: 'dismissed', ...city, phone });
  await confirmCheck(citizen);
  return citizen;
}

/// The person is free for another application; the notice of it is a sealed PDF.
async function withdraw(story, citizen, number, certify) {
  await story.open(citizen, `/cabinet/cases/${number}/messages/application.withdrawn`);
  await citizen.page.locator('main form button.btn').first().click();
  await citizen.page.waitForURL(/\/statements\//);
  await certify();
  const notice = citizen.page.locator('main li', {
    has: citizen.page.locator('a[href*="/signature?digest="]'),
    hasText: 'тоқтатылды',
  });
  const until = Date.now() + PROOF_MS_MAX;
  for (;;) {
    await story.open(citizen, `/cabinet/cases/${number}`);
    if (await notice.count()) break;
    assert.ok(Date.now() < until, 'no notice has come');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const act = () => notice.locator('a').first().click();
  const pdf = await story.download(citizen, act, `withdrawn-${number}.pdf`);
  assert.match(story.outside('pdfsig', '-nocert', pdf), /Signature is Valid/);
}

/// From the application to the draft that waits for the head.
async function prepare(story, { registrar, executor }, key, phone, idNumber) {
  const citizen = await apply(story, key, phone);
  const number = await signApplication(story, citizen, key);
  await complete(story, registrar, number, 'Task_Register', { executor: FIRST });
  await complete(story, executor, number, 'Task_Review', {
    'checklist.identity': true,
    'checklist.photo': true,
    'checklist.registered': true,
    'checklist.served': true,
    'checklist.documents': true,
    'review.outcome': 'approve',
  });
  await complete(story, executor, number, 'Task_Draft', {
    'id.kind': 'rank_and_file',
    'id.series': 'АА',
    'id.number': idNumber,
  });
  return { citizen, number };
}

async function desks(story) {
  return { registrar: await signIn(story, 'registrar'), executor: await signIn(story, 'executor') };
}

async function gostFromBeginningToEnd(story) {
  await nextWorkingMorning(story);
  await chooseMode(story, 'gost');
  const staff = await desks(story);
  const { registrar } = staff;
  const phone = '+77010000002';
  const { citizen, number } = await prepare(story, staff, 'bauyrzhan', phone, '0000101');
  await signDecision(story, await signIn(story, 'head'), number, 'Task_Sign', 'head');
  await complete(story, registrar, number, 'Task_Dispatch', { 'delivery.registry_number': '21' });
  const operator = await signIn(story, 'operator');
  await complete(story, operator, number, 'Task_Receive', { 'delivery.condition': 'accepted' });
  await waitForTask(story, operator, number, 'Task_Issue');
  await waitForState(story, citizen, number, '');
  await story.open(citizen, `/cabinet/cases/${number}`);
  await citizen.page.locator('a[href$="/receipt"]').click();
  const receipt = await story.download(
    citizen,
    () => citizen.page.locator('a[href$="/receipt/pdf"]').click(),
    'receipt.pdf',
  );
  assert.match(story.outside('pdfsig', '-nocert', receipt), /Signature is Valid/);
  await citizen.page.locator('svg.qr').waitFor();
  await story.lookEverywhere(citizen, 'receipt');
  await story.open(citizen, `/cabinet/cases/${number}`);
  await story.lookEverywhere(citizen, 'case-evidence');

  const verdict = await proven(story, citizen, number);
  const algorithms = verdict.signatures.map((each) => each.signers[0].algorithm);
  assert.ok(algorithms.filter((each) => each === 'GOST2015-512').length >= 2, algorithms.join());
  assert.ok(verdict.signatures.every((each) => each.level === 'T'));
  await chooseMode(story, 'confirm');
}

/// The key is unlocked once; each document has a signature of its own over exactly its bytes.
async function manyInOneAct(story) {
  await nextWorkingMorning(story);
  await chooseMode(story, 'confirm');
  const staff = await desks(story);
  const first = await prepare(story, staff, 'arman', '+77010000001', '0000201');
  const second = await prepare(story, staff, 'aigul', '+77010000004', '0000202');
  const head = await signIn(story, 'head');
  await story.open(head, '/sign');
  for (const { number } of [first, second])
    await head.page.locator(`input[type=checkbox][name="${number}"]`).check();
  await head.page.locator('form[action$="/sign/documents"] button').click();
  await head.page.waitForURL(/\/sign\/documents/);
  await story.lookEverywhere(head, 'sign-documents');
  await chooseKey(story, 'head');
  await head.page.locator('[data-sign-start]').click();
  await head.page.locator('main .tag.ok').nth(1).waitFor();
  const values = [];
  for (const { number } of [first, second]) {
    await story.open(head, `/work/cases/${number}`);
    const item = head.page.locator('main li', {
      has: head.page.locator('a[href*="/signature?digest="]'),
      hasText: 'place_info',
    });
    const act = () => item.locator('a').first().click();
    const pdf = await story.download(head, act, `signed-${number}.pdf`);
    const said = story.outside('pdfsig', '-nocert', pdf);
    assert.match(said, /Total document signed/);
    assert.match(said, /Signature is Valid/);
    values.push(fs.readFileSync(pdf).toString('latin1').match(/\/Contents <([0-9a-f]+)>/)[1]);
  }
  assert.notEqual(values[0], values[1]);
}

async function olderProgram(story) {
  await chooseMode(story, 'old');
  const citizen = await apply(story, 'yermek', '+77010000003');
  const number = await signApplication(story, citizen, 'yermek');
  await chooseMode(story, 'confirm');
  await withdraw(story, citizen, number, () => certifyByKey(story, citizen, 'yermek'));
}

/// Presses "sign" and gives what the page says instead of going on.
async function refusedInPage(story, person, state) {
  await person.page.locator('form[data-usage=sign] [data-sign-start]').click();
  const status = person.page.locator(`[data-sign-status][data-state=${state}]`);
  await status.waitFor();
  await story.look(person, `sign-${state}`);
  return status.innerText();
}

async function refusedByServer(story, person, name, usage = 'sign') {
  const button = person.page.locator(`form[data-usage=${usage}] [data-sign-start]`);
  await Promise.all([person.page.waitForEvent('load'), button.click()]);
  await person.page.locator('#f-cms-error').waitFor();
  await story.look(person, `sign-${name}`);
  return person.page.locator('#f-cms-error').innerText();
}

async function everyRefusalIsSaid(story) {
  await nextWorkingMorning(story);
  const citizen = await apply(story, 'yermek', '+77010000003');
  const said = new Set();
  await chooseMode(story, 'cancel');
  said.add(await refusedInPage(story, citizen, 'cancelled'));
  await chooseMode(story, 'error');
  said.add(await refusedInPage(story, citizen, 'failed'));
  await chooseMode(story, 'confirm');
  await chooseKey(story, 'arman');
  said.add(await refusedInPage(story, citizen, 'wrongKey'));
  await chooseMode(story, 'stubborn');
  said.add(await refusedByServer(story, citizen, 'somebody-elses'));
  await chooseKey(story, 'yermek');
  await chooseMode(story, 'wrong_key');
  said.add(await refusedByServer(story, citizen, 'auth-key'));
  await citizen.page.evaluate(() => {
    document.querySelector('form[data-usage=sign]').dataset.ncalayer = 'ws://127.0.0.1:9/';
  });
  said.add(await refusedInPage(story, citizen, 'missing'));
  // The browser says, too, that there is nobody at that address.
  const unseen = citizen.problems.splice(0);
  assert.ok(unseen.every((each) => each.includes('ws://127.0.0.1:9/')), unseen.join('\n'));
  assert.equal(said.size, 6, [...said].join('\n'));
  // Nothing was lost: with the right key the application goes on from here.
  await citizen.page.reload();
  await chooseMode(story, 'confirm');
  await citizen.page.locator('form[data-usage=sign] [data-sign-start]').click();
  await acceptedNumber(citizen);
}

/// What has ended or was revoked signs nobody in and nothing; a code does, and nothing is lost.
async function keysThatNoLongerCount(story) {
  await nextWorkingMorning(story);
  await chooseMode(story, 'confirm');
  const person = await story.person();
  await story.open(person, '/login');
  await chooseKey(story, 'revoked');
  assert.match(await refusedByServer(story, person, 'revoked', 'login'), /кері қайтарылған/);
  await chooseKey(story, 'expired');
  assert.match(await refusedByServer(story, person, 'expired', 'login'), /мерзімі өткен/);
  await signInByCode(story, person, '930915300058', '+77010000005');
  await startApplication(story, person);
  const phone = '+77010000005';
  await fillApplication(story, person, { subtype: 'dismissed', ...city, phone });
  await confirmCheck(person);
  assert.match(await refusedByServer(story, person, 'expired-key'), /мерзімі өткен/);
  const number = await confirmByCode(story, person, phone);
  await withdraw(story, person, number, () => certifyByCode(story, person, phone));
}

/// The phone scans what the page shows, and answers what came of it.
async function scan(story, person, name, mode = 'confirm') {
  const qr = await person.page.locator('[data-mobile]').getAttribute('data-mobile');
  const body = new URLSearchParams({ qr, person: name, mode });
  const answer = await fetch(`${story.site.mobile}/scan`, { method: 'POST', body });
  return (await answer.json()).code;
}

async function lookOnce(story, { page }, language, width) {
  const address = new URL(page.url());
  address.pathname = address.pathname.replace(/^\/(kk|ru|en)/, `/${language}`);
  await page.setViewportSize({ width, height: 900 });
  await page.goto(address.href);
  await story.look({ page, language }, 'mobile');
}

async function signedOnThePhone(story) {
  await nextWorkingMorning(story);
  const citizen = await apply(story, 'arman', '+77010000001');
  await citizen.page
    .locator('main form', { has: citizen.page.locator('input[value=mobile]') })
    .locator('button.btn')
    .click();
  await citizen.page.waitForURL(/\/mobile\//);
  // One look after the other: the page asks again by itself while it waits.
  for (const language of ['kk', 'ru', 'en'])
    for (const width of [320, 1280]) await lookOnce(story, citizen, language, width);
  assert.equal(await scan(story, citizen, 'arman', 'wrong_token'), '403');
  assert.equal(await scan(story, citizen, 'arman', 'other_document'), '403');
  assert.equal(await scan(story, citizen, 'bauyrzhan'), '403');
  assert.equal(await scan(story, citizen, 'arman', 'gost'), '200');
  assert.equal(await scan(story, citizen, 'arman'), '403', 'signed once');
  // The page goes on by itself.
  const send = citizen.page.locator('main form input[name=signature]');
  await send.waitFor({ state: 'attached' });
  await story.lookEverywhere(citizen, 'mobile-signed');
  await citizen.page.locator('main form button.btn').click();
  const number = await acceptedNumber(citizen);
  await withdraw(story, citizen, number, () => certifyByKey(story, citizen, 'arman'));
}

export const stories = [
  { name: 'eGov Mobile signs what the QR leads to', play: signedOnThePhone, secondsMax: 300 },
  {
    name: 'GOST keys from the application to the proof',
    play: gostFromBeginningToEnd,
    secondsMax: 600,
  },
  { name: 'the head signs many documents in one act', play: manyInOneAct, secondsMax: 300 },
  { name: 'an older NCALayer signs, too', play: olderProgram, secondsMax: 300 },
  { name: 'an expired key signs nothing, a code does', play: keysThatNoLongerCount },
  { name: 'why it was not signed is always said', play: everyRefusalIsSaid, secondsMax: 300 },
];

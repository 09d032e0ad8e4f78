// Somebody comes onto the military register on an application, and moves with the residence.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import {
  FIRST,
  complete,
  confirmCheck,
  local,
  next,
  nextWorkingMorning,
  now,
  openCase,
  paper,
  signApplication,
  signDecision,
  signIn,
  startApplication,
  waitForState,
} from '../people.mjs';

const MOVE_SECONDS_MAX = 30;

async function answers(story, person) {
  const { page } = person;
  const main = page.locator('main');
  await page.locator('input[name=subtype][value=first_time]').check();
  await next(person);
  await story.lookEverywhere(person, 'register-details');
  await page.locator('[name="declared.released_from_prison"]').check();
  await page.locator('[name="declared.fitness_conclusion"]').check();
  await next(person);
  await story.lookEverywhere(person, 'register-office');
  await main.getByLabel(/Есіл/).check();
  await next(person);
  await page.locator('input[name=phone]').fill('+77010000007');
  await story.lookEverywhere(person, 'register-contacts');
  assert.equal(await page.locator('[name=address]').count(), 0, 'the registers know the address');
  await next(person);
  await story.lookEverywhere(person, 'register-documents');
  const file = paper(story, 'register.pdf');
  for (const input of await page.locator('input[type=file]').all()) await input.setInputFiles(file);
  await main.locator('button[name=act][value=continue]').click();
  await page.waitForURL(/\/consent/);
  await page.locator('input[name=consent]').check();
  await next(person);
  await page.waitForURL(/\/check/);
}

/// What the State database of individuals says, as README has it be told.
function tellOfMove(story, day) {
  const { state } = story.site;
  const event = { id: '1', iin: '020501500169', kind: 'moved', district: '1170' };
  return JSON.parse(
    execFileSync(path.join(state, 'bin/qyzmet'), ['register', 'residence', '-'], {
      input: JSON.stringify({ ...event, address: 'Щучинск', effective: day }),
      env: { ...process.env, QYZMET_CONFIG: path.join(state, 'server/qyzmet.conf') },
      encoding: 'utf8',
    }),
  );
}

async function waitForNotice(story, person) {
  const until = Date.now() + MOVE_SECONDS_MAX * 1000;
  for (;;) {
    await story.open(person, '/cabinet');
    const notice = person.page.locator('main a[href*="/cabinet/notices/"]');
    const texts = await notice.allInnerTexts();
    if (texts.some((text) => text.includes('Әскери есебіңіз тұрғылықты'))) return;
    assert.ok(Date.now() < until, `nobody told of the move: ${texts}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/// What both offices have written of it, each its own.
async function offices(story, number) {
  const main = (person) => person.page.locator('main');
  const registrar = await signIn(story, 'registrar');
  await story.open(registrar, '/work/registers');
  assert.match(await main(registrar).innerText(), /18-баған/);
  await story.lookEverywhere(registrar, 'registers-journal');
  await main(registrar).locator('summary').click();
  await main(registrar).locator('[name=iin]').fill('020501500168');
  await main(registrar).locator('form button.btn').click();
  await main(registrar).locator('[role=alert]').waitFor();
  await story.look(registrar, 'registers-refused');
  await main(registrar).locator('[name=iin]').fill('020501500169');
  await main(registrar).locator('form button.btn').click();
  await registrar.page.waitForURL(/person=/);
  assert.equal(await main(registrar).locator('tbody tr').count(), 2);
  await story.lookEverywhere(registrar, 'registers-person');
  await openCase(story, registrar, number);
  await story.lookEverywhere(registrar, 'registers-case');
  await main(registrar).locator('a[href*="/work/registers"]').click();
  await registrar.page.waitForURL(/registers\?show=journal&person=/);
  await story.open(registrar, '/work/registers?show=cards&from=2020-01-01&until=2020-12-31');
  await story.lookEverywhere(registrar, 'registers-none');

  const other = await signIn(story, 'registrar-burabay');
  await story.open(other, '/work/registers');
  assert.match(await main(other).innerText(), /2-баған/);
  await story.lookEverywhere(other, 'registers-other');
}

async function registeredAndMoved(story) {
  story.wholeWords = true; // the longest titles and labels are those of the registers
  await nextWorkingMorning(story);
  const citizen = await signIn(story, 'dias');
  await startApplication(story, citizen, 'registration');
  await answers(story, citizen);
  await story.lookEverywhere(citizen, 'register-check');
  await confirmCheck(citizen);
  const number = await signApplication(story, citizen, 'dias', 78);
  await story.lookEverywhere(citizen, 'register-accepted');

  const registrar = await signIn(story, 'registrar');
  await complete(story, registrar, number, 'Task_Register', {
    'register.outcome': 'accept',
    executor: FIRST,
  });
  const executor = await signIn(story, 'executor');
  await openCase(story, executor, number);
  await story.lookEverywhere(executor, 'register-review');
  await complete(story, executor, number, 'Task_Review', {
    'checklist.gateway': true,
    'checklist.documents': true,
    'checklist.status': true,
    'review.outcome': 'approve',
  });
  await complete(story, executor, number, 'Task_Draft', { 'registration.kind': 'conscript' });
  const head = await signIn(story, 'head');
  await openCase(story, head, number);
  await story.lookEverywhere(head, 'register-head');
  await signDecision(story, head, number, 'Task_Sign', 'head');

  await waitForState(story, citizen, number, 'Әскери есепке қойылды');
  await story.lookEverywhere(citizen, 'register-case');
  for (const [name, link] of [
    ['register-application.pdf', 'a[href$="/application"]'],
    ['register-notification.pdf', 'a:text-is("Есепке қою туралы хабарлама")'],
  ]) {
    const file = await story.download(
      citizen,
      () => citizen.page.locator(`main ${link}`).first().click(),
      name,
    );
    story.outside('qpdf', '--check', file);
  }
  await citizen.page.locator('main a[href*="/documents/"][href$="/page"]').first().click();
  await story.lookEverywhere(citizen, 'register-paper');
  await story.open(citizen, `/cabinet/cases/${number}/receipt`);
  await story.lookEverywhere(citizen, 'register-receipt');
  await story.download(
    citizen,
    () => citizen.page.locator('main a[href$="/pdf"]').click(),
    'register-receipt.pdf',
  );

  // A second application is refused before anything is signed.
  await startApplication(story, citizen, 'registration');
  await answers(story, citizen);
  assert.match(await citizen.page.locator('[role=alert]').innerText(), /әскери есепте тұрсыз/);
  await story.lookEverywhere(citizen, 'register-refused');

  assert.deepEqual(tellOfMove(story, local(await now(story)).slice(0, 10)), {
    id: '1',
    outcome: 'moved',
  });
  await waitForNotice(story, citizen);
  await story.lookEverywhere(citizen, 'register-cabinet');
  await story.open(citizen, '/cabinet/registration');
  await story.lookEverywhere(citizen, 'register-history');
  const notice = await story.download(
    citizen,
    () => citizen.page.locator('main a[href$="/notice"]').first().click(),
    'register-moved.pdf',
  );
  assert.match(story.outside('pdftotext', '-layout', notice, '-'), /Бурабай/);
  await offices(story, number);
}

export const stories = [
  {
    name: 'a man comes onto the register and moves with his residence',
    play: registeredAndMoved,
  },
];

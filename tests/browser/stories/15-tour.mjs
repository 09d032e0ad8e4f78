// The five-minute tour of README.md, step by step and under the names that it uses.
import assert from 'node:assert/strict';
import { complete, newCode, now, paper, signDecision, waitForTask } from '../people.mjs';

const main = (person) => person.page.locator('main');
const CHECKLIST = ['identity', 'photo', 'registered', 'served', 'documents'];

/// Clicks, and waits for the page that comes, even under the same address.
function press(person, locator) {
  return Promise.all([person.page.waitForNavigation(), locator.first().click()]);
}

const button = (person, name) => main(person).getByRole('button', { name });
const menu = (person, name) =>
  press(person, person.page.locator('nav.menu').getByRole('link', { name, exact: true }));
const saved = (person) => person.page.locator('.notice.ok').waitFor();

/// In the page of the simulated NCALayer, as a person does it.
async function reader(story, key) {
  const person = await story.person({ language: 'en' });
  await person.page.goto(`${story.site.ncalayer}/`);
  await person.page.locator('select[name=person]').selectOption(key);
  await person.page.getByRole('button', { name: 'Choose' }).click();
  await person.close();
}

async function signsIn(story, key) {
  await reader(story, key);
  const person = await story.person({ language: 'en' });
  await story.open(person, '/login');
  await press(person, button(person, 'Sign in with NCALayer'));
  return person;
}

async function movesTheClock(story, name) {
  const person = await story.person({ language: 'en' });
  await story.open(person, '/demo');
  await press(person, button(person, name));
  await saved(person);
  const shown = await person.page.locator('aside.demo').innerText();
  await person.close();
  return shown;
}

async function nextWorkingDay(story) {
  assert.match(await movesTheClock(story, 'Next working day, 09:00'), /09:00/);
}

/// From *Services* to the first question.
async function begins(story, key, open) {
  await reader(story, key);
  const citizen = await story.person({ language: 'en' });
  await story.open(citizen, open);
  await menu(citizen, 'Services');
  await press(citizen, main(citizen).getByRole('link', { name: /military ID/i }));
  await press(citizen, main(citizen).getByRole('link', { name: 'Start now' }));
  await press(citizen, button(citizen, 'Sign in with NCALayer'));
  await press(citizen, button(citizen, 'Start'));
  return citizen;
}

async function answers(citizen, { reason, office, term, branch, phone, file }) {
  const on = () => press(citizen, button(citizen, 'Save and continue'));
  await main(citizen).locator(`input[name=subtype][value=${reason}]`).check();
  await on();
  await main(citizen).getByLabel(office).check();
  assert.ok((await main(citizen).innerText()).includes(term), `${office}: ${term}`);
  await on();
  await main(citizen).getByLabel(branch).check();
  await on();
  await main(citizen).locator('input[name=phone]').fill(phone);
  await main(citizen).locator('textarea[name=address]').fill('Астана қ., Сынақ көшесі, 5');
  await on();
  if (file) {
    await main(citizen).locator('input[type=file]').first().setInputFiles(file);
    await on();
  }
  await main(citizen).locator('input[name=consent]').check();
  await on();
}

async function signs(citizen) {
  await press(citizen, button(citizen, 'All is right, go on to certify'));
  await button(citizen, 'Sign with NCALayer').first().click();
  await citizen.page.waitForURL(/\/accepted/);
  return (await main(citizen).innerText()).match(/77-\d{4}-\d{6}/)[0];
}

async function opensCase(person, number) {
  await press(person, main(person).getByRole('link', { name: number, exact: true }));
}

async function assigns(person, executor) {
  await main(person).getByLabel(executor).check();
  await press(person, main(person).locator('#task-Task_Register button.main'));
  await saved(person);
}

async function provider(story, number) {
  const registrar = await signsIn(story, 'registrar');
  await menu(registrar, 'Cases');
  await opensCase(registrar, number);
  await assigns(registrar, /Орындаушиев/);
  const executor = await signsIn(story, 'executor');
  await menu(executor, 'Cases');
  await opensCase(executor, number);
  for (const box of CHECKLIST) await main(executor).locator(`[name="checklist.${box}"]`).check();
  await main(executor).locator('[name="review.outcome"][value=approve]').check();
  await press(executor, main(executor).locator('#task-Task_Review button.main'));
  await main(executor).locator('[name="id.kind"][value=rank_and_file]').check();
  await main(executor).locator('[name="id.series"]').fill('АА');
  await main(executor).locator('[name="id.number"]').fill('0007701');
  await press(executor, main(executor).locator('#task-Task_Draft button.main'));
  await saved(executor);
  const head = await signsIn(story, 'head');
  await menu(head, 'To sign');
  await story.lookEverywhere(head, 'tour-sign');
  await head.page.goto(`${story.site.url}/en/sign/documents?${number}=on`);
  await story.lookEverywhere(head, 'sign-documents');
  await story.open(head, '/sign');
  await opensCase(head, number);
  await main(head).locator('#task-Task_Sign form[data-sign] [data-sign-start]').click();
  await saved(head);
  return registrar;
}

async function branch(story, number, registrar, citizen) {
  await registrar.page.reload();
  await complete(story, registrar, number, 'Task_Dispatch', { 'delivery.registry_number': '7' });
  const operator = await signsIn(story, 'operator');
  await menu(operator, 'Branch');
  await opensCase(operator, number);
  await complete(story, operator, number, 'Task_Receive', { 'delivery.condition': 'accepted' });
  await waitForTask(story, operator, number, 'Task_Issue');
  await complete(story, operator, number, 'Task_Issue', {
    'issue.collector': 'holder',
    'identity.kind': 'identity_card',
    'identity.number': '012345678',
    'identity.matched': true,
  });
  await menu(citizen, 'My cabinet');
  await press(citizen, main(citizen).locator(`a[href*="${number}"]`));
  assert.match(await main(citizen).innerText(), /handed to you/);
  await press(citizen, main(citizen).getByRole('link', { name: 'Who looked at my data' }));
  const readers = await main(citizen).innerText();
  for (const name of ['Тіркеуова', 'Орындаушиев', 'Басшыбаев', 'Берушина'])
    assert.match(readers, new RegExp(name));
}

async function refusal(story) {
  const citizen = await begins(story, 'bauyrzhan', '');
  await answers(citizen, {
    reason: 'lost_damaged',
    office: /Burabay/,
    term: '5 working days',
    branch: /Burabay-1|Бурабай-1/,
    phone: '+77010000002',
    file: paper(story, 'tour.pdf'),
  });
  const number = await signs(citizen);
  const registrar = await signsIn(story, 'registrar-burabay');
  await menu(registrar, 'Cases');
  await opensCase(registrar, number);
  await assigns(registrar, /Қараушин/);
  const executor = await signsIn(story, 'executor-burabay');
  const checked = Object.fromEntries(CHECKLIST.map((box) => [`checklist.${box}`, true]));
  await complete(story, executor, number, 'Task_Review', {
    ...checked,
    'review.outcome': 'refuse',
    'review.ground': 'G2',
    'review.reasons': 'Қол жоқ.',
  });
  const day = new Date((await now(story)).getTime() + 5 * 3600 * 1000);
  do day.setUTCDate(day.getUTCDate() + 1);
  while (day.getUTCDay() === 0 || day.getUTCDay() === 6);
  await complete(story, executor, number, 'Task_Notice', {
    'hearing.mode': 'video',
    'hearing.slot': `${day.toISOString().slice(0, 10)}T09:30`,
    'hearing.place': 'https://meet.example.kz/77',
  });
  await signDecision(story, executor, number, 'Task_NoticeSign', 'executor-burabay');
  await waitForTask(story, executor, number, 'Task_Hearing');
  await refusedAtLast(story, number);
}

async function refusedAtLast(story, number) {
  await nextWorkingDay(story);
  await movesTheClock(story, 'One hour on');
  const executor = await signsIn(story, 'executor-burabay');
  await complete(story, executor, number, 'Task_Hearing', {
    'hearing.result': 'no_show',
    'hearing.conclusion': 'refuse',
  });
  await complete(story, executor, number, 'Task_RefusalDraft', { 'refusal.reasons': 'Қол жоқ.' });
  const head = await signsIn(story, 'head-burabay');
  await menu(head, 'To sign');
  await opensCase(head, number);
  const signing = main(head).locator('#task-Task_Sign form[data-sign] [data-sign-start]');
  assert.equal(await signing.count(), 0, 'too early');
  assert.match(await main(head).locator('#task-Task_Sign').innerText(), /73/);
  for (let day = 0; day < 2; day += 1) await nextWorkingDay(story);
  await head.page.reload();
  assert.equal(await signing.count(), 1, 'now it is possible');
  await signDecision(story, head, number, 'Task_Sign', 'head-burabay');
}

async function tour(story) {
  await nextWorkingDay(story);
  const citizen = await begins(story, 'arman', '');
  await answers(citizen, {
    reason: 'dismissed',
    office: /Esil/,
    term: '7 working days',
    branch: /Esil-1/,
    phone: '+77010000001',
  });
  const number = await signs(citizen);
  const last = await main(citizen).innerText();
  assert.match(last, /Last day of the term|last day/i);
  const registrar = await provider(story, number);
  await branch(story, number, registrar, citizen);
  await refusal(story);
}

async function withoutKey(story) {
  const person = await story.person({ language: 'en' });
  await story.open(person, '/login');
  await main(person).locator('input[name=iin]').fill('820406300048');
  const code = await newCode(story, '+77010000004', () =>
    press(person, button(person, 'Get a code')),
  );
  await main(person).locator('input[name=code]').fill(code);
  await press(person, button(person, 'Sign in'));
  assert.match(person.page.url(), /\/cabinet/);
}

export const stories = [
  { name: "README's tour can be followed", play: tour, secondsMax: 600 },
  { name: 'aigul signs in with her IIN and a code', play: withoutKey },
];

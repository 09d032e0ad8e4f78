// What people do on the pages, in words of their own: sign in, apply, work on a case.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/// Whatever option stands first.
export const FIRST = Symbol('first');
const WAIT_MS_MAX = 30000;
const ZONE_MS = 5 * 3600 * 1000; // the legal zone is UTC+5

/// The time that the portal lives in.
export async function now(story) {
  const answer = await fetch(`${story.site.url}/demo/now`);
  assert.equal(answer.status, 200);
  return new Date((await answer.text()).trim());
}

/// "2026-11-23T10:00" of the legal zone.
export function local(instant) {
  return new Date(instant.getTime() + ZONE_MS).toISOString().slice(0, 16);
}

/// Moves the demo clock on its page, as a newcomer would.
export async function moveClock(story, to) {
  const person = await story.person();
  await story.open(person, '/demo');
  await person.page.locator('input[name=to]').fill(to);
  await person.page.locator('button[name=move][value=to]').click();
  await person.page.locator('.notice.ok').waitFor();
}

/// 10:00 of the next working day.
export async function nextWorkingMorning(story) {
  const person = await story.person();
  await story.open(person, '/demo');
  await person.page.locator('button[name=move][value=day]').click();
  await person.page.locator('.notice.ok').waitFor();
  const day = local(await now(story)).slice(0, 10);
  await moveClock(story, `${day}T10:00`);
  return day;
}

/// Runs the program with these words; what it printed and answered.
export function qyzmet(story, ...words) {
  return spawnSync(path.join(story.site.state, 'bin/qyzmet'), words, { encoding: 'utf8' });
}

/// What `qyzmet deadline` says of an application filed at this local time.
export function deadline(story, place, filed) {
  const asked = ['--service', 'military_id', '--place', place, '--filed', filed];
  const dates = JSON.parse(qyzmet(story, 'deadline', ...asked).stdout);
  const latest = Object.fromEntries(dates.milestones.map((each) => [each.code, each.latest]));
  return { ...dates, latest };
}

/// Puts a person's key into the reader of NCALayer.
export async function chooseKey(story, key) {
  const answer = await fetch(`${story.site.ncalayer}/choose?person=${key}`, { method: 'POST' });
  assert.ok(answer.ok, `NCALayer has no key of ${key}`);
}

/// What the person, or the program, does from now on: "confirm", "gost", "old", "cancel", ...
export async function chooseMode(story, mode) {
  const answer = await fetch(`${story.site.ncalayer}/choose?mode=${mode}`, { method: 'POST' });
  assert.ok(answer.ok, `NCALayer knows no ${mode}`);
}

/// On the login page, with IIN and a code.
export async function signInByCode(story, person, iin, phone) {
  const { page } = person;
  await page.locator('input[name=iin]').fill(iin);
  const code = await newCode(story, phone, () =>
    page.locator('form[action$="/login/otp"] button.btn').click(),
  );
  await page.locator('input[name=code]').fill(code);
  await page.locator('main form button.btn').first().click();
  await page.waitForURL((url) => !url.pathname.includes('/login'));
}

/// With a code, on a page that asks for a signature.
async function confirm(story, person, phone) {
  const { page } = person;
  const form = (input) => page.locator('main form', { has: page.locator(input) });
  const code = await newCode(story, phone, () =>
    form('input[value=code]').locator('button.btn').click(),
  );
  await page.locator('input[name=code]').fill(code);
  await form('input[name=code]').locator('button.btn').click();
}

/// On the page that asks for the signature of an application; gives the case number.
export async function confirmByCode(story, person, phone, service = 77) {
  await confirm(story, person, phone);
  return acceptedNumber(person, service);
}

/// On the page of a statement in a case, with a code.
export async function certifyByCode(story, person, phone) {
  await confirm(story, person, phone);
  await person.page.waitForURL((url) => !url.pathname.includes('/statements/'));
}

/// The same with the key of this person in NCALayer.
export async function certifyByKey(story, person, key) {
  await chooseKey(story, key);
  const { page } = person;
  await page.locator('form[data-usage=sign] [data-sign-start]').click();
  await page.waitForURL((url) => !url.pathname.includes('/statements/'), {
    timeout: WAIT_MS_MAX,
  });
}

export async function signInPage(story, person, key) {
  await chooseKey(story, key);
  const { page } = person;
  await page.locator('form[data-usage=login] [data-sign-start]').click();
  await page.waitForURL((url) => !url.pathname.includes('/login'), { timeout: WAIT_MS_MAX });
}

/// Signs in with the electronic signature.
export async function signIn(story, key, options = {}) {
  const person = await story.person(options);
  await story.open(person, '/login');
  await signInPage(story, person, key);
  return person;
}

/// The codes sent to this phone, the newest first; a case number ends in digits, too.
async function smsCodes(story, phone) {
  const answer = await fetch(`${story.site.sms}/messages.json?to=${encodeURIComponent(phone)}`);
  const messages = await answer.json();
  const list = Array.isArray(messages) ? messages : messages.messages;
  return list.flatMap((each) => each.text.match(/(?<![-\d])\d{6}(?!\d)/) ?? []);
}

/// The code that comes by SMS after this act; the portal does not wait for the sending.
export async function newCode(story, phone, act) {
  const before = (await smsCodes(story, phone)).length;
  await act();
  const latest_ms = Date.now() + WAIT_MS_MAX;
  while (Date.now() < latest_ms) {
    const codes = await smsCodes(story, phone);
    if (codes.length > before) return codes[0];
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no code has come to ${phone} by SMS`);
}

/// Clicks what leads to another page, and waits for it.
export async function press(person, locator) {
  await Promise.all([person.page.waitForLoadState('load'), locator.click()]);
}

const main = (person) => person.page.locator('main');

export async function next(person) {
  const before = person.page.url();
  await main(person).locator('form button.btn').first().click();
  await person.page.waitForURL((url) => url.href !== before);
}

/// The first page of an application, from the page of the service.
export async function startApplication(story, person, service = 'military_id') {
  await story.open(person, `/services/${service}`);
  await main(person).locator('a.btn').first().click();
  await main(person).locator('form button.btn').first().click();
  await person.page.waitForURL(new RegExp(`/apply/${service}/[0-9a-f]+/\\w+`));
  // What was begun before goes on where it was left.
  const [first] = person.page.url().match(/^.*\/apply\/\w+\/[0-9a-f]+\//);
  if (!person.page.url().endsWith('/reason')) await person.page.goto(`${first}reason`);
}

/// Fills the application up to the check page.
export async function fillApplication(story, person, { subtype, office, branch, phone, file }) {
  const { page } = person;
  await page.locator(`input[name=subtype][value=${subtype}]`).check();
  await next(person);
  await main(person).getByLabel(office).check();
  await next(person);
  await main(person).getByLabel(branch).check();
  await next(person);
  await page.locator('input[name=phone]').fill(phone);
  await page.locator('textarea[name=address]').fill('Астана қ., Сынақ көшесі, 5');
  await next(person);
  if (file) {
    await page.locator(`input[type=file][name=${file.code}]`).setInputFiles(file.path);
    await main(person).locator('button[name=act][value=continue]').click();
    await page.waitForURL(/\/consent/);
  }
  await page.locator('input[name=consent]').check();
  await next(person);
  await page.waitForURL(/\/check/);
  return page;
}

/// A duplicate for a lost ID in Burabay, with the ruling as its proof; gives the case number.
export async function applyForLostId(story, person, key, phone) {
  await startApplication(story, person);
  await fillApplication(story, person, {
    subtype: 'lost_damaged',
    ...{ office: /Бураба/, branch: /Бурабай-1/ },
    phone,
    file: { code: 'penalty_ruling', path: paper(story, 'ruling.pdf') },
  });
  await confirmCheck(person);
  return signApplication(story, person, key);
}

export async function confirmCheck(person) {
  await main(person).locator('form button.btn').last().click();
  await person.page.waitForURL(/\/certify/);
}

/// Signs the application with the key in the reader; gives the case number.
export async function signApplication(story, person, key, service = 77) {
  await chooseKey(story, key);
  await person.page.locator('form[data-usage=sign] [data-sign-start]').click();
  return acceptedNumber(person, service);
}

export async function acceptedNumber(person, service = 77) {
  await person.page.waitForURL(/\/accepted/, { timeout: WAIT_MS_MAX });
  const number = person.page.url().match(/cases\/([0-9-]+)\/accepted/)[1];
  assert.match(number, new RegExp(`^${service}-\\d{4}-\\d{6}$`));
  return number;
}

/// A small PDF that really is one.
export function paper(story, name) {
  fs.mkdirSync(story.artefacts, { recursive: true });
  const file = path.join(story.artefacts, name);
  const objects = [
    '1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n',
    '2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n',
    '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n',
  ];
  fs.writeFileSync(file, `%PDF-1.4\n${objects.join('')}trailer<</Root 1 0 R>>\n%%EOF\n`);
  return file;
}

/// The case on the official's desk.
export async function openCase(story, person, number) {
  await story.open(person, `/work/cases/${number}`);
}

export function task(person, node) {
  return person.page.locator(`#task-${node}`);
}

/// Fills the fields of a form of an open task. Values: text, true (box), an option, or what the
/// label of an option says.
export async function fill(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = form.locator(`[name="${name}"]`);
    const kind = await field.first().evaluate((element) => element.type ?? element.tagName);
    if (kind === 'radio' && value === FIRST) await field.first().check();
    else if (value instanceof RegExp) await form.getByLabel(value).check();
    else if (kind === 'radio') await form.locator(`[name="${name}"][value="${value}"]`).check();
    else if (kind === 'checkbox') await field.setChecked(value);
    else if (kind === 'select-one') await field.selectOption(value);
    else await field.fill(value);
  }
}

/// Completes an open task; fails when the page comes back with errors.
export async function complete(story, person, number, node, values) {
  await openCase(story, person, number);
  const form = task(person, node).locator('form').first();
  await fill(form, values);
  await form.locator('.buttons button.btn').last().click();
  await person.page.locator('.notice.ok, [role=alert]').first().waitFor();
  const errors = await person.page.locator('[role=alert]').allInnerTexts();
  assert.deepEqual(errors, []);
}

/// The same, when it must be refused: gives the text of the errors.
export async function tryToComplete(story, person, number, node, values) {
  await openCase(story, person, number);
  const form = task(person, node).locator('form').first();
  await fill(form, values);
  await form.locator('.buttons button.btn').last().click();
  await person.page.locator('[role=alert]').first().waitFor();
  return (await person.page.locator('[role=alert]').allInnerTexts()).join('\n');
}

/// The head signs with the key in the reader.
export async function signDecision(story, person, number, node, key) {
  await openCase(story, person, number);
  await chooseKey(story, key);
  await task(person, node).locator('form[data-sign] [data-sign-start]').click();
  await person.page.locator('.notice.ok').waitFor({ timeout: WAIT_MS_MAX });
}

/// Waits until the case shows this task to this person: effects are carried out in the background.
export async function waitForTask(story, person, number, node) {
  const until = Date.now() + WAIT_MS_MAX;
  for (;;) {
    await openCase(story, person, number);
    if (await task(person, node).count()) return;
    assert.ok(Date.now() < until, `the case ${number} does not come to ${node}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/// The public state in the citizen's cabinet.
export async function waitForState(story, person, number, text) {
  const until = Date.now() + WAIT_MS_MAX;
  for (;;) {
    await story.open(person, `/cabinet/cases/${number}`);
    const shown = await person.page.locator('.tag').first().innerText();
    if (shown.includes(text)) return;
    assert.ok(Date.now() < until, `the cabinet shows "${shown}", not "${text}"`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

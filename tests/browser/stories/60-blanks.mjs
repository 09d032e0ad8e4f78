// A military school is given blanks, tells the day of the last issue, is late with the second copy
// of its list, and sends it.
import assert from 'node:assert/strict';
import { fill, local, moveClock, nextWorkingMorning, now, signIn } from '../people.mjs';

const DAY_MS = 24 * 3600 * 1000;
const SCHOOL = 'Құрлық әскерлерінің әскери институты';

const main = (person) => person.page.locator('main');

/// Opens the form under this title, fills it in and sends it; gives the texts of its errors.
async function enters(story, person, act, values) {
  await story.open(person, '/blanks');
  const form = person.page.locator(`form[action$="/blanks/${act}"]`);
  const fold = person.page.locator('details', { has: form });
  await fold.locator('summary').click();
  const named = Object.entries(values).map(([name, value]) => [`${act}_${name}`, value]);
  await fill(form, Object.fromEntries(named));
  await Promise.all([
    person.page.waitForNavigation(),
    form.locator('.buttons button.btn').click(),
  ]);
  return main(person).locator('.field .error').allInnerTexts();
}

async function schoolHasBlanks(story) {
  const day = await nextWorkingMorning(story);
  const registrar = await signIn(story, 'registrar', { language: 'ru' });
  const giving = {
    series: 'АА',
    first: '0009001',
    last: '0009010',
    school: SCHOOL,
    request: '15-7/214',
    requested_on: day,
    given_on: day,
  };
  const errors = await enters(story, registrar, 'give', { ...giving, last: '0009999999' });
  assert.equal(errors.length, 1, `${errors}`);
  await story.look(registrar, 'blanks-give-refused');
  assert.deepEqual(await enters(story, registrar, 'give', giving), []);
  await story.lookEverywhere(registrar, 'blanks-given');
  const option = { label: `${SCHOOL}: АА 0009001–0009010` };
  const told = { giving: option, last_issue_on: day };
  assert.deepEqual(await enters(story, registrar, 'last_issue', told), []);
  await story.lookEverywhere(registrar, 'blanks-told');
  return { day, option };
}

async function listComesLate(story) {
  const { day, option } = await schoolHasBlanks(story);
  const late = local(new Date((await now(story)).getTime() + 30 * DAY_MS)).slice(0, 10);
  await moveClock(story, `${late}T10:00`);
  const head = await signIn(story, 'head', { language: 'ru' });
  await story.open(head, '/work');
  await main(head).getByRole('link', { name: new RegExp(SCHOOL) }).waitFor();
  await story.lookEverywhere(head, 'blanks-alert');
  await main(head).getByRole('link', { name: new RegExp(SCHOOL) }).click();
  await head.page.waitForURL(/\/blanks$/);
  assert.equal(await main(head).locator('.tag.bad').count(), 1);
  await story.lookEverywhere(head, 'blanks-overdue');

  const list = {
    giving: option,
    list: 'В-3',
    list_on: day,
    returned_on: late,
    issued_numbers: '0009001-0009006',
    unissued_numbers: '0009007, 0009008',
    spoiled_numbers: '0009010',
  };
  const errors = await enters(story, head, 'return', list);
  assert.match(errors.join(), /учтено: 9\. Нет: 0009009/);
  const typed = main(head).locator('[name=return_unissued_numbers]');
  assert.equal(await typed.inputValue(), list.unissued_numbers, 'nothing typed is lost');
  await story.look(head, 'blanks-list-refused');
  await typed.fill('0009007-0009009');
  await Promise.all([
    head.page.waitForNavigation(),
    main(head).locator('form[action$="/blanks/return"] .buttons button.btn').click(),
  ]);
  await head.page.locator('.notice.ok').waitFor();
  assert.equal(await main(head).locator('.tag.bad').count(), 0);
  assert.match(await main(head).innerText(), /выдано: 6, возвращено невыданных: 3, испорченных: 1/);
  await story.lookEverywhere(head, 'blanks-back');
  await story.open(head, '/work');
  assert.equal(await main(head).getByRole('link', { name: new RegExp(SCHOOL) }).count(), 0);
}

export const stories = [
  { name: 'a school is given blanks and its list comes back', play: listComesLate },
];

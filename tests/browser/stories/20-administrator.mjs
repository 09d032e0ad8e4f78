// The administrator keeps the registers: an office with its branch, a stand-in for an absent head.
import assert from 'node:assert/strict';
import { fill, local, now, signIn } from '../people.mjs';

const DAY_MS = 24 * 3600 * 1000;

const main = (person) => person.page.locator('main');

/// Clicks, and waits for the page that comes, even under the same address.
function press(person, locator) {
  return Promise.all([person.page.waitForNavigation(), locator.click()]);
}

/// Sends the only form with fields of the page; gives the texts of its errors.
async function send(person, values) {
  const form = main(person).locator('form', { has: person.page.locator('.field') });
  await fill(form, values);
  await press(person, form.locator('.buttons button.btn'));
  return main(person).locator('.field .error').allInnerTexts();
}

async function keepsRegisters(story) {
  const admin = await signIn(story, 'admin', { language: 'ru' });
  await story.open(admin, '/admin');
  await story.lookEverywhere(admin, 'admin-people');

  await story.open(admin, '/admin/offices');
  await press(admin, main(admin).getByRole('link', { name: 'Добавить орган' }));
  const office = {
    code: 'Сарыарка',
    name_kk: 'Сарыарқа ауданының бөлімі',
    name_ru: 'Отдел района Сарыарка',
    name_en: 'Department of Saryarka district',
    address_kk: 'Астана қ., Бейбітшілік көшесі, 9',
    address_ru: 'г. Астана, улица Бейбитшилик, 9',
    address_en: '9 Beibitshilik street, Astana',
    phone: '+7 717 232 00 09',
    higher_body_kk: 'Астана қаласының департаменті',
    higher_body_ru: 'Департамент города Астаны',
    superior_email: 'astana@department.example',
    place: 'city',
    active: true,
  };
  const errors = await send(admin, office);
  assert.equal(errors.length, 1, 'a code has Latin letters');
  assert.equal(await main(admin).locator('[name=name_kk]').inputValue(), office.name_kk);
  await story.look(admin, 'admin-office-wrong');
  assert.deepEqual(await send(admin, { code: 'saryarka' }), []);
  const card = main(admin).locator('section.card', { hasText: office.name_ru });
  await press(admin, card.getByRole('link', { name: 'Добавить отделение' }));
  await story.lookEverywhere(admin, 'admin-branch');
  const left = await send(admin, {
    code: 'saryarka-1',
    name_kk: '«Сарыарқа-1» бөлімі',
    name_ru: 'Отдел «Сарыарқа-1»',
    name_en: 'Department Saryarka-1',
    address_kk: 'Астана қ., Бейбітшілік көшесі, 11',
    address_ru: 'г. Астана, улица Бейбитшилик, 11',
    address_en: '11 Beibitshilik street, Astana',
    hours: '09:00–18:00',
    active: true,
  });
  assert.deepEqual(left, []);
  await story.lookEverywhere(admin, 'admin-offices');
  await press(admin, main(admin).getByRole('link', { name: office.name_ru }));
  await story.lookEverywhere(admin, 'admin-office');

  const citizen = await signIn(story, 'yermek');
  await story.open(citizen, '/services/military_id');
  await press(citizen, main(citizen).locator('a.btn').first());
  await press(citizen, main(citizen).locator('form button.btn').first());
  await main(citizen).locator('input[name=subtype][value=dismissed]').check();
  await press(citizen, main(citizen).locator('form button.btn').first());
  await main(citizen).getByLabel(/Сарыарқа/).waitFor();

  await appointsAStandIn(story, admin);
  await story.open(admin, '/admin/incidents');
  await story.lookEverywhere(admin, 'admin-incidents');

  await story.open(admin, '/admin/calendar');
  await story.lookEverywhere(admin, 'admin-calendar');
  await proposesHours(story, admin);
  await story.open(admin, '/admin/packages');
  await story.lookEverywhere(admin, 'admin-packages');
  await press(admin, main(admin).locator('table a').first());
  await story.lookEverywhere(admin, 'admin-package');
}

/// New hours and a closure, as far as one administrator alone can go.
async function proposesHours(story, admin) {
  const today = await now(story);
  const day = (days) => local(new Date(today.getTime() + days * DAY_MS)).slice(0, 10);
  const form = main(admin).locator('form[action$="/propose"]');
  const before = await form.locator('[name=calendar]').inputValue();
  const hours = `hours,branch,1-5,10:00-18:00,${day(20)}\n`;
  const closure = (code) => `closed,${code},${day(1)},${day(4)},ремонт\n`;
  const propose = async (lines) => {
    await form.locator('[name=calendar]').fill(before + lines);
    await form.locator('[name=source]').fill('приказ № 5');
    await press(admin, form.locator('button.btn'));
    return main(admin).locator('.field .error').allInnerTexts();
  };
  const errors = await propose(hours + closure('nowhere'));
  assert.match(errors.join(), /nowhere/);
  const kept = await form.locator('[name=calendar]').inputValue();
  assert.ok(kept.includes(closure('nowhere').trim()), 'what was typed stays');
  await story.look(admin, 'admin-calendar-wrong');
  assert.deepEqual(await propose(hours + closure('esil-1')), []);
  await press(admin, main(admin).locator('a[href$="preview=1"]'));
  await story.lookEverywhere(admin, 'admin-calendar-proposed');
  await press(admin, main(admin).locator('form[action$="/reject"] button'));
}

async function appointsAStandIn(story, admin) {
  await story.open(admin, '/admin/stand-ins');
  const today = await now(story);
  const form = main(admin).locator('form', { has: admin.page.locator('.field') });
  const head = form.locator('[name=absent] option', { hasText: 'Төрағаев' });
  const deputy = form.locator('[name=deputy] option', { hasText: 'Қараушин' });
  const errors = await send(admin, {
    absent: await head.getAttribute('value'),
    deputy: await deputy.getAttribute('value'),
    from: local(today).slice(0, 10),
    until: local(new Date(today.getTime() + DAY_MS)).slice(0, 10),
    basis: '№ 12',
    position_kk: 'бөлім бастығының м.а.',
    position_ru: 'и. о. начальника отдела',
  });
  assert.deepEqual(errors, []);
  await story.lookEverywhere(admin, 'admin-stand-ins');
  const executor = await signIn(story, 'executor-burabay', { language: 'ru' });
  await story.open(executor, '/sign');
  await press(admin, main(admin).getByRole('button', { name: 'Отозвать' }));
  await executor.page.reload();
  assert.equal(await executor.page.locator('main h1').count(), 1);
  assert.equal((await executor.page.request.get(executor.page.url())).status(), 403);
}

export const stories = [
  {
    name: 'the administrator keeps offices, branches and stand-ins',
    play: keepsRegisters,
    secondsMax: 300,
  },
];

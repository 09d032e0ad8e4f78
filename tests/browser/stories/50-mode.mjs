// Two administrators switch the mode of the country, a citizen is told, and peacetime comes back.
import assert from 'node:assert/strict';
import path from 'node:path';
import {
  fill,
  local,
  moveClock,
  next,
  now,
  press,
  qyzmet,
  signIn,
  signInByCode,
  startApplication,
} from '../people.mjs';

const HOUR_MS = 3600 * 1000;

const main = (person) => person.page.locator('main');

async function propose(story, admin, values) {
  await story.open(admin, '/admin/mode');
  const form = main(admin).locator('form[action$="/propose"]');
  await fill(form, values);
  await press(admin, form.locator('button.btn'));
  return main(admin).locator('.field .error').allInnerTexts();
}

async function confirm(story, admin) {
  await story.open(admin, '/admin/mode');
  await press(admin, main(admin).locator('form[action$="/confirm"] button'));
}

/// It holds from the second full minute after the confirmation.
async function later(story) {
  await moveClock(story, local(new Date((await now(story)).getTime() + HOUR_MS)));
}

async function modeIsSwitched(story) {
  const second = ['--iin', '950310400188', '--name', 'Дәрігерова Мәдина Һұсайынқызы'];
  const config = path.join(story.site.state, 'server/qyzmet.conf');
  const added = qyzmet(story, 'user', 'add-admin', ...second, '--config', config);
  assert.equal(added.status, 0, added.stderr);
  const admin = await signIn(story, 'admin', { language: 'ru' });
  const other = await signIn(story, 'madina', { language: 'ru' });
  const today = local(await now(story)).slice(0, 10);
  const act = {
    mode: 'mobilisation',
    act_number: 'Указ Президента Республики Казахстан № 1207',
    act_date: today,
    reason: 'Пункт 10 перечня основных требований: призваны все, кто подлежит призыву.',
  };
  await story.open(admin, '/admin/mode');
  await story.lookEverywhere(admin, 'admin-mode');
  const errors = await propose(story, admin, { ...act, act_number: '' });
  assert.equal(errors.length, 1, 'the act has a number');
  await story.look(admin, 'admin-mode-wrong');
  assert.deepEqual(await propose(story, admin, act), []);
  assert.equal(await main(admin).locator('form[action$="/confirm"]').count(), 0);
  await story.open(other, '/admin/mode');
  await story.lookEverywhere(other, 'admin-mode-proposed');
  await confirm(story, other);
  await later(story);
  await story.open(admin, '/admin/mode');
  await story.lookEverywhere(admin, 'admin-mode-history');

  const citizen = await signIn(story, 'yermek');
  await story.open(citizen, '/services/military_id');
  assert.match(await main(citizen).locator('.notice.warn').innerText(), /1207/);
  await story.open(citizen, '/apply/military_id');
  if (citizen.page.url().includes('/apply/')) {
    assert.match(await main(citizen).locator('.notice.warn').innerText(), /1207/);
    await story.lookEverywhere(citizen, 'mode-start');
  }
  // Who has not served says so; in peacetime nobody is asked (R77-17).
  const newcomer = await story.person();
  await story.open(newcomer, '/login');
  await signInByCode(story, newcomer, '930915300058', '+77010000005');
  await startApplication(story, newcomer);
  await main(newcomer).locator('input[name=subtype][value=dismissed]').check();
  await next(newcomer);
  assert.notEqual(await main(newcomer).locator('[name="declared.not_served"]').count(), 0);
  await story.lookEverywhere(newcomer, 'mode-details');

  assert.deepEqual(await propose(story, admin, { ...act, mode: 'peacetime' }), []);
  await confirm(story, other);
  await later(story);
  await story.open(citizen, '/services/military_id');
  assert.equal(await main(citizen).locator('.notice.warn').count(), 0);
}

export const stories = [
  { name: 'two administrators switch the mode of the country', play: modeIsSwitched },
];

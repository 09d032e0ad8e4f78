// An application that went to the wrong office is passed on, and stays on record there.
import assert from 'node:assert/strict';
import {
  FIRST,
  confirmByCode,
  confirmCheck,
  fill,
  next,
  nextWorkingMorning,
  openCase,
  signIn,
  signInByCode,
  startApplication,
} from '../people.mjs';

const main = (person) => person.page.locator('main');

async function applicationIsPassedOn(story) {
  await nextWorkingMorning(story);
  const phone = '+77010000004';
  const citizen = await story.person();
  await story.open(citizen, '/login');
  await signInByCode(story, citizen, '820406300048', phone);
  const { page } = citizen;
  await startApplication(story, citizen, 'correction');
  await page.locator('input[name=subtype][value=service_data]').check();
  await next(citizen);
  await fill(main(citizen).locator('form').first(), {
    'wish.kind': 'absent',
    'wish.about': 'awards',
    'wish.correct': 'Медаль, 2004 жылғы № 17 бұйрық',
  });
  await next(citizen);
  await main(citizen).getByLabel(/Есіл/).check();
  await next(citizen);
  await page.locator('input[name=phone]').fill(phone);
  await page.locator('textarea[name=address]').fill('Астана қ., Сынақ көшесі, 4');
  await next(citizen);
  await main(citizen).locator('button[name=act][value=continue]').click();
  await page.waitForURL(/\/consent/);
  await page.locator('input[name=consent]').check();
  await next(citizen);
  await page.waitForURL(/\/check/);
  await confirmCheck(citizen);
  const number = await confirmByCode(story, citizen, phone, 79);

  const registrar = await signIn(story, 'registrar');
  await openCase(story, registrar, number);
  await story.open(registrar, `/work/cases/${number}/messages/office.redirected`);
  const form = main(registrar).locator('form').first();
  await fill(form, {
    'office.id': FIRST,
    'redirect.reasons': 'Өтініш беруші басқа ауданда тұрады',
  });
  await form.locator('.buttons button.btn').last().click();
  await registrar.page.waitForLoadState();
  await story.open(registrar, '/work/passed');
  assert.ok((await main(registrar).innerText()).includes(number));
  await story.lookEverywhere(registrar, 'passed-on');

  await story.open(citizen, `/cabinet/cases/${number}`);
  await story.lookEverywhere(citizen, 'passed-on-case');
}

export const stories = [
  { name: 'an application for another office is passed on', play: applicationIsPassedOn },
];

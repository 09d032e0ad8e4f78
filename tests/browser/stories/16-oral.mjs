// An oral hearing: the applicant asks for it, the minutes are signed by two officials, and what may
// be said beside the case has its pages.
import assert from 'node:assert/strict';
import {
  FIRST,
  applyForLostId,
  certifyByKey,
  complete,
  local,
  moveClock,
  nextWorkingMorning,
  now,
  openCase,
  press,
  signDecision,
  signIn,
  waitForState,
  waitForTask,
} from '../people.mjs';

const main = (person) => person.page.locator('main');

/// The forms of what a person may say about the case now, each looked at in every language.
async function lookAtMessages(story, person, where, names) {
  for (const name of names) {
    await story.open(person, `${where}/messages/${name}`);
    assert.ok(await main(person).locator('form .buttons').count(), `${name} has no form`);
    await story.lookEverywhere(person, name.replace('.', '-'));
  }
}

async function refusalInView(story) {
  await nextWorkingMorning(story);
  const citizen = await signIn(story, 'madina');
  const number = await applyForLostId(story, citizen, 'madina', '+77010000008');
  const registrar = await signIn(story, 'registrar-burabay');
  await complete(story, registrar, number, 'Task_Register', { executor: FIRST });
  const executor = await signIn(story, 'executor-burabay');
  await complete(story, executor, number, 'Task_Review', {
    'review.outcome': 'refuse',
    'review.ground': 'G2',
    'review.reasons': 'Қаулының көшірмесінде қол жоқ.',
  });
  return { number, citizen, registrar, executor };
}

async function oralHearing(story) {
  const { number, citizen, registrar, executor } = await refusalInView(story);
  const day = local(await now(story)).slice(0, 10);
  await complete(story, executor, number, 'Task_Notice', {
    'hearing.mode': 'in_person',
    'hearing.slot': `${day}T15:00`,
    'hearing.place': '12-кабинет',
  });
  await waitForTask(story, executor, number, 'Task_NoticeSign');
  await signDecision(story, executor, number, 'Task_NoticeSign', 'executor-burabay');
  await waitForTask(story, executor, number, 'Task_Hearing');
  const cabinet = `/cabinet/cases/${number}`;
  await lookAtMessages(story, citizen, cabinet, [
    'hearing.objection',
    'hearing.waiver',
    'recusal.asked',
    'branch.chosen',
    'application.withdrawn',
  ]);
  const head = await signIn(story, 'head-burabay');
  await lookAtMessages(story, head, `/work/cases/${number}`, ['executor.changed']);

  await moveClock(story, `${day}T16:00`);
  await openCase(story, executor, number);
  await story.lookEverywhere(executor, 'hearing-oral');
  await complete(story, executor, number, 'Task_Hearing', {
    'hearing.result': 'held',
    'hearing.started': `${day}T15:00`,
    'hearing.ended': `${day}T15:40`,
    'hearing.secretary': /Тізімова/,
    'hearing.participants': 'Дәрігерова М. Һ., Орындаушы',
    'hearing.minutes': 'Өтініш беруші қаулының түпнұсқасын әкелуге уәде берді.',
    'hearing.conclusion': 'refuse',
  });
  await waitForTask(story, executor, number, 'Task_Minutes');
  await openCase(story, executor, number);
  await story.lookEverywhere(executor, 'minutes-chair');
  await signDecision(story, executor, number, 'Task_Minutes', 'executor-burabay');
  await waitForTask(story, registrar, number, 'Task_MinutesSecretary');
  await story.lookEverywhere(registrar, 'minutes-secretary');
  await signDecision(story, registrar, number, 'Task_MinutesSecretary', 'registrar-burabay');
  await lookAtMessages(story, citizen, cabinet, ['hearing.explanation', 'hearing.remarks']);
  await story.open(citizen, cabinet);
  await story.lookEverywhere(citizen, 'case-minutes');

  await story.open(citizen, `${cabinet}/messages/application.withdrawn`);
  await press(citizen, main(citizen).locator('form .buttons button.btn').first());
  await certifyByKey(story, citizen, 'madina');
  await waitForState(story, citizen, number, 'кері');
}

export const stories = [
  { name: 'an oral hearing has minutes that two sign', play: oralHearing, secondsMax: 600 },
];

// Data on military service are corrected: from what the office has, and after archives were asked.
import assert from 'node:assert/strict';
import {
  FIRST,
  complete,
  confirmByCode,
  confirmCheck,
  fill,
  local,
  moveClock,
  next,
  nextWorkingMorning,
  now,
  openCase,
  paper,
  press,
  qyzmet,
  signApplication,
  signDecision,
  signIn,
  signInByCode,
  startApplication,
  task,
  waitForState,
  waitForTask,
} from '../people.mjs';

const main = (person) => person.page.locator('main');

/// What `qyzmet deadline` says of an application filed now, extended on the same day if asked.
function termOf(story, filed, ...more) {
  const asked = ['deadline', '--service', 'correction', '--filed', filed, ...more];
  return JSON.parse(qyzmet(story, ...asked).stdout);
}

/// Every page up to the check.
async function writeApplication(story, person, { subtype, details, phone, file, look }) {
  const { page } = person;
  await startApplication(story, person, 'correction');
  await page.locator(`input[name=subtype][value=${subtype}]`).check();
  await next(person);
  if (look) await story.lookEverywhere(person, 'correction-details');
  await fill(main(person).locator('form').first(), details);
  await next(person);
  await main(person).getByLabel(/Есіл/).check();
  await next(person);
  await page.locator('input[name=phone]').fill(phone);
  await page.locator('textarea[name=address]').fill('Астана қ., Сынақ көшесі, 4');
  await next(person);
  if (look) await story.lookEverywhere(person, 'correction-documents');
  if (file) await page.locator('input[type=file]').first().setInputFiles(file);
  await main(person).locator('button[name=act][value=continue]').click();
  await page.waitForURL(/\/consent/);
  await page.locator('input[name=consent]').check();
  await next(person);
  await page.waitForURL(/\/check/);
  if (look) await story.lookEverywhere(person, 'correction-check');
  await confirmCheck(person);
}

async function register(story, registrar, number) {
  await complete(story, registrar, number, 'Task_Register', {
    'register.outcome': 'accept',
    executor: FIRST,
  });
}

/// What is entered into the record, then the draft of the notification, and the head's signature.
async function correct(story, { executor, head, number, fact, source, draft }) {
  const [kind, value] = fact;
  await complete(story, executor, number, 'Task_Review', {
    'checklist.identity': true,
    'review.outcome': 'present',
    'correction.facts.1.fact': kind,
    'correction.facts.1.value': value,
    'correction.source': source,
  });
  await waitForTask(story, executor, number, 'Task_Draft');
  await complete(story, executor, number, 'Task_Draft', draft);
  await openCase(story, head, number);
  await story.lookEverywhere(head, 'correction-head');
  await signDecision(story, head, number, 'Task_Sign', 'head');
}

async function readPaper(story, person, title, name) {
  const link = main(person).locator(`a:text-is("${title}")`).first();
  const file = await story.download(person, () => link.click(), name);
  story.outside('qpdf', '--check', file);
  return story.outside('pdftotext', '-layout', file, '-');
}

/// Example 79-A: the office has the data; applied for with a one-time password.
async function dataArePresent(story) {
  await nextWorkingMorning(story);
  const phone = '+77010000004';
  const citizen = await story.person();
  await story.open(citizen, '/login');
  await signInByCode(story, citizen, '820406300048', phone);
  await writeApplication(story, citizen, {
    subtype: 'service_data',
    details: {
      'wish.kind': 'wrong',
      'wish.about': 'rank',
      'wish.recorded': 'Қатардағы жауынгер',
      'wish.correct': 'Сержант, 2003 жылғы 5 мамырдағы № 61 бұйрық',
    },
    phone,
    file: paper(story, 'order.pdf'),
    look: true,
  });
  const number = await confirmByCode(story, citizen, phone, 79);
  await story.lookEverywhere(citizen, 'correction-accepted');

  const registrar = await signIn(story, 'registrar');
  await register(story, registrar, number);
  const executor = await signIn(story, 'executor');
  await openCase(story, executor, number);
  await story.lookEverywhere(executor, 'correction-review');
  const head = await signIn(story, 'head');
  await correct(story, {
    executor,
    head,
    number,
    fact: ['rank', 'Сержант'],
    source: '2003 жылғы 5 мамырдағы № 61 бұйрық',
    draft: { 'correction.summary': 'Әскери атағы: сержант.' },
  });

  await waitForState(story, citizen, number, 'Деректер өзектілендірілді');
  await story.lookEverywhere(citizen, 'correction-case');
  const notice = await readPaper(
    story,
    citizen,
    'Деректерді өзектілендіру туралы хабарлама',
    'correction-notice.pdf',
  );
  assert.match(notice, /Сержант/);
  const application = await story.download(
    citizen,
    () => main(citizen).locator('a[href$="/application"]').click(),
    'correction-application.pdf',
  );
  assert.match(story.outside('pdftotext', '-layout', application, '-'), /Приложение 34/);
  await story.open(citizen, '/cabinet/registration');
  assert.match(await main(citizen).innerText(), /Сержант/);
  await story.lookEverywhere(citizen, 'correction-record');
}

/// The second request stands behind a line that opens without a script.
async function askArchives(story, executor, number) {
  await openCase(story, executor, number);
  const form = task(executor, 'Task_Requests').locator('form').first();
  await story.lookEverywhere(executor, 'correction-requests');
  await form.locator('details.row').nth(1).locator('summary').click();
  const due = local(new Date((await now(story)).getTime() + 40 * 86_400_000)).slice(0, 10);
  for (const [row, addressee, body] of [
    [1, 'archive', 'ҚР ҚМ Орталық мұрағаты'],
    [2, 'foreign_state', 'Ресей Федерациясы Қорғаныс министрлігінің мұрағаты'],
  ]) {
    await fill(form, {
      [`requests.${row}.number`]: `${row}/79`,
      [`requests.${row}.addressee`]: addressee,
      [`requests.${row}.body`]: body,
      [`requests.${row}.period`]: '1985–1986',
      [`requests.${row}.due_on`]: due,
    });
  }
  await form.locator('.buttons button.btn').last().click();
  await executor.page.locator('.notice.ok').waitFor();
}

async function extend(story, head, executor, number) {
  await complete(story, executor, number, 'Task_ExtensionNotice', {
    'extension.explanation': 'Екі мұрағатқа сұрау салынды, олар апталап жауап береді.',
  });
  await openCase(story, head, number);
  await story.lookEverywhere(head, 'correction-extend');
  await signDecision(story, head, number, 'Task_Extend', 'head');
}

/// What came on the office's post.
async function bringAnswer(story, registrar, number) {
  const { page } = registrar;
  await openCase(story, registrar, number);
  await story.lookEverywhere(registrar, 'correction-answers');
  await press(registrar, main(registrar).locator('a:has-text("№ 1/79")').first());
  await story.lookEverywhere(registrar, 'correction-answer');
  const form = main(registrar).locator('form').first();
  await fill(form, {
    'request.answer.kind': 'positive',
    'request.answer.number': 'A-117',
    'request.answer.summary': 'Қызмет 1985 жылғы мамырдан 1986 жылғы қарашаға дейін.',
  });
  await form
    .locator('input[name="request.answer.document"]')
    .setInputFiles(paper(story, 'answer.pdf'));
  await form.locator('.buttons button.btn').first().click();
  await page.locator('.notice.ok').waitFor();
}

/// Example 79-B: two archives are asked, the term is extended, the certificate is wanted.
async function archivesAreAsked(story) {
  const day = await nextWorkingMorning(story);
  const citizen = await signIn(story, 'yermek');
  await writeApplication(story, citizen, {
    subtype: 'privileged_period',
    details: {
      'wish.kind': 'absent',
      'wish.correct': 'Ауғанстандағы қызмет',
      'wish.from': '1985-05-01',
      'wish.until': '1986-11-01',
      wants_social_support: true,
    },
    phone: '+77010000003',
  });
  const number = await signApplication(story, citizen, 'yermek', 79);

  const registrar = await signIn(story, 'registrar');
  await register(story, registrar, number);
  const executor = await signIn(story, 'executor');
  await complete(story, executor, number, 'Task_Review', {
    'checklist.identity': true,
    'review.outcome': 'request',
  });
  await askArchives(story, executor, number);
  // It is proposed and decided when the day of the application is over.
  await moveClock(story, `${termOf(story, `${day}T10:00`).milestones[1].latest}T10:00`);
  const head = await signIn(story, 'head');
  const decided = local(await now(story)).slice(0, 10);
  await waitForTask(story, executor, number, 'Task_ExtensionNotice');
  await extend(story, head, executor, number);
  const term = termOf(story, `${day}T10:00`, '--extended-on', decided);
  await waitForState(story, citizen, number, 'Сұрау салулар жіберілді');
  await story.lookEverywhere(citizen, 'correction-extended');
  const [year, month, date] = term.due.split('-');
  const extension = await readPaper(
    story,
    citizen,
    'Мерзімнің ұзартылғаны туралы хабарлама',
    'correction-extension.pdf',
  );
  assert.match(extension, /1\/79/);
  assert.ok(extension.includes(year), `the new last day ${date}.${month}.${year} is told`);
  await readPaper(story, citizen, 'Сұрау салу', 'correction-request.pdf');

  await nextWorkingMorning(story);
  await bringAnswer(story, registrar, number);
  await correct(story, {
    executor,
    head,
    number,
    fact: ['privileged', 'Ауғанстан, 1985–1986'],
    source: 'A-117 жауап',
    draft: {
      'correction.summary': 'Жеңілдікті кезеңдегі қызмет енгізілді.',
      'certificate.periods': '1985 жылғы мамыр — 1986 жылғы қараша, жеңілдікті',
      'certificate.recipient': 'Астана қаласының әкімдігі',
    },
  });
  await waitForTask(story, head, number, 'Task_SignCertificate');
  await signDecision(story, head, number, 'Task_SignCertificate', 'head');
  await waitForState(story, citizen, number, 'Деректер өзектілендірілді');
  await story.lookEverywhere(citizen, 'correction-certificate');
  const certificate = await readPaper(
    story,
    citizen,
    'Әлеуметтік қолдауға арналған анықтама',
    'correction-certificate.pdf',
  );
  assert.match(certificate, /1985/);
}

export const stories = [
  { name: 'data that the office has are corrected', play: dataArePresent },
  { name: 'archives are asked before data are corrected', play: archivesAreAsked },
];

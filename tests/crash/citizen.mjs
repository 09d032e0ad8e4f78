// The load: people who apply, sign and withdraw, again and again, and a registrar who takes their
// applications in. What was sent and what was acknowledged goes into the ledger.
import crypto from 'node:crypto';
import { Visitor, complaint, pause } from './web.mjs';

const SERVICE = '/kk/apply/military_id';
const PAGES_MAX = 15;
const CERTIFY_MAX = 60;

/// What the outside saw; the oracle holds the database against it.
export class Ledger {
  constructor() {
    this.applications = new Map(); // SHA-256 of what was signed -> acknowledged number, or null
    this.withdrawn = new Set(); // numbers
    this.registered = new Set(); // numbers
    this.contradictions = []; // one application that was answered with two numbers
    this.moves = 0; // of the clock
  }

  acknowledge(sha256, number) {
    const before = this.applications.get(sha256);
    if (before && before !== number) this.contradictions.push(`${before} and ${number}`);
    this.applications.set(sha256, number);
  }

  acknowledged() {
    return [...this.applications.values()].filter(Boolean);
  }
}

/// A PDF that nobody has sent before.
function paper() {
  const unique = crypto.randomBytes(2000).toString('hex');
  return Buffer.from(`%PDF-1.4\n% ${unique}\n1 0 obj<</Type/Catalog>>endobj\ntrailer<<>>\n%%EOF\n`);
}

const numberIn = (location) => location.match(/\/cabinet\/cases\/([0-9-]+)/)?.[1] ?? null;

/// Does the same thing until it is told to stop; what goes wrong is kept and tried again.
class Worker extends Visitor {
  constructor(site, key, bases, ledger) {
    super(site, key, bases);
    this.ledger = ledger;
    this.failures = new Map(); // message -> how often
    this.stopped = true;
    this.working = Promise.resolve();
  }

  start() {
    this.stopped = false;
    this.working = this.run();
  }

  /// Resolves when what was under way has been answered.
  async stop() {
    this.stopped = true;
    await this.working;
  }

  async run() {
    while (!this.stopped) {
      try {
        await this.round();
      } catch (error) {
        this.failures.set(error.message, (this.failures.get(error.message) ?? 0) + 1);
        await pause(100);
      }
    }
  }
}

export class Citizen extends Worker {
  /// `patience`: how many moves of the clock an application waits before it is withdrawn.
  constructor(site, key, bases, ledger, { patience, place, subtype }) {
    super(site, key, bases, ledger);
    Object.assign(this, { patience, place, subtype });
    this.open = null; // {number, since}
    this.sent = null; // SHA-256 of what was sent and has no number yet
  }

  async round() {
    if (!this.open) await this.apply();
    else if (this.ledger.moves - this.open.since >= this.patience) await this.withdraw();
    else await pause(50);
  }

  answersTo(name, form) {
    const choose = (field) => {
      const options = form.choices[field];
      return options[this.place % options.length];
    };
    if (name === 'reason') return { subtype: this.subtype };
    if (name === 'office') return { office: choose('office') };
    if (name === 'branch') return { branch: choose('branch') };
    if (name === 'contacts') return { address: 'Астана қ., Сынақ көшесі, 5' };
    if (name === 'consent') return { consent: 'true' };
    if (name === 'documents')
      return { penalty_ruling: { bytes: paper(), name: 'proof.pdf' }, act: 'continue' };
    return {};
  }

  /// Page by page up to the signature; gives that page, or null when a case is open already.
  async fillIn() {
    const start = await this.get(SERVICE);
    if (start.status === 303) return this.adopt(start.location);
    let where = (await this.post(start.forms.find((form) => form.action === SERVICE))).location;
    for (let i = 0; i < PAGES_MAX; i += 1) {
      const name = where.match(/\/([a-z]+)(\?.*)?$/)?.[1];
      if (numberIn(where)) return this.adopt(where);
      const page = await this.get(where.split('?')[0]);
      if (page.status === 303) {
        where = page.location;
        continue;
      }
      if (name === 'certify') return page;
      const form = page.forms.find((each) => each.action === where.split('?')[0]);
      if (!form) throw new Error(`${name}: ${complaint(page.text)}`);
      const answer = await this.post(form, this.answersTo(name, form));
      if (answer.status !== 303) throw new Error(`${name}: ${complaint(answer.text)}`);
      where = answer.location;
    }
    throw new Error(`the application does not come to its end: ${where}`);
  }

  /// A case is open: what was withdrawn has not ended yet, or what was received without a check of
  /// its certificate has been accepted meanwhile.
  adopt(location) {
    const number = numberIn(location);
    if (this.sent && !this.ledger.withdrawn.has(number)) this.accepted(this.sent, number);
    return null;
  }

  accepted(sha256, number) {
    this.ledger.acknowledge(sha256, number);
    this.open = { number, since: this.ledger.moves };
    this.sent = null;
  }

  /// The form with the signature in it, ready to be sent any number of times.
  async certified(page) {
    const form = page.forms.find((each) => each.signs === 'sign');
    if (!form) throw new Error(`certify: ${complaint(page.text)}`);
    const sha256 = crypto.createHash('sha256').update(form.bytes).digest('hex');
    if (!this.ledger.applications.has(sha256)) this.ledger.applications.set(sha256, null);
    const signature = await this.sign(form.bytes, 'sign');
    return { ...form, sha256, fields: { ...form.fields, signature } };
  }

  async apply() {
    const page = await this.fillIn();
    if (!page) {
      await pause(50);
      return;
    }
    let form = await this.certified(page);
    this.sent = form.sha256;
    for (let i = 0; i < CERTIFY_MAX; i += 1) {
      const answer = await this.post(form);
      const number = numberIn(answer.location);
      if (number) {
        this.accepted(form.sha256, number);
        return;
      }
      // Received, but the certificate cannot be checked now: a person presses again.
      if (answer.location.includes('submission_pending')) await pause(150);
      else if (answer.status === 303) return;
      else {
        this.refused = complaint(answer.text);
        form = await this.certified(answer);
      }
    }
    throw new Error(`not accepted: ${this.refused ?? 'the certificate stays unchecked'}`);
  }

  async withdraw() {
    const { number } = this.open;
    const where = `/kk/cabinet/cases/${number}/messages/application.withdrawn`;
    const page = await this.get(where);
    const form = page.forms.find((each) => each.action === where);
    if (page.status === 303) throw new Error(`${number} cannot be withdrawn`);
    if (!form) throw new Error(`withdraw: ${complaint(page.text)}`);
    const shown = await this.post(form);
    if (shown.status !== 303) throw new Error(`withdraw: ${complaint(shown.text)}`);
    await this.certifyStatement(shown.location);
    this.ledger.withdrawn.add(number);
    this.open = null;
  }

  /// What the form has led to is signed with the own key, as often as it must be sent.
  async certifyStatement(location) {
    const page = await this.get(location.split('?')[0]);
    if (page.status === 303) return; // an earlier attempt has done it
    const form = page.forms.find((each) => each.signs === 'sign');
    if (!form) throw new Error(`statement: ${complaint(page.text)}`);
    const signature = await this.sign(form.bytes, 'sign');
    const answer = await this.post(form, { signature });
    if (answer.status !== 303) throw new Error(`statement: ${complaint(answer.text)}`);
  }
}

/// Takes applications to the first office in; several processes may fire timers meanwhile.
export class Registrar extends Worker {
  constructor(site, key, bases, ledger, citizens) {
    super(site, key, bases, ledger);
    this.citizens = citizens;
  }

  async round() {
    const next = this.citizens
      .map((citizen) => citizen.open?.number)
      .find((number) => number && !this.ledger.registered.has(number));
    if (next) await this.register(next);
    await pause(100);
  }

  async register(number) {
    const where = `/kk/work/cases/${number}`;
    const page = await this.get(where);
    const form = page.forms.find((each) => each.action === `${where}/tasks/Task_Register`);
    if (!form) {
      if (page.status !== 200) throw new Error(`registrar: ${complaint(page.text)}`);
      return;
    }
    const answer = await this.post(form, { executor: form.choices.executor[0] });
    if (answer.status !== 303) throw new Error(`registrar: ${complaint(answer.text)}`);
    this.ledger.registered.add(number);
  }
}

// A citizen without a browser: applies, signs, withdraws, again and again, and repeats whatever was
// not answered, like a person who presses the button once more.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PASSWORD = 'Qyzmet-demo';
const REPEATS_MAX = 400;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function fieldsOf(html) {
  const out = {};
  for (const match of html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g))
    out[match[1]] = match[2].replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  return out;
}

export class Citizen {
  constructor(site, victim, key) {
    this.site = site;
    this.victim = victim;
    this.key = key;
    this.cookies = new Map();
    this.acknowledged = []; // numbers of cases
    this.sent = []; // one entry for each application that was signed
    this.retries = 0;
    this.stopped = false;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'qyzmet-citizen.'));
  }

  /// Requests go to the victim; now and then the other process gets one.
  base() {
    return this.victim.url;
  }

  remember(answer) {
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair] = cookie.split(';');
      const at = pair.indexOf('=');
      this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }

  async request(where, form) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { cookie, origin: this.base(), 'sec-fetch-site': 'same-origin' };
    let body;
    if (form) {
      body = new FormData();
      for (const [name, value] of Object.entries(form)) body.append(name, value);
    }
    const answer = await fetch(`${this.base()}${where}`, {
      method: form ? 'POST' : 'GET',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(20000),
    });
    const text = await answer.text();
    if (answer.status >= 500) throw new Error(`${answer.status} for ${where}`);
    this.remember(answer);
    return { status: answer.status, text, location: answer.headers.get('location') ?? '' };
  }

  /// Until there is an answer: not knowing is no reason to give up.
  async insist(where, form) {
    for (let i = 0; i < REPEATS_MAX; i += 1) {
      try {
        return await this.request(where, form);
      } catch {
        this.retries += 1;
        await pause(50);
      }
    }
    throw new Error(`no answer from ${where}`);
  }

  sign(bytes, kind) {
    const people = path.join(this.site.state, 'demo/people');
    const name = `${this.key}-${kind}`;
    const key = path.join(this.folder, `${name}.key`);
    const file = path.join(this.folder, `${name}.bytes`);
    if (!fs.existsSync(key)) {
      const pem = execFileSync('openssl', [
        'pkcs12',
        '-legacy',
        '-in',
        path.join(people, `${name}.p12`),
        '-nodes',
        '-passin',
        `pass:${PASSWORD}`,
      ]);
      fs.writeFileSync(key, pem, { mode: 0o600 });
    }
    fs.writeFileSync(file, bytes);
    return execFileSync('openssl', [
      'cms',
      '-sign',
      '-cades',
      '-binary',
      '-md',
      'sha256',
      '-in',
      file,
      '-signer',
      key,
      '-inkey',
      key,
      '-outform',
      'DER',
    ]).toString('base64');
  }

  async signIn() {
    const page = await this.insist('/kk/login');
    const form = page.text.slice(page.text.indexOf('/login/eds'));
    const bytes = Buffer.from(form.match(/data-sign-bytes value="([^"]+)"/)[1], 'base64');
    const answer = await this.insist('/kk/login/eds', {
      ...fieldsOf(form.slice(0, form.indexOf('</form>'))),
      signature: this.sign(bytes, 'auth'),
    });
    if (answer.status !== 303) throw new Error(`${this.key} cannot sign in: ${answer.status}`);
  }

  async page(where, values) {
    const page = await this.insist(where);
    if (page.status !== 200) return page;
    const main = page.text.slice(page.text.indexOf('<main'));
    return this.insist(where, { ...fieldsOf(main), ...values });
  }

  /// One option of the page that is named by a word.
  async choose(where, name, word) {
    const page = await this.insist(where);
    const main = page.text.slice(page.text.indexOf('<main'));
    const options = [
      ...main.matchAll(/<input type="radio"[^>]*value="([^"]+)"[^>]*>\s*<label[^>]*>([^<]*)/g),
    ];
    const option = options.find(([, , label]) => label.includes(word)) ?? options[0];
    return this.insist(where, { ...fieldsOf(main), [name]: option[1] });
  }

  async apply() {
    const passport = await this.insist('/kk/services/military_id');
    const main = passport.text.slice(passport.text.indexOf('<main'));
    const start = await this.insist('/kk/apply/military_id', fieldsOf(main));
    const draft = start.location.match(/\/apply\/military_id\/([0-9a-f]+)\//)?.[1];
    if (!draft) return null; // an application is open already
    const at = (name) => `/kk/apply/military_id/${draft}/${name}`;
    await this.page(at('reason'), { subtype: 'dismissed' });
    await this.choose(at('office'), 'office', 'Есіл');
    await this.choose(at('branch'), 'branch', 'Есіл-1');
    await this.page(at('contacts'), { phone: '+77010000001', email: '', address: 'Астана' });
    await this.page(at('consent'), { consent: 'true' });
    await this.page(at('check'), {});
    const certify = await this.insist(at('certify'));
    const bytes = certify.text.match(/data-sign-bytes value="([^"]+)"/);
    if (!bytes) return null;
    const form = certify.text.slice(certify.text.indexOf('data-usage="sign"'));
    this.sent.push(draft);
    const answer = await this.insist(at('certify'), {
      ...fieldsOf(form.slice(0, form.indexOf('</form>'))),
      signature: this.sign(Buffer.from(bytes[1], 'base64'), 'sign'),
    });
    return answer.location.match(/cases\/([0-9-]+)/)?.[1] ?? null;
  }

  async withdraw(number) {
    await this.page(`/kk/cabinet/cases/${number}/messages/application.withdrawn`, {});
  }

  /// Applications that are open when the citizen begins (nobody knows how they came) are withdrawn.
  async withdrawOpen() {
    const cabinet = await this.insist('/kk/cabinet');
    for (const match of cabinet.text.matchAll(/\/kk\/cabinet\/cases\/([0-9-]+)/g)) {
      if (!this.acknowledged.includes(match[1])) this.acknowledged.push(match[1]);
      await this.withdraw(match[1]);
    }
  }

  async run() {
    while (!this.stopped) {
      this.working = this.round();
      await this.working;
    }
  }

  async round() {
    try {
      const number = await this.apply();
      if (number) {
        if (!this.acknowledged.includes(number)) this.acknowledged.push(number);
        await this.withdraw(number);
      } else {
        await this.withdrawOpen();
      }
    } catch (error) {
      this.lastFailure = error;
      await pause(100);
    }
  }

  /// Until what is under way has been answered.
  async settle() {
    await this.working;
  }

  stop() {
    this.stopped = true;
  }
}

// A visitor of the portal without a browser: cookies, forms, signatures, and patience. What was not
// answered is sent again, word for word, to the next server process, as a person who presses the
// button once more would do.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const PASSWORD = 'Qyzmet-demo';
const ANSWER_MS_MAX = 20000; // of one try
const PATIENCE_MS_MAX = 90000; // of all
const run = promisify(execFile);

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const plain = (text) =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

function attribute(tag, name) {
  const found = tag.match(new RegExp(`\\s${name}="([^"]*)"`));
  return found ? plain(found[1]) : '';
}

/// The forms of a page: where they go, what is filled in already, what can be chosen.
export function formsOf(html) {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, head, body]) => {
    const fields = {};
    const choices = {};
    for (const [tag] of body.matchAll(/<input\b[^>]*>/g)) {
      const name = attribute(tag, 'name');
      const type = attribute(tag, 'type');
      if (!name || type === 'file') continue;
      if (type === 'radio') (choices[name] ??= []).push(attribute(tag, 'value'));
      else if (type !== 'checkbox') fields[name] = attribute(tag, 'value');
    }
    for (const [, tag, options] of body.matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/g))
      choices[attribute(tag, 'name')] = [...options.matchAll(/<option\b[^>]*>/g)]
        .map(([option]) => attribute(option, 'value'))
        .filter(Boolean);
    return {
      action: attribute(head, 'action'),
      multipart: attribute(head, 'enctype') === 'multipart/form-data',
      signs: attribute(head, 'data-usage'),
      bytes: Buffer.from(attribute(body, 'data-sign-bytes value'), 'base64'),
      fields,
      choices,
    };
  });
}

/// What a page says went wrong, for a failed test.
export function complaint(html) {
  const main = html.slice(Math.max(html.indexOf('<main'), 0));
  return plain(main.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')).slice(0, 300);
}

export class Visitor {
  /// `bases` gives the addresses of the server processes, the preferred one first.
  constructor(site, key, bases) {
    this.site = site;
    this.key = key;
    this.bases = bases;
    this.cookies = new Map();
    this.repeats = 0;
    this.folder = fs.mkdtempSync(path.join(path.dirname(site.state), 'visitor.'));
  }

  remember(answer) {
    // The fetch of Debian's Node joins the fields with commas; our cookies have none in them.
    for (const cookie of (answer.headers.get('set-cookie') ?? '').split(', ').filter(Boolean)) {
      const [pair] = cookie.split(';');
      const at = pair.indexOf('=');
      this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }

  static body(form) {
    if (!form.multipart) return new URLSearchParams(form.fields);
    const body = new FormData();
    for (const [name, value] of Object.entries(form.fields)) {
      if (value?.bytes) body.append(name, new Blob([value.bytes]), value.name);
      else body.append(name, value);
    }
    return body;
  }

  async request(base, where, form) {
    const answer = await fetch(`${base}${where}`, {
      method: form ? 'POST' : 'GET',
      headers: {
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        origin: base,
        'sec-fetch-site': 'same-origin',
      },
      body: form && Visitor.body(form),
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const text = await answer.text();
    if (answer.status >= 500) throw new Error(`${answer.status} ${complaint(text)}`);
    this.remember(answer);
    const location = (answer.headers.get('location') ?? '').replace(/^https?:\/\/[^/]+/, '');
    return { status: answer.status, text, location, forms: formsOf(text) };
  }

  /// Until there is an answer: not knowing is no reason to give up.
  async insist(where, form) {
    let last;
    const end = Date.now() + PATIENCE_MS_MAX;
    for (let i = 0; Date.now() < end; i += 1) {
      const bases = this.bases();
      try {
        return await this.request(bases[i % bases.length], where, form);
      } catch (error) {
        last = error;
        this.repeats += 1;
        if (i % bases.length === bases.length - 1) await pause(50);
      }
    }
    throw new Error(`no answer from ${where}`, { cause: last });
  }

  get(where) {
    return this.insist(where);
  }

  /// Sends a form of a page with what a person adds to it.
  post(form, values = {}) {
    return this.insist(form.action, { ...form, fields: { ...form.fields, ...values } });
  }

  /// CMS over the bytes by the person's own key, as NCALayer would make it.
  async sign(bytes, kind) {
    const key = path.join(this.folder, `${kind}.pem`);
    const file = path.join(this.folder, `${kind}.bytes`);
    if (!fs.existsSync(key)) {
      const p12 = path.join(this.site.state, 'demo/people', `${this.key}-${kind}.p12`);
      const pass = ['-passin', `pass:${PASSWORD}`];
      const pem = await run('openssl', ['pkcs12', '-legacy', '-in', p12, '-nodes', ...pass]);
      fs.writeFileSync(key, pem.stdout, { mode: 0o600 });
    }
    fs.writeFileSync(file, bytes);
    const how = ['-cades', '-binary', '-md', 'sha256', '-signer', key, '-inkey', key];
    const made = await run('openssl', ['cms', '-sign', ...how, '-in', file, '-outform', 'DER'], {
      encoding: 'buffer',
    });
    return made.stdout.toString('base64');
  }

  /// A challenge serves once: after a lost answer there is a new one.
  async signIn() {
    let answer;
    for (let i = 0; i < 5; i += 1) {
      const page = await this.get('/kk/login');
      const form = page.forms.find((each) => each.signs === 'login');
      if (!form) throw new Error(`no login page: ${complaint(page.text)}`);
      answer = await this.post(form, { signature: await this.sign(form.bytes, 'auth') });
      if (answer.status === 303) return;
    }
    throw new Error(`${this.key} cannot sign in: ${complaint(answer.text)}`);
  }
}

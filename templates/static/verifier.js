// Judges the QR codes of documents (stamps) and proofs of the transparency log, without a network:
// what `qyzmet receipt verify` does, with the same verdicts, in a page that may be kept and opened
// from a disk. The formats: signing/ledger/stamp.hpp, proof.hpp, note.hpp. Nothing is sent: the
// page's policy forbids every connection.
'use strict';

const BASE45 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
// As in signing/ledger and, for files, services/platform/file.hpp.
const PROOF_BYTES_MAX = 64 << 10;
const PROOF_HASHES_MAX = 64;
const RECORD_BYTES_MAX = 16 << 10;
const NOTE_BYTES_MAX = 16 << 10;
const NOTE_SIGNATURES_MAX = 32;
const NOTE_NAME_BYTES_MAX = 255;
const KEY_ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
const LOG_SIZE_MAX = 2 ** 48;
const STAMP_CHARACTERS_MAX = 3000;
const STAMP_TEXT_BYTES_MAX = 200;
const FILE_BYTES_MAX = 64 << 20;
const STAMP_FIELDS = ['service', 'document', 'number', 'date', 'person', 'office'];
const KIND = { number: 0, bytes: 2, text: 3, array: 4, map: 5, tag: 6 };
const NOTE_KEY_USE = 1;

/// Why something is not valid: the first of CHECKS that failed.
const CHECKS = {
  stamp: ['format', 'key', 'signature'],
  proof: ['format', 'key', 'signature', 'inclusion', 'document'],
};
class Refused extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}
function demand(condition, reason = 'format') {
  if (!condition) throw new Refused(reason);
}

// ---- Bytes

const utf8 = new TextEncoder();
function textOf(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused('format');
  }
}
function joined(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
function equal(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
/// Each value has one text.
function fromBase64(text) {
  let bytes;
  try {
    bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new Refused('format');
  }
  demand(base64(bytes) === text);
  return bytes;
}
function fromBase45(text) {
  demand(text.length % 3 !== 1);
  const out = [];
  for (let at = 0; at < text.length; at += 3) {
    const part = text.slice(at, at + 3);
    let value = 0;
    for (let i = part.length - 1; i >= 0; --i) {
      const digit = BASE45.indexOf(part[i]);
      demand(digit >= 0);
      value = value * 45 + digit;
    }
    demand(value <= (part.length === 3 ? 0xffff : 0xff));
    if (part.length === 3) out.push(value >> 8);
    out.push(value & 0xff);
  }
  return Uint8Array.from(out);
}
async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joined(...parts)));
}
async function isSigned(key, bytes, signature) {
  const imported = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', imported, signature, bytes);
}

// ---- CBOR, as much as is needed, in its deterministic form

function cborHead(kind, value) {
  if (value < 24) return Uint8Array.of((kind << 5) | value);
  const size = value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x100000000 ? 4 : 8;
  const out = [(kind << 5) | (24 + Math.log2(size))];
  for (let i = size - 1; i >= 0; --i) out.push(Math.floor(value / 256 ** i) % 256);
  return Uint8Array.from(out);
}
function cborBytes(bytes) {
  return joined(cborHead(KIND.bytes, bytes.length), bytes);
}
class Cbor {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  take(size) {
    demand(this.at + size <= this.bytes.length);
    const out = this.bytes.subarray(this.at, this.at + size);
    this.at += size;
    return out;
  }
  head(kind) {
    const start = this.at;
    const [first] = this.take(1);
    demand(first >> 5 === kind);
    let value = first & 31;
    if (value >= 24) {
      demand(value <= 27);
      value = this.take(2 ** (value - 24)).reduce((sum, byte) => sum * 256 + byte, 0);
    }
    demand(Number.isSafeInteger(value));
    demand(equal(cborHead(kind, value), this.bytes.subarray(start, this.at)));
    return value;
  }
  number() {
    return this.head(KIND.number);
  }
  string(kind = KIND.bytes) {
    return this.take(this.head(kind));
  }
  text(bytesMax = PROOF_BYTES_MAX) {
    const bytes = this.string(KIND.text);
    demand(bytes.length <= bytesMax);
    return textOf(bytes);
  }
  end() {
    demand(this.at === this.bytes.length);
  }
}

// ---- Keys and notes

/// "<name>+<key id in hex>+<base64 of use and key>"; null when it is none.
async function parseKey(text) {
  const match = text.trim().match(/^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/);
  if (!match) return null;
  try {
    const bytes = fromBase64(match[3]);
    const id = (await sha256(utf8.encode(`${match[1]}\n`), bytes)).subarray(0, 4);
    if (bytes.length !== 33 || bytes[0] !== NOTE_KEY_USE || hex(id) !== match[2]) return null;
    return { name: match[1], id, key: bytes.subarray(1) };
  } catch {
    return null;
  }
}
function isNoteName(name) {
  const strange = /[\u0000-\u0020\u007f+\u00a0\u2000-\u203f\u3000]/;
  return name !== '' && !strange.test(name) && utf8.encode(name).length <= NOTE_NAME_BYTES_MAX;
}
function parseNote(text) {
  const end = text.lastIndexOf('\n\n');
  demand(end > 0 && text.endsWith('\n') && end + 2 < text.length);
  demand(utf8.encode(text).length <= NOTE_BYTES_MAX);
  demand(!/[\u0000-\u0009\u000b-\u001f\u007f]/.test(text));
  const signatures = text.slice(end + 2, -1).split('\n').map((line) => {
    const match = line.match(/^\u2014 ([^ ]+) ([^ ]+)$/);
    demand(match && isNoteName(match[1]));
    const bytes = fromBase64(match[2]);
    demand(bytes.length > KEY_ID_BYTES);
    return {
      name: match[1],
      id: bytes.subarray(0, KEY_ID_BYTES),
      value: bytes.subarray(KEY_ID_BYTES),
    };
  });
  demand(signatures.length <= NOTE_SIGNATURES_MAX);
  return { text: text.slice(0, end + 1), signatures };
}
/// Of 64 bits. Beyond 2 ** 53 not exact, and then larger than any log.
function parseNumber(text) {
  demand(/^(0|[1-9][0-9]{0,19})$/.test(text) && BigInt(text) < 2n ** 64n);
  return Number(text);
}
function parseCheckpoint(text) {
  const [origin, size, root, ...more] = text.slice(0, -1).split('\n');
  demand(origin && root !== undefined && more.every((line) => line !== ''));
  const checkpoint = { origin, size: parseNumber(size), root: fromBase64(root) };
  demand(checkpoint.size <= LOG_SIZE_MAX && checkpoint.root.length === 32);
  return checkpoint;
}

// ---- Stamps

async function verifyStamp(text, key) {
  demand(text.length <= STAMP_CHARACTERS_MAX);
  const reader = new Cbor(fromBase45(text.slice(4)));
  const algorithm = Uint8Array.of(0xa1, 0x01, 0x27);
  demand(reader.head(KIND.tag) === 18 && reader.head(KIND.array) === 4);
  demand(equal(reader.string(), algorithm));
  demand(reader.head(KIND.map) === 1 && reader.number() === 4);
  const id = reader.string();
  const payload = reader.string();
  const signature = reader.string();
  reader.end();
  const fields = new Cbor(payload);
  demand(fields.head(KIND.map) === STAMP_FIELDS.length);
  const stamp = {};
  STAMP_FIELDS.forEach((name, i) => {
    demand(fields.number() === i + 1);
    stamp[name] = fields.text(STAMP_TEXT_BYTES_MAX);
  });
  fields.end();
  demand(equal(id, key.id), 'key');
  const signed = joined(
    cborHead(KIND.array, 4),
    cborHead(KIND.text, 10), utf8.encode('Signature1'),
    cborBytes(algorithm), cborBytes(new Uint8Array()), cborBytes(payload),
  );
  demand(await isSigned(key.key, signed, signature), 'signature');
  return { stamp };
}

// ---- Proofs

/// RFC 9162, 2.1.3.2; null when no tree of that size has such a proof.
async function rootByInclusion(record, index, size, hashes) {
  if (index >= size) return null;
  const node = (left, right) => sha256(Uint8Array.of(1), left, right);
  let root = await sha256(Uint8Array.of(0), await sha256(record));
  let at = index;
  let last = size - 1;
  const half = (value) => Math.floor(value / 2);
  for (const sibling of hashes) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      root = await node(sibling, root);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      root = await node(root, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 ? root : null;
}

function parseProof(text) {
  demand(utf8.encode(text).length <= PROOF_BYTES_MAX);
  const lines = text.split('\n');
  demand(lines.shift() === 'c2sp.org/tlog-proof@v1');
  demand(lines[0]?.startsWith('extra ') && lines[1]?.startsWith('index '));
  const record = fromBase64(lines.shift().slice(6));
  demand(record.length > 0 && record.length <= RECORD_BYTES_MAX);
  const index = parseNumber(lines.shift().slice(6));
  const end = lines.indexOf('');
  demand(end >= 0 && end <= PROOF_HASHES_MAX);
  const hashes = lines.slice(0, end).map(fromBase64);
  demand(hashes.every((hash) => hash.length === 32));
  return { record, index, hashes, note: lines.slice(end + 1).join('\n') };
}

/// The root is not in the code: it follows from the hashes.
async function parseCompact(text) {
  demand(text.length <= PROOF_BYTES_MAX);
  const reader = new Cbor(fromBase45(text.slice(4)));
  demand(reader.head(KIND.array) === 6);
  const origin = reader.text();
  const size = reader.number();
  const signature = reader.string();
  const index = reader.number();
  const count = reader.head(KIND.array);
  demand(count <= PROOF_HASHES_MAX);
  const hashes = [];
  while (hashes.length < count) hashes.push(reader.string());
  const record = utf8.encode(reader.text(RECORD_BYTES_MAX));
  reader.end();
  demand(record.length > 0 && isNoteName(origin) && size <= LOG_SIZE_MAX);
  demand(signature.length === KEY_ID_BYTES + SIGNATURE_BYTES);
  demand(hashes.every((hash) => hash.length === 32));
  const root = await rootByInclusion(record, index, size, hashes);
  demand(root);
  const checkpoint = `${origin}\n${size}\n${base64(root)}\n`;
  return { record, index, hashes, note: `${checkpoint}\n\u2014 ${origin} ${base64(signature)}\n` };
}

/// What db/ledger.hpp says of a record, as far as it is told here.
function parseEvent(record) {
  let event;
  try {
    event = JSON.parse(textOf(record));
  } catch {
    throw new Refused('format');
  }
  const hasTexts = (each, ...names) =>
    Object(each) === each && names.every((name) => typeof each[name] === 'string');
  demand(hasTexts(event, 'number', 'at', 'recorded_at') && 'step' in event);
  demand(Array.isArray(event.documents));
  demand(event.documents.every((each) => hasTexts(each, 'code', 'sha256')));
  return event;
}

async function verifyProof(proof, key, file) {
  const note = parseNote(proof.note);
  const checkpoint = parseCheckpoint(note.text);
  const ours = note.signatures.filter(
    (each) => each.name === key.name && equal(each.id, key.id),
  );
  demand(checkpoint.origin === key.name && ours.length > 0, 'key');
  const judged = await Promise.all(
    ours.map((each) => isSigned(key.key, utf8.encode(note.text), each.value)),
  );
  demand(judged.includes(true), 'signature');
  const { record, index, hashes } = proof;
  const root = await rootByInclusion(record, index, checkpoint.size, hashes);
  demand(root && equal(root, checkpoint.root), 'inclusion');
  const event = parseEvent(record);
  if (file) {
    const digest = hex(await sha256(file));
    demand(event.documents.some((each) => each.sha256 === digest), 'document');
  }
  return { event, index, size: checkpoint.size, origin: checkpoint.origin };
}

/// As people hand it on: wrapped by a mail program, with the ends of lines of another system.
function tidied(text) {
  const inner = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  if (/^KZ[1L]:/.test(inner)) return inner.replace(/[\t\r\n]/g, '');
  return `${inner.replace(/\r\n/g, '\n')}\n`;
}
function kindOf(text) {
  return text.startsWith('KZ1:') ? 'stamp' : 'proof';
}

/// What a tidied text is worth: {kind, reason} or {kind} with what it says. `file`: bytes that a
/// proof must name, or null; a stamp stands inside its document and cannot name it.
async function verify(text, key, file) {
  const kind = kindOf(text);
  try {
    if (kind === 'stamp') return { ...(await verifyStamp(text, key)), kind };
    const proof = text.startsWith('KZL:') ? await parseCompact(text) : parseProof(text);
    return { ...(await verifyProof(proof, key, file)), kind };
  } catch (error) {
    if (error instanceof Refused) return { kind, reason: error.reason };
    throw error;
  }
}

/// The text in a file: a proof, or a PDF of the office, which has the text of its QR code among its
/// keywords; "" when there is none.
function textIn(bytes) {
  const latin = new TextDecoder('latin1').decode(bytes);
  if (!latin.startsWith('%PDF-')) return textOf(bytes);
  return latin.match(/\/Keywords \((KZ[1L]:[0-9A-Z $%*+\-./:]+)\)/)?.[1] ?? '';
}

/// Under which digest the portal keeps a PDF of the office: that of the file with the room for its
/// signature empty, as it was before anybody signed. "" of a file without such a room.
async function paperDigest(bytes) {
  const latin = new TextDecoder('latin1').decode(bytes);
  const digits = latin.lastIndexOf('/Contents <') + 11;
  const end = latin.indexOf('>', digits);
  if (digits < 11 || end < 0 || !/^[0-9a-fA-F]+$/.test(latin.slice(digits, end))) return '';
  return hex(await sha256(bytes.slice().fill(0x30, digits, end)));
}

// ---- The page

const TEXTS = JSON.parse(document.getElementById('texts').textContent);
const LANGUAGES = Object.keys(TEXTS);
const PORTAL = document.querySelector('main').dataset.portal;
const byId = (id) => document.getElementById(id);
let language = 'kk';
let shown = null; // the last verdict, for another language

function text(key, values = {}) {
  const found = TEXTS[language][key] ?? key;
  return found.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
function speak(wanted) {
  language = wanted;
  document.documentElement.lang = wanted;
  document.title = text('verifier.title');
  for (const element of document.querySelectorAll('[data-text]'))
    element.textContent = text(element.dataset.text);
  for (const button of document.querySelectorAll('[data-language]'))
    button.setAttribute('aria-pressed', String(button.dataset.language === wanted));
  if (shown) show(shown);
}

function element(name, ...content) {
  const out = document.createElement(name);
  out.append(...content);
  return out;
}
function day(iso) {
  return iso.replace(/^(\d{4})-(\d{2})-(\d{2})$/, '$3.$2.$1');
}
/// In the legal zone, as everywhere in the portal: 02.12.2026 10:15.
function moment(iso) {
  const at = new Date(Date.parse(iso) + 5 * 3600e3);
  if (Number.isNaN(at.getTime())) return iso;
  const [date, time] = at.toISOString().split('T');
  return `${day(date)} ${time.slice(0, 5)}`;
}
function paper(code) {
  return TEXTS[language][`paper.${code}`] ?? code;
}
function rowsOf(verdict) {
  if (verdict.kind === 'stamp') {
    const shownAs = { document: paper, date: day };
    return STAMP_FIELDS.map((name) => [
      name,
      shownAs[name]?.(verdict.stamp[name]) ?? verdict.stamp[name],
    ]);
  }
  const { event, index, size, origin } = verdict;
  const files = event.documents.map((each) =>
    element('div', paper(each.code), element('code', each.sha256)));
  return [
    ['number', event.number],
    ['step', String(event.step)],
    ['happened', moment(event.at)],
    ['recorded', moment(event.recorded_at)],
    ['entry', text('receipt.verify.entry.value', { index: index + 1, size, origin })],
    ...(files.length ? [['files', ...files]] : []),
  ];
}

/// One line for each check, in their order: those before the one that failed have passed.
function checksOf({ kind, reason, withFile }) {
  const names = CHECKS[kind];
  const reached = reason ? names.indexOf(reason) : names.length;
  const items = names.map((name, i) => {
    let state = i < reached ? 'passed' : i === reached ? 'failed' : 'open';
    if (name === 'document' && !withFile) state = 'open';
    const item = element(
      'li',
      element('b', text(`verifier.state.${state}`)),
      element('span', text(`verifier.check.${name}`)),
    );
    item.dataset.state = state;
    return item;
  });
  const list = element('ul', ...items);
  list.className = 'checks';
  return [element('h3', text('verifier.checks')), list];
}
function detailsOf(verdict) {
  const rows = rowsOf(verdict).map(([name, ...value]) =>
    element('div', element('dt', text(`receipt.verify.${name}`)), element('dd', ...value)));
  const out = [element('dl', ...rows)];
  const say = (key) => out.push(element('p', text(key)));
  if (verdict.kind === 'stamp') say('receipt.verify.compare');
  if (verdict.kind === 'stamp' && verdict.withFile) say('verifier.file_not_judged');
  if (verdict.kind === 'proof' && verdict.withFile) say('receipt.verify.file_named');
  if (verdict.fromPdf) say('receipt.verify.pdf');
  if (verdict.paper) {
    const link = element('a', text('verifier.signatures'));
    link.href = `${PORTAL}/${language}/signatures/${verdict.paper}`;
    out.push(element('p', link, ' ', text('verifier.signatures.hint')));
  }
  return out;
}
function contentOf(verdict) {
  if (verdict.problem) return [element('h2', text(verdict.problem))];
  const { kind, reason } = verdict;
  if (!reason)
    return [
      element('h2', text(`receipt.verify.valid.${kind}`)),
      ...detailsOf(verdict),
      ...checksOf(verdict),
    ];
  return [
    element('h2', text('receipt.verify.not_valid')),
    element('p', text(`receipt.verify.reason.${reason}`)),
    ...checksOf(verdict),
  ];
}
function show(verdict) {
  shown = verdict;
  const box = byId('verdict');
  box.hidden = false;
  box.dataset.verdict = verdict.reason ? 'refused' : verdict.problem ? 'problem' : 'valid';
  box.dataset.reason = verdict.reason ?? verdict.problem ?? '';
  box.replaceChildren(...contentOf(verdict));
}

/// What the person can mend: the key of a text.
class Problem extends Error {
  constructor(key) {
    super(key);
    this.key = key;
  }
}
function expect(condition, key) {
  if (!condition) throw new Problem(key);
}
async function bytesOf(id) {
  const [file] = byId(id).files;
  if (!file) return null;
  expect(file.size <= FILE_BYTES_MAX, 'verifier.too_large');
  const bytes = await file.arrayBuffer().catch(() => null);
  expect(bytes?.byteLength > 0, 'verifier.unreadable');
  return new Uint8Array(bytes);
}
async function judge() {
  const key = await parseKey(byId('key').value);
  expect(key, 'verifier.no_key');
  const typed = byId('code').value.trim();
  const [source, file] = [await bytesOf('file'), await bytesOf('document')];
  expect(typed || source, 'verifier.nothing');
  expect(!typed || !source, 'verifier.both');
  const extra = { withFile: file !== null, fromPdf: false, paper: '' };
  if (!source) return { ...(await verify(tidied(typed), key, file)), ...extra };
  let held;
  try {
    held = textIn(source);
  } catch {
    return { kind: 'proof', reason: 'format', ...extra };
  }
  extra.fromPdf = held.startsWith('KZ') && source[0] === '%'.charCodeAt(0);
  if (extra.fromPdf) extra.paper = await paperDigest(source);
  return { ...(await verify(tidied(held), key, file)), ...extra };
}

/// Whether this browser can verify at all: Ed25519 is younger than most of WebCrypto, which an
/// address without https lacks.
async function isAble() {
  try {
    await isSigned(new Uint8Array(32).fill(1, 0, 1), new Uint8Array(), new Uint8Array(64));
    return true;
  } catch {
    return false;
  }
}
async function answer() {
  if (!(await isAble())) return { problem: 'verifier.browser' };
  try {
    return await judge();
  } catch (error) {
    if (error instanceof Problem) return { problem: error.key };
    throw error;
  }
}

function start() {
  byId('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    show(await answer());
    byId('verdict').focus();
  });
  for (const button of document.querySelectorAll('[data-language]'))
    button.addEventListener('click', () => speak(button.dataset.language));
  const wanted = [location.hash.slice(1), ...navigator.languages].map((each) => each.slice(0, 2));
  speak(wanted.find((each) => LANGUAGES.includes(each)) ?? 'kk');
  byId('verdict').hidden = true; // a page may have been saved with one
  byId('app').hidden = false;
  isAble().then((able) => able || show({ problem: 'verifier.browser' }));
}
start();

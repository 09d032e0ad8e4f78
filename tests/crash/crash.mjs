// Kills the server and PostgreSQL under a small load and holds what is left against what was
// acknowledged: no application lost or doubled, no timer fired twice, every effect delivered. Then
// the same at every named failpoint, and with mutants that must turn the oracle red.
//   node crash.mjs [--server-kills N] [--database-kills N] [--freezes N] [--all-statements]
//                  [--programs DIR] [--seed N] [--only TEXT]
// Two server processes work on one database: one of them is the victim. Prints TAP; the last line
// is "# N passed, N failed, N skipped".
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root, startSite } from '../browser/site.mjs';
import { Citizen, Ledger, Registrar } from './citizen.mjs';
import { Oracle } from './oracle.mjs';
import * as rig from './rig.mjs';
import { MUTANTS, damagedNeighbour, lateTwin, slowWriter, zombieWorker } from './scenes.mjs';
import { pause } from './web.mjs';

const { values: options } = parseArgs({
  options: {
    'server-kills': { type: 'string', default: '40' },
    'database-kills': { type: 'string', default: '20' },
    freezes: { type: 'string', default: '5' },
    'all-statements': { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    programs: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1000000) },
  },
});

const PEOPLE = [
  { key: 'arman', patience: 0, place: 0, subtype: 'dismissed' },
  { key: 'bauyrzhan', patience: 4, place: 1, subtype: 'dismissed' },
  { key: 'yermek', patience: 0, place: 1, subtype: 'lost_damaged' },
  { key: 'aigul', patience: 6, place: 0, subtype: 'dismissed' },
];
const DEATH_MS_MAX = 60000;
// The slowest work is done so often by both processes: the victim may always come second.
const BEAT_MS = 12000;
const LEAST = { applications: 30, timers: 15, repeats: 20, registered: 1, stamped: 3 };
// Writing statements of the way of an application; in soaks, all that the load ever reached.
const STATEMENTS = ['store_document', 'store_signature', 'start_case', 'write_step', 'append_log'];
const COMMITTED = [
  ...['claim_outbox', 'send_notice', 'mark_delivered', 'create_draft', 'save_draft'],
  ...['keep_list', 'keep_archive', 'claim_log_timestamp', 'keep_log_timestamp'],
];
const EARLY = 'sql.'; // every statement: let the start of the server pass

// A small generator, so that a seed plays the same kills again.
let state = Number(options.seed) || 1;
function random() {
  state = (state * 1103515245 + 12345) % 2147483648;
  return state / 2147483648;
}

const counts = { passed: 0, failed: 0 };
async function test(name, play) {
  if (!name.includes(options.only)) return;
  const since = Date.now();
  let failure;
  try {
    await play();
    counts.passed += 1;
  } catch (error) {
    failure = error;
    counts.failed += 1;
  }
  const seconds = ((Date.now() - since) / 1000).toFixed(1);
  const number = counts.passed + counts.failed;
  console.log(`${failure ? 'not ok' : 'ok'} ${number} - ${name} (${seconds} s)`);
  if (failure) console.log(String(failure.stack ?? failure).replace(/^/gm, '  # '));
}

/// The site, the victim and the people, with everything that watches them.
class Bench {
  constructor(site) {
    this.site = site;
    this.ledger = new Ledger();
    this.oracle = new Oracle(site, this.ledger);
    this.first = new rig.First(site);
    this.victim = new rig.Victim(site);
    this.deaths = 0;
    // The victim is asked first; what it does not answer goes to the other process.
    const bases = () => [this.victim.url, site.url];
    this.citizens = PEOPLE.map((who) => new Citizen(site, who.key, bases, this.ledger, who));
    const patient = this.citizens.filter((citizen) => citizen.patience && !citizen.place);
    this.registrar = new Registrar(site, 'registrar', bases, this.ledger, patient);
    this.clock = new rig.Clock(site, () => [site.url], this.ledger);
    this.workers = [...this.citizens, this.registrar];
  }

  async begin() {
    await this.victim.start();
    for (const worker of this.workers) await worker.signIn();
    this.load();
  }

  load() {
    for (const worker of this.workers) worker.start();
  }

  async stopLoad() {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }

  async killVictim() {
    await this.victim.kill();
    this.deaths += 1;
    await rig.endLeases(this.site);
  }

  async expectSound() {
    assert.deepEqual(await this.oracle.faults(), []);
  }

  /// After a scene, however it went.
  async tidyUp() {
    this.first.thaw();
    await this.victim.kill();
    await rig.endLeases(this.site);
  }

  async close() {
    this.first.thaw();
    for (const worker of this.workers) worker.stopped = true;
    await this.victim.kill();
  }
}

async function killServer(bench) {
  for (let i = 0; i < Number(options['server-kills']); i += 1) {
    if (!bench.victim.alive()) await bench.victim.start();
    const moved = bench.clock.nextDay();
    await pause(50 + random() * 1450);
    await bench.killVictim();
    await moved;
    if (i % 10 === 9) await bench.expectSound();
  }
  await bench.victim.start();
  await bench.expectSound();
}

async function killDatabases(bench) {
  for (let i = 0; i < Number(options['database-kills']); i += 1) {
    const moved = bench.clock.nextDay();
    await pause(100 + random() * 1200);
    await rig.killDatabase(bench.site, { alone: i % 4 === 3 });
    await rig.endLeases(bench.site);
    await moved;
    if (i % 5 === 4) await bench.expectSound();
  }
  await bench.expectSound();
}

/// A process that stands still wakes up with leases and readings of long ago.
async function freeze(bench) {
  for (let i = 0; i < Number(options.freezes); i += 1) {
    await pause(200 + random() * 800);
    bench.victim.signal('SIGSTOP');
    await pause(300);
    await rig.endLeases(bench.site);
    await pause(700);
    bench.victim.signal('SIGCONT');
  }
  await bench.expectSound();
}

/// The authority is silent until an application came without its timestamp. Who is started then
/// asks for it at once, unless the other process was sooner.
async function oweTimestamp({ site, clock }) {
  const authority = (fault) =>
    fetch(`${site.pki}/tsa/control`, { method: 'POST', body: new URLSearchParams({ fault }) });
  const owed = 'select count(*) from signature_timestamp where token is null';
  await authority('unavailable');
  try {
    const came = await rig.until(async () => (await rig.sql(site, owed)) !== '0', DEATH_MS_MAX);
    assert.ok(came, 'no timestamp is owed');
    await clock.nextDay();
  } finally {
    await authority('none');
  }
}

/// A server that dies exactly there, under load.
async function dieAt(bench, name) {
  const { victim, first, clock } = bench;
  const nth = name.startsWith(EARLY) ? 200 + Math.floor(random() * 400) : 1;
  const owed = name === 'owed_timestamp_answered';
  const start = async () => {
    await victim.kill();
    if (owed) await oweTimestamp(bench);
    await victim.start({ failpoint: `${name}:${nth}=kill` });
  };
  await start();
  // Whoever moves the clock sees what is due before others do.
  if (name === 'timers_read') clock.bases = () => [victim.url, bench.site.url];
  let since = Date.now();
  const end = since + DEATH_MS_MAX;
  while (victim.alive() && Date.now() < end) {
    if (name === 'timers_read') first.freeze();
    const moved = clock.nextDay();
    await rig.until(() => !victim.alive(), 1500);
    first.thaw();
    await moved;
    if (victim.alive() && (owed || Date.now() - since > BEAT_MS)) {
      await start();
      since = Date.now();
    }
  }
  clock.bases = () => [bench.site.url];
  const died = !victim.alive() && victim.diedAt(name);
  await bench.killVictim();
  assert.ok(died, `no process ended at ${name}`);
  await bench.expectSound();
}

/// All names in the sources, but for those of statements, which are composed.
function namedFailpoints() {
  const names = new Set();
  for (const folder of ['db', 'engine', 'services'])
    for (const file of fs.readdirSync(path.join(root, folder), { recursive: true })) {
      if (!file.endsWith('.cpp')) continue;
      const text = fs.readFileSync(path.join(root, folder, file), 'utf8');
      for (const [, name] of text.matchAll(/\bfailpoint\("([a-z_.]+)"\)/g)) names.add(name);
    }
  return [...names].sort();
}

function failpoints(bench) {
  const named = namedFailpoints().filter((name) => !name.startsWith('migrate.'));
  const around = (statement) => ['before', 'sent', 'committed'].map((at) => `${statement}.${at}`);
  const statements = options['all-statements']
    ? [...bench.victim.reached].filter((name) => /^(?!sql)\w+\.(before|sent|committed)$/.test(name))
    : [...STATEMENTS.flatMap(around), ...COMMITTED.map((statement) => `${statement}.committed`)];
  return [...new Set([...named, ...statements])];
}

/// A migration that dies is not there at all, and the next one is whole.
async function dieInMigration(bench) {
  await rig.sql(bench.site, 'create database migrated', 'postgres');
  const dsn = `host=${path.join(bench.site.state, 'database/run')} user=app dbname=migrated`;
  const points = new rig.FailpointLog(bench.site);
  const args = ['migrate', '--mode', 'demo'];
  const environment = { QYZMET_DATABASE_URL: dsn };
  for (const nth of [1, 2]) {
    const dead = await rig.qyzmet(bench.site, args, {
      ...environment,
      ...points.environment(`migrate.recorded:${nth}=kill`),
    });
    assert.equal(dead.signal, 'SIGKILL');
    assert.ok(points.has('migrate.recorded kill'));
  }
  const whole = await rig.qyzmet(bench.site, args, environment);
  assert.equal(whole.code, 0, whole.stderr);
  const again = await rig.qyzmet(bench.site, args, environment);
  assert.equal(again.code, 0, again.stderr);
}

async function crashes(bench) {
  await test(`${options['server-kills']} kills of the server lose and double nothing`, () =>
    killServer(bench));
  await test(`${options['database-kills']} kills of PostgreSQL lose and double nothing`, () =>
    killDatabases(bench));
  await test(`${options.freezes} long sleeps of a server lose and double nothing`, () =>
    freeze(bench));
  for (const name of failpoints(bench))
    await test(`death at ${name} loses and doubles nothing`, () => dieAt(bench, name));
  await test('a migration that dies leaves nothing behind', () => dieInMigration(bench));
  await bench.stopLoad();
  await test('in the end every history is whole, every effect delivered, no timer late', async () =>
    assert.deepEqual(await bench.oracle.all(), []));
}

function expectLoad(bench) {
  const applications = bench.ledger.acknowledged().length;
  const repeats = bench.workers.reduce((sum, worker) => sum + worker.repeats, 0);
  const timers = bench.oracle.verdict?.timers ?? 0;
  const registered = bench.ledger.registered.size;
  const stamped = bench.oracle.verdict?.timestamps ?? 0;
  console.log(
    `  # ${bench.deaths} deaths of servers; ${applications} applications acknowledged, ` +
      `${bench.ledger.withdrawn.size} withdrawn, ${registered} registered; ` +
      `${repeats} requests repeated; ${timers} timers fired, the clock moved ` +
      `${bench.ledger.moves} days; ${bench.oracle.verdict?.events} events, the log stamped ` +
      `${stamped} times`,
  );
  for (const worker of bench.workers)
    for (const [text, times] of worker.failures)
      console.log(`  # ${worker.key}, ${times} times: ${text}`);
  const seen = { applications, timers, repeats, registered, stamped };
  const few = Object.keys(LEAST).filter((name) => seen[name] < LEAST[name]);
  assert.deepEqual(few, [], 'the load was too small to prove anything');
}

async function scenes(bench) {
  const [twin, worker, writer, early] = bench.citizens;
  for (const citizen of bench.citizens) citizen.bases = () => [bench.site.url];
  await test('all that the crashes left is tidied up', () => bench.tidyUp());
  const sound = async (scene, ...people) => {
    await scene(bench, ...people).finally(() => bench.tidyUp());
    assert.deepEqual(await bench.oracle.all(), []);
  };
  await test('a late twin of an application gets the answer of the first', () =>
    sound(lateTwin, twin));
  await test('a worker whose lease went to another is refused', () => sound(zombieWorker, worker));
  await test('a writer who slept over the case fires no timer again', () =>
    sound(slowWriter, writer));
  await test('a damaged case holds no timer of others back', () =>
    sound(damagedNeighbour, early, worker));
  for (const [index, mutant] of MUTANTS.entries())
    await test(`mutant: ${mutant.name} turns the oracle red`, async () => {
      const play = mutant.play(bench, [twin, worker, early, writer][index]);
      await play.finally(() => bench.tidyUp());
      const found = [...(await bench.oracle.faults()), ...(await bench.oracle.historyFaults())];
      assert.ok(
        found.some((fault) => mutant.red.test(fault)),
        `the oracle says ${JSON.stringify(found)}`,
      );
    });
}

async function main() {
  console.log('TAP version 13');
  console.log(`# seed ${options.seed}`);
  // The same durability, but the whole disk is flushed at once after a crash, not file by file.
  process.env.PG_OPTIONS = '-c recovery_init_sync_method=syncfs';
  const site = await startSite({ programs: options.programs });
  const bench = new Bench(site);
  try {
    await bench.begin();
    await crashes(bench);
    await test('the load was large enough to prove something', () => expectLoad(bench));
    await scenes(bench);
  } finally {
    await bench.close();
    if (counts.failed) {
      for (const name of ['server', 'victim']) {
        const log = fs.readFileSync(path.join(site.state, `logs/${name}.log`), 'utf8');
        const bad = log.split('\n').filter((line) => /"(warning|error)"/.test(line));
        console.log(bad.slice(-12).join('\n').replace(/^/gm, `  # ${name}: `));
      }
    }
    await site.stop();
  }
  console.log(`# ${counts.passed} passed, ${counts.failed} failed, 0 skipped`);
  process.exitCode = counts.failed ? 1 : 0;
}

await main();

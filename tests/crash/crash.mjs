// Kills the server and PostgreSQL under a small load and holds what is left against what was
// acknowledged: no application lost or doubled, histories without gaps, no timer fired twice.
//   node crash.mjs [--server-kills N] [--database-kills N] [--programs DIR] [--seed N]
// Two server processes work on one database: one of them is the victim. The last line is
// "# N passed, N failed, N skipped".
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root, startSite } from '../browser/site.mjs';
import { Citizen } from './citizen.mjs';

const { values: options } = parseArgs({
  options: {
    'server-kills': { type: 'string', default: '40' },
    'database-kills': { type: 'string', default: '20' },
    programs: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1000000) },
  },
});

const CITIZENS = ['arman', 'bauyrzhan', 'yermek', 'aigul'];
const READY_MS_MAX = 30000;

// A small generator, so that a seed plays the same kills again.
let state = Number(options.seed) || 1;
function random() {
  state = (state * 1103515245 + 12345) % 2147483648;
  return state / 2147483648;
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/// The second server process, which is killed again and again.
class Victim {
  constructor(site) {
    this.site = site;
    this.port = site.port + 1;
    this.url = `http://127.0.0.1:${this.port}`;
    this.log = fs.openSync(path.join(site.state, 'logs/victim.log'), 'a');
  }

  async start(failpoint) {
    const asRoot = process.getuid() === 0;
    const program = path.join(this.site.state, 'bin/qyzmet');
    const environment = {
      ...process.env,
      QYZMET_CONFIG: path.join(this.site.state, 'server/qyzmet.conf'),
      QYZMET_LISTEN_PORT: String(this.port),
      QYZMET_PUBLIC_URL: this.url,
      ...(failpoint ? { FAILPOINT: failpoint } : {}),
      FAILPOINT_LOG: path.join(this.site.state, 'server/failpoints.log'),
    };
    const command = asRoot
      ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', program, 'serve']
      : [program, 'serve'];
    this.child = spawn(command[0], command.slice(1), {
      env: environment,
      cwd: path.join(this.site.state, 'server'),
      stdio: ['ignore', this.log, this.log],
    });
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
    await this.ready();
  }

  async ready() {
    const until = Date.now() + READY_MS_MAX;
    while (Date.now() < until) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) return;
      const answer = await fetch(`${this.url}/ready`).catch(() => null);
      if (answer?.ok) return;
      await pause(50);
    }
    throw new Error('the server does not become ready');
  }

  alive() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async kill() {
    if (this.alive()) this.child.kill('SIGKILL');
    await this.ended;
  }
}

/// kill -9 of the postmaster and all its children at once; a child left alone may still commit.
async function killDatabase(site) {
  const folder = path.join(site.state, 'database');
  const postmaster = Number(
    fs.readFileSync(path.join(folder, 'data/postmaster.pid'), 'utf8').split('\n')[0],
  );
  const children = fs
    .readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map(Number);
  for (const pid of [postmaster, ...children]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      /* it has ended by itself */
    }
  }
  await pause(100);
  execFileSync(path.join(root, 'db/cluster.sh'), ['start', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function sql(site, query) {
  const socket = path.join(site.state, 'database/run');
  const user = process.getuid() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  const command = [...user, 'psql', '-h', socket, '-U', 'app', '-d', 'qyzmet', '-qAt', '-c', query];
  return execFileSync(command[0], command.slice(1), { encoding: 'utf8', cwd: '/' }).trim();
}

/// The oracle: what was acknowledged against what is there.
function faults(site, citizens) {
  const found = [];
  const acknowledged = citizens.flatMap((citizen) => citizen.acknowledged);
  const stored = sql(site, 'select number from cases order by number').split('\n').filter(Boolean);
  const known = new Set(stored);
  for (const number of acknowledged) if (!known.has(number)) found.push(`lost: ${number}`);
  const twice = acknowledged.filter((number, at) => acknowledged.indexOf(number) !== at);
  found.push(...twice.map((number) => `answered twice: ${number}`));
  const doubled = sql(
    site,
    `select sha256 from case_document where code = 'application'
    group by sha256 having count(*) > 1`,
  );
  if (doubled) found.push(`doubled applications: ${doubled}`);
  const sent = new Set(citizens.flatMap((citizen) => citizen.sent));
  if (stored.length > sent.size) found.push(`${stored.length} cases of ${sent.size} applications`);
  const check = path.join(site.state, 'bin/qyzmet');
  const user = process.getuid() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  const command = [
    ...user,
    check,
    'log',
    'check',
    '--config',
    path.join(site.state, 'server/qyzmet.conf'),
  ];
  try {
    execFileSync(command[0], command.slice(1), { encoding: 'utf8', cwd: '/' });
  } catch (error) {
    found.push(`log check: ${error.stdout}`);
  }
  return found;
}

/// All names of failpoints on the path of a request or of the background work.
function failpointNames() {
  const names = new Set();
  const folders = ['services/casework', 'services/work'];
  for (const folder of folders)
    for (const file of fs.readdirSync(path.join(root, folder)))
      for (const match of fs
        .readFileSync(path.join(root, folder, file), 'utf8')
        .matchAll(/failpoint\("([a-z_.]+)"\)/g))
        names.add(match[1]);
  return [...names].sort();
}

const counts = { passed: 0, failed: 0 };
async function test(name, play) {
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
  console.log(`${failure ? 'not ok' : 'ok'} - ${name} (${seconds} s)`);
  if (failure) console.log(String(failure.stack ?? failure).replace(/^/gm, '  # '));
}

function expectSound(site, citizens) {
  assert.deepEqual(faults(site, citizens), []);
}

async function killServer(site, victim, citizens) {
  for (let i = 0; i < Number(options['server-kills']); i += 1) {
    await victim.start();
    await pause(50 + random() * 1500);
    await victim.kill();
  }
  await victim.start();
  await Promise.all(citizens.map((citizen) => citizen.settle()));
  expectSound(site, citizens);
}

async function killDatabases(site, victim, citizens) {
  for (let i = 0; i < Number(options['database-kills']); i += 1) {
    await pause(100 + random() * 1200);
    await killDatabase(site);
  }
  await Promise.all(citizens.map((citizen) => citizen.settle()));
  expectSound(site, citizens);
}

/// A server that dies exactly at the point; then another one takes over.
async function dieAt(site, victim, citizens, failpoint) {
  if (victim.alive()) await victim.kill();
  await victim.start(`${failpoint}:2=kill`);
  const until = Date.now() + 30000;
  while (victim.alive() && Date.now() < until) await pause(50);
  const died = !victim.alive();
  await victim.kill();
  await victim.start();
  await Promise.all(citizens.map((citizen) => citizen.settle()));
  expectSound(site, citizens);
  assert.ok(died, `the failpoint ${failpoint} was never reached`);
}

async function main() {
  console.log(`# seed ${options.seed}`);
  const site = await startSite({ programs: options.programs });
  const victim = new Victim(site);
  const citizens = CITIZENS.map((key) => new Citizen(site, victim, key));
  try {
    await victim.start();
    await victim.kill();
    await victim.start();
    for (const citizen of citizens) await citizen.signIn();
    const load = citizens.map((citizen) => citizen.run());
    await test(`${options['server-kills']} kills of the server`, () =>
      killServer(site, victim, citizens));
    await test(`${options['database-kills']} kills of PostgreSQL`, () =>
      killDatabases(site, victim, citizens));
    for (const name of [...failpointNames(), 'start_case.committed', 'write_step.committed'])
      await test(`death at ${name}`, () => dieAt(site, victim, citizens, name));
    for (const citizen of citizens) citizen.stop();
    await Promise.all(load);
    await test('everything that was acknowledged is there, once', () =>
      expectSound(site, citizens));
    const all = citizens.reduce((sum, citizen) => sum + citizen.acknowledged.length, 0);
    const retried = citizens.reduce((sum, citizen) => sum + citizen.retries, 0);
    console.log(`# ${all} applications acknowledged, ${retried} requests repeated`);
    assert.ok(all > 0, 'nothing was acknowledged: the run proves nothing');
  } finally {
    for (const citizen of citizens) citizen.stop();
    if (victim.child) await victim.kill();
    if (counts.failed || !citizens.some((citizen) => citizen.acknowledged.length)) {
      const log = fs.readFileSync(path.join(site.state, 'logs/victim.log'), 'utf8');
      console.log(log.split('\n').slice(-12).join('\n').replace(/^/gm, '  # '));
      for (const citizen of citizens) console.log(`  # ${citizen.key}: ${citizen.lastFailure}`);
    }
    await site.stop();
  }
  console.log(`# ${counts.passed} passed, ${counts.failed} failed, 0 skipped`);
  process.exitCode = counts.failed ? 1 : 0;
}

await main();

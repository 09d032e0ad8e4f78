// What is killed, and how: a server process of our own beside the one that ./run started, and
// PostgreSQL with its children. Also the short ways into the database that only a test may take.
import { execFile, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../browser/site.mjs';
import { Visitor, pause } from './web.mjs';

const READY_MS_MAX = 60000;
const run = promisify(execFile);

/// Everything of the installation runs as the database's own user when we are root.
const asOwner = process.getuid() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
function asServer(command) {
  if (process.getuid() !== 0) return command;
  return ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', ...command];
}

/// Until `holds` answers something; null when the time is over.
export async function until(holds, msMax) {
  const end = Date.now() + msMax;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > end) return null;
    await pause(20);
  }
}

/// One value of SQL, as JSON.
export async function sql(site, query, database = 'qyzmet') {
  const socket = path.join(site.state, 'database/run');
  const to = ['-h', socket, '-U', 'app', '-d', database];
  const command = [...asOwner, 'psql', ...to, '-qAtX', '-v', 'ON_ERROR_STOP=1', '-c', query];
  const { stdout } = await run(command[0], command.slice(1), { cwd: '/', maxBuffer: 1 << 26 });
  const text = stdout.trim();
  return /^[[{]/.test(text) ? JSON.parse(text) : text;
}

/// A subcommand of the program; the output comes whatever the exit code.
export async function qyzmet(site, args, environment = {}) {
  const program = path.join(site.state, 'bin/qyzmet');
  const command = asServer([program, ...args]);
  const env = { ...process.env, QYZMET_CONFIG: path.join(site.state, 'server/qyzmet.conf') };
  const options = { env: { ...env, ...environment }, cwd: path.join(site.state, 'server') };
  try {
    const { stdout } = await run(command[0], command.slice(1), { ...options, maxBuffer: 1 << 26 });
    return { stdout, code: 0 };
  } catch (error) {
    return { stdout: error.stdout, stderr: error.stderr, code: error.code, signal: error.signal };
  }
}

/// Nobody waits half a minute for the leases of the dead; a living worker loses its own as well.
export function endLeases(site) {
  return sql(site, "update outbox set ready_at = clock_timestamp() where status = 'leased'");
}

let points = 0;

/// Names that a process left in its log of failpoints.
export class FailpointLog {
  constructor(site) {
    points += 1;
    this.file = path.join(site.state, 'server', `failpoints-${points}.log`);
    this.gate = path.join(site.state, 'server', `release-${points}`);
  }

  environment(failpoint) {
    return {
      FAILPOINT_LOG: this.file,
      FAILPOINT_RELEASE: this.gate,
      ...(failpoint ? { FAILPOINT: failpoint } : {}),
    };
  }

  lines() {
    return fs.existsSync(this.file) ? fs.readFileSync(this.file, 'utf8').split('\n') : [];
  }

  has(line) {
    return this.lines().includes(line);
  }

  /// Lets those go on who are held.
  release() {
    fs.writeFileSync(this.gate, '');
  }
}

/// The second server process, which is killed again and again.
export class Victim {
  constructor(site) {
    this.site = site;
    this.port = site.port + 1;
    this.url = `http://127.0.0.1:${this.port}`;
    this.log = fs.openSync(path.join(site.state, 'logs/victim.log'), 'a');
    this.reached = new Set(); // names of failpoints, of all lives
  }

  /// Comes back when the process is ready, or has ended.
  async start({ failpoint, mutant } = {}) {
    this.points = new FailpointLog(this.site);
    const command = asServer([path.join(this.site.state, 'bin/qyzmet'), 'serve']);
    this.child = spawn(command[0], command.slice(1), {
      env: {
        ...process.env,
        QYZMET_CONFIG: path.join(this.site.state, 'server/qyzmet.conf'),
        QYZMET_LISTEN_PORT: String(this.port),
        QYZMET_PUBLIC_URL: this.url,
        ...this.points.environment(failpoint),
        ...(mutant ? { MUTANT_SQL: mutant } : {}),
      },
      cwd: path.join(this.site.state, 'server'),
      stdio: ['ignore', this.log, this.log],
    });
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
    const ready = await until(async () => {
      if (!this.alive()) return true;
      const answer = await fetch(`${this.url}/ready`).catch(() => null);
      return answer?.ok;
    }, READY_MS_MAX);
    if (!ready) throw new Error('the server does not become ready');
  }

  alive() {
    return Boolean(this.child) && this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(name) {
    this.child.kill(name);
  }

  /// Whether it ended by itself, exactly there.
  diedAt(name) {
    return this.child.signalCode === 'SIGKILL' && this.points.has(`${name} kill`);
  }

  async kill() {
    if (!this.child) return;
    if (this.alive()) this.child.kill('SIGKILL');
    await this.ended;
    for (const line of this.points.lines()) if (line) this.reached.add(line.split(' ')[0]);
    this.child = null;
  }
}

/// The process of ./run, which is never killed, but may have to stand still.
export class First {
  constructor(site) {
    this.pid = Number(fs.readFileSync(path.join(site.state, 'pids/server'), 'utf8'));
    this.frozen = false;
  }

  freeze() {
    process.kill(this.pid, 'SIGSTOP');
    this.frozen = true;
  }

  thaw() {
    if (this.frozen) process.kill(this.pid, 'SIGCONT');
    this.frozen = false;
  }
}

const database = (site) => path.join(site.state, 'database');

function childrenOf(parent) {
  const parentOf = (pid) => {
    try {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      return 0; // it has ended meanwhile
    }
  };
  const all = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((pid) => parentOf(pid) === parent);
}

/// kill -9 of the postmaster, and of its children at once unless `alone`: one that is left may
/// still finish its commit. Comes back when PostgreSQL has recovered.
export async function killDatabase(site, { alone = false } = {}) {
  const file = path.join(database(site), 'data/postmaster.pid');
  const postmaster = Number(fs.readFileSync(file, 'utf8').split('\n')[0]);
  for (const pid of [postmaster, ...(alone ? [] : childrenOf(postmaster))]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error; // a child that had ended by itself
    }
  }
  execFileSync(path.join(root, 'db/cluster.sh'), ['start', database(site)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/// The demo clock, moved on its page.
export class Clock extends Visitor {
  constructor(site, bases, ledger) {
    super(site, 'clock', bases);
    this.ledger = ledger;
  }

  /// To nine o'clock of the next working day.
  async nextDay() {
    const page = await this.get('/kk/demo');
    const form = page.forms.find((each) => each.action === '/kk/demo/clock');
    const answer = await this.post(form, { move: 'day' });
    if (answer.status !== 303) throw new Error(`the clock stands still: ${answer.status}`);
    this.ledger.moves += 1;
  }
}

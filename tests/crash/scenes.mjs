// Moments that random kills rarely meet, brought about on purpose: a request that lies on its way
// while its twin is answered, a writer who sleeps over the case, a worker whose lease went on. Each
// must end well, and with a mutant of the storage (decision 28) it must not.
import assert from 'node:assert/strict';
import { killDatabase, endLeases, sql, until } from './rig.mjs';
import { pause } from './web.mjs';

const MOMENT_MS_MAX = 15000;

async function soon(what, holds) {
  assert.ok(await until(holds, MOMENT_MS_MAX), `${what} does not come`);
}

const nothingDue = async (bench) =>
  (await sql(bench.site, 'select count(*) from timer where due <= qyzmet_now()')) === '0';

/// A case of this citizen that waits for the registrar; taken in by the first process.
async function openCase(bench, citizen) {
  await until(async () => {
    if (!citizen.open) await citizen.apply();
    return citizen.open;
  }, MOMENT_MS_MAX);
  assert.ok(citizen.open, `no case of ${citizen.key}`);
  return citizen.open.number;
}

async function endCase(bench, citizen) {
  const { number } = citizen.open;
  await citizen.withdraw();
  await soon(`the end of ${number}`, async () => {
    await endLeases(bench.site);
    return (await sql(bench.site, `select ended from cases where number = '${number}'`)) === 't';
  });
}

/// The same signed application twice: the second comes to another process, is answered, withdrawn
/// and ended, while the first is about to be written.
export async function lateTwin(bench, citizen) {
  const { site, victim, ledger } = bench;
  if (citizen.open) await endCase(bench, citizen);
  let page;
  await soon('the end of the application', async () => (page = await citizen.fillIn()));
  const form = await citizen.certified(page);
  await victim.start({ failpoint: 'start_case.before:1=hold' });
  const late = citizen.request(victim.url, form.action, form);
  late.catch(() => {}); // looked at below
  await soon('the first twin', () => victim.points.has('start_case.before hold'));
  const answer = await citizen.request(site.url, form.action, form);
  const number = answer.location.match(/cases\/([0-9-]+)/)?.[1];
  assert.ok(number, `the second twin is not accepted: ${answer.status}`);
  ledger.acknowledge(form.sha256, number);
  citizen.open = { number, since: ledger.moves };
  await endCase(bench, citizen);
  victim.points.release();
  const again = (await late).location.match(/cases\/([0-9-]+)/)?.[1];
  assert.ok(again, 'the late twin has no answer');
  ledger.acknowledge(form.sha256, again);
}

/// A timer is due; the process that saw it first sleeps between reading and writing, and another
/// one fires it meanwhile.
export async function slowWriter(bench, citizen, mutant) {
  const { site, victim, first, clock } = bench;
  await openCase(bench, citizen);
  await victim.start({ failpoint: 'write_step.before:1=hold', mutant });
  first.freeze();
  clock.bases = () => [victim.url];
  for (let day = 0; day < 4 && !victim.points.has('write_step.before hold'); day += 1) {
    await clock.nextDay();
    await until(() => victim.points.has('write_step.before hold'), 3000);
  }
  clock.bases = () => [site.url];
  assert.ok(victim.points.has('write_step.before hold'), 'no timer was due');
  first.thaw();
  await soon('the other writer', () => nothingDue(bench));
  victim.points.release();
  await until(() => victim.points.has('write_step.committed'), MOMENT_MS_MAX);
  await pause(300);
}

/// Effects that are ordered from now on wait until they are let go.
const HOLD_EFFECTS = `create function hold_effect() returns trigger language plpgsql as
  $$ begin new.ready_at = clock_timestamp() + interval '1 hour'; return new; end $$;
  create trigger hold_effect before insert on outbox for each row execute function hold_effect()`;
const LET_EFFECTS_GO = `drop trigger hold_effect on outbox; drop function hold_effect();
  update outbox set ready_at = clock_timestamp()`;

/// A worker has carried an effect out, but before it says so its lease goes to an heir. The effect
/// is that of a withdrawal: it is signed while the first process tells the world what time it is.
export async function zombieWorker(bench, citizen, mutant) {
  const { site, victim, first } = bench;
  const left = 'select count(*) from outbox';
  await openCase(bench, citizen);
  await soon('the end of what is to be sent', async () => (await sql(site, left)) === '0');
  await sql(site, HOLD_EFFECTS);
  await citizen.withdraw();
  await victim.start({ failpoint: 'outbox_answered:1=hold', mutant });
  first.freeze();
  await sql(site, LET_EFFECTS_GO);
  await soon('the effect', () => victim.points.has('outbox_answered hold'));
  await sql(
    site,
    `update outbox set fence = nextval('fence'), worker = 'heir',
    ready_at = clock_timestamp() + interval '30 seconds' where status = 'leased'`,
  );
  victim.points.release();
  await soon(
    'the word of the zombie',
    async () => victim.points.has('find_lease.committed') || (await sql(site, left)) === '0',
  );
}

/// What is stored of one case is damaged: its timers cannot fire, those of others do.
export async function damagedNeighbour(bench, citizen, neighbour) {
  const { site, clock } = bench;
  const number = await openCase(bench, neighbour);
  await openCase(bench, citizen);
  const flip = `update cases set state_sealed = set_byte(state_sealed, length(state_sealed) - 1,
    get_byte(state_sealed, length(state_sealed) - 1) # 1) where number = '${number}'`;
  const due = (which) => `select count(*) from timer t join cases c on c.id = t.case_id
    where t.due <= qyzmet_now() and c.number ${which} '${number}'`;
  await sql(site, flip);
  for (let day = 0; day < 8; day += 1) await clock.nextDay();
  await soon('a timer of a sound case', async () => (await sql(site, due('<>'))) === '0');
  assert.notEqual(await sql(site, due('=')), '0');
  await sql(site, flip);
}

/// Commits are reported before they are durable, what would write them down stands still, and
/// PostgreSQL is killed.
export async function earlyAnswer(bench, citizen) {
  const { site } = bench;
  await sql(site, "alter system set synchronous_commit = 'off'");
  await sql(site, 'select pg_reload_conf()');
  const writer = "select pid from pg_stat_activity where backend_type = 'walwriter'";
  process.kill(Number(await sql(site, writer)), 'SIGSTOP');
  const known = bench.ledger.acknowledged().length;
  citizen.patience = 0;
  citizen.start();
  try {
    await soon('an application', () => bench.ledger.acknowledged().length > known);
  } finally {
    citizen.stopped = true;
    await killDatabase(site);
  }
  await citizen.stop();
  await sql(site, 'alter system reset synchronous_commit');
  await sql(site, 'select pg_reload_conf()');
}

export const MUTANTS = [
  {
    name: 'idempotency constraint dropped',
    red: /^doubled: /,
    async play(bench, citizen) {
      await sql(bench.site, 'alter table idempotency drop constraint idempotency_once');
      await lateTwin(bench, citizen);
    },
  },
  {
    name: 'outbox without fencing',
    red: /^log lease: /,
    play: (bench, citizen) =>
      zombieWorker(bench, citizen, 'write_step|and fence = $32::bigint|and $32::bigint > 0'),
  },
  {
    name: 'acknowledged before the commit is durable',
    red: /^lost: /,
    play: earlyAnswer,
  },
  // The last one: what it breaks, nobody can open any more.
  {
    name: 'version check removed',
    red: /^log (seal|chain|gap|timer_twice): /,
    play: (bench, citizen) =>
      slowWriter(bench, citizen, 'write_step|and version = $29|and $29::bigint > 0'),
  },
];

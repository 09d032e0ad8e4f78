// The oracle: what the outside saw against what is stored. Each fault begins with its kind.
//   lost, doubled, changed, phantom   of applications
//   withdrawn, registered             acts that are not there exactly once
//   unsigned, file                    a case without its signature, a row without its file
//   unstamped, list                   a signature whose timestamp is neither there nor owed, a
//                                     revocation list that is not the one that was fetched
//   log <check>                       what `qyzmet log check` says
//   undelivered, strange, waiting     once everything has settled: effects and timers
import fs from 'node:fs';
import path from 'node:path';
import { qyzmet, sql, until } from './rig.mjs';

const SETTLE_MS_MAX = 90000;

const STORED = `select json_build_object(
  'cases', (select coalesce(json_agg(json_build_array(c.id::text, c.number, d.sha256)), '[]')
    from cases c left join case_document d on d.case_id = c.id and d.code = 'application'),
  'withdrawn', (select coalesce(json_object_agg(number, n), '{}') from (select c.number, count(*) n
    from message m join cases c on c.id = m.case_id where m.name = 'application.withdrawn'
    group by c.number) x),
  'registered', (select coalesce(json_object_agg(number, n), '{}') from (select c.number, count(*) n
    from event e join cases c on c.id = e.case_id where e.kind = 'complete'
    and e.role = 'registrar' group by c.number) x),
  'unsigned', (select coalesce(json_agg(number), '[]') from cases c
    where not exists (select from signature s where s.case_id = c.id)),
  'unstamped', (select coalesce(json_agg(c.number), '[]') from signature s
    join cases c on c.id = s.case_id where s.method = 'eds'
    and not exists (select from signature_timestamp t where t.signature = s.digest)),
  'lists', (select coalesce(json_agg(address), '[]') from revocation_list
    where sha256 <> encode(sha256(content), 'hex')),
  'files', (select coalesce(json_agg(path), '[]') from document where path is not null))`;

const WAITING = `select json_build_object(
  'effects', (select count(*) from outbox where status <> 'cancelled'),
  'timers', (select count(*) from timer where due <= qyzmet_now()),
  'timestamps', (select count(*) from signature_timestamp where token is null),
  'lists', (select count(*) from revocation_list where content is null),
  'archives', (select count(*) from archive where record is null and due <= qyzmet_now()),
  'submissions', (select count(*) from submission where status = 'pending'))`;

export class Oracle {
  constructor(site, ledger) {
    this.site = site;
    this.ledger = ledger;
  }

  /// May be asked under load: what was acknowledged before must be there.
  async faults() {
    const before = new Map(this.ledger.applications);
    const withdrawn = new Set(this.ledger.withdrawn);
    const registered = new Set(this.ledger.registered);
    const stored = await sql(this.site, STORED);
    const found = this.ledger.contradictions.map((text) => `doubled: ${text}`);
    found.push(...this.applicationFaults(stored, before));
    for (const number of withdrawn)
      if (stored.withdrawn[number] !== 1)
        found.push(`withdrawn: ${number}, ${stored.withdrawn[number] ?? 0} times`);
    for (const number of registered)
      if (stored.registered[number] !== 1)
        found.push(`registered: ${number}, ${stored.registered[number] ?? 0} times`);
    for (const number of stored.unstamped) found.push(`unstamped: ${number}`);
    for (const address of stored.lists) found.push(`list: ${address}`);
    const files = path.join(this.site.state, 'server/files');
    for (const file of stored.files)
      if (!fs.existsSync(path.join(files, file))) found.push(`file: ${file}`);
    return found;
  }

  applicationFaults(stored, acknowledged) {
    const found = [];
    const numbers = new Map(); // SHA-256 -> numbers
    for (const [, number, sha256] of stored.cases) {
      if (!this.ledger.applications.has(sha256)) found.push(`phantom: ${number}`);
      numbers.set(sha256, [...(numbers.get(sha256) ?? []), number]);
    }
    for (const [sha256, all] of numbers)
      if (all.length > 1) found.push(`doubled: ${sha256.slice(0, 8)} is ${all.join(' and ')}`);
    for (const [sha256, number] of acknowledged) {
      if (!number) continue;
      const all = numbers.get(sha256) ?? [];
      if (!all.length) found.push(`lost: ${number}`);
      else if (!all.includes(number)) found.push(`changed: ${number} is ${all.join(' and ')}`);
    }
    return found;
  }

  /// Only while nobody writes: reads every history as a stranger would.
  async historyFaults() {
    const { stdout, stderr } = await qyzmet(this.site, ['log', 'check', '--json']);
    if (!stdout?.startsWith('{')) return [`log: ${stderr}`];
    const verdict = JSON.parse(stdout);
    this.verdict = verdict;
    return verdict.faults.map((each) => `log ${each.check}: ${each.case}, ${each.detail}`);
  }

  /// Once the load has stopped: effects are delivered, due timers have fired, nobody waits.
  async settledFaults() {
    let waiting;
    const quiet = await until(async () => {
      waiting = await sql(this.site, WAITING);
      return Object.values(waiting).every((count) => count === 0);
    }, SETTLE_MS_MAX);
    const found = quiet ? [] : [`waiting: ${JSON.stringify(waiting)}`];
    const stored = await sql(this.site, STORED);
    for (const number of stored.unsigned) found.push(`unsigned: ${number}`);
    const messages = await (await fetch(`${this.site.sms}/messages.json`)).json();
    const ids = new Map(stored.cases.map(([id, number]) => [id, number]));
    const told = new Set();
    for (const message of messages) {
      const id = message.id.match(/^case-(\d+)-\d+$/)?.[1];
      if (id && !ids.has(id)) found.push(`strange: a message of case ${id}`);
      if (id) told.add(ids.get(id));
    }
    // The simulator keeps the newest thousand; older ones are forgotten there, not undelivered.
    const kept = messages.length < 1000 ? [...this.ledger.withdrawn] : [];
    for (const number of kept) if (!told.has(number)) found.push(`undelivered: ${number}`);
    return found;
  }

  /// Everything, once the load has stopped.
  async all() {
    return [
      ...(await this.faults()),
      ...(await this.settledFaults()),
      ...(await this.historyFaults()),
    ];
  }
}

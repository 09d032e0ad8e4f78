// Random expressions: feelin, another FEEL, and we give the same value, or we refuse by name.
//   node feel.mjs [--count N] [--seed N] [--programs DIR]
// Prints TAP; the last line is "# N passed, N failed, N skipped".
//
// Not generated, because FEEL-mini is stricter by intention or feelin is wrong: comparing values of
// two kinds (ours is null, feelin's false), ordering texts, ranges whose ends are unknown or
// reversed (feelin takes them as open, or turns them) or in which an unknown value is looked for,
// and single values in place of lists.
import { execFile } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { evaluate } from 'feelin';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
    programs: { type: 'string', default: path.join(root, 'build/test/services') },
  },
});
const qyzmet = path.join(options.programs, 'qyzmet');
const DEPTH_MAX = 4;
const DISAGREEMENTS_SHOWN_MAX = 20;

const variables = { a: 3, b: 0.5, s: 'сөз', yes: true, no: false, nothing: null, list: [1, 2, 3] };
const definitions = Object.entries(variables).flatMap(([name, value]) => [
  '--var',
  `${name}=${JSON.stringify(value)}`,
]);

/// xorshift32: the same expressions for the same seed.
function random(seed) {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

/// One expression in both dialects: [ours, feelin's].
function generator(next) {
  const pick = (list) => list[next(list.length)];
  const same = (text) => [text, text];
  const join = (...parts) =>
    [0, 1].map((side) => parts.map((part) => (Array.isArray(part) ? part[side] : part)).join(''));
  const operator = () => (next(30) === 0 ? ' / ' : pick([' + ', ' - ', ' * ']));
  const order = () => pick([' < ', ' <= ', ' > ', ' >= ']);
  const low = () => pick(['-3', '0', 'b']);
  const high = () => pick(['a', '7', '100']);
  const day = () => `2026-${pick(['01', '06', '12'])}-${pick(['01', '15', '28'])}`;

  const leaves = {
    number: () => same(pick(['0', '1', '2', '7', '.5', '1.25', '-3', '100', 'a', 'b'])),
    text: () => same(pick(['""', '"x"', '"abc"', '"қазақ"', 's'])),
    truth: () => same(pick(['true', 'false', 'yes', 'no'])),
    date: () => same(`date("${day()}")`),
    list: () => same(pick(['[]', '[1, 2]', '[1, null]', 'list'])),
    nothing: () => same(pick(['null', 'nothing'])),
  };

  const deeper = {
    number: (d) =>
      pick([
        () => join('(', make('number', d), operator(), make('number', d), ')'),
        () => join('-', make('number', d)),
        () => join('count(', make('list', d), ')'),
        () => chosen('number', d),
      ])(),
    text: (d) =>
      pick([
        () => join('(', make('text', d), ' + ', make('text', d), ')'),
        () => chosen('text', d),
      ])(),
    date: (d) =>
      pick([
        () => {
          const length = pick(['P1D', 'P10D', 'P1M', 'P1Y']);
          const duration = [`duration"${length}"`, `duration("${length}")`];
          return join('(', make('date', d), pick([' + ', ' - ']), duration, ')');
        },
        () => chosen('date', d),
      ])(),
    list: (d) => join('[', make('number', d), ', ', make('number', d), ']'),
    nothing: () => leaves.nothing(),
    truth: (d) => {
      const kind = pick(['number', 'text', 'date']);
      const ordered = pick(['number', 'date']); // feelin orders texts of one letter only
      return pick([
        () => join('(', make('truth', d), pick([' and ', ' or ']), make('truth', d), ')'),
        () => join('not(', make('truth', d), ')'),
        () => join('(', make(kind, d), pick([' = ', ' != ']), make(kind, d), ')'),
        () => join('(', make(ordered, d), order(), make(ordered, d), ')'),
        () => join('(', make('number', d), ` between ${low()} and ${high()})`),
        () => join('(', make('date', d), ' between date("2026-01-15") and date("2026-06-28"))'),
        () => join('(', make('number', d), ' in (', make('number', d), `, ${high()}))`),
        () => join('(', leaves.number(), ` in [${low()}..${high()}`, pick([']', ')']), ')'),
        () => join('contains(', make('text', d), ', ', make('text', d), ')'),
        () => join('(', make(kind, d), pick([' = ', ' != ']), 'null)'),
        () => chosen('truth', d),
      ])();
    },
  };
  const chosen = (kind, d) =>
    join('(if ', make('truth', d), ' then ', make(kind, d), ' else ', make(kind, d), ')');
  /// Now and then a value that is not known.
  const make = (kind, depth) => {
    if (next(14) === 0) return leaves.nothing();
    return depth <= 0 || next(4) === 0 ? leaves[kind]() : deeper[kind](depth - 1);
  };
  return () => make(pick(['number', 'text', 'truth', 'truth', 'date', 'list']), DEPTH_MAX);
}

/// feelin's value as our JSON has it.
function plain(value) {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value.isLuxonDateTime) return value.toISODate();
  return value;
}

function isSame(ours, theirs) {
  if (typeof ours === 'number' && typeof theirs === 'number') {
    return Math.abs(ours - theirs) <= 1e-9 * Math.max(1, Math.abs(theirs));
  }
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    return ours.length === theirs.length && ours.every((each, i) => isSame(each, theirs[i]));
  }
  return ours === theirs;
}

const execute = promisify(execFile);

/// {value} or {refused: name}.
async function ask(expression) {
  try {
    const { stdout } = await execute(qyzmet, ['feel', expression, ...definitions]);
    return { value: JSON.parse(stdout) };
  } catch (error) {
    const name = /refused at byte \d+: (\w+)/.exec(error.stderr ?? '');
    if (error.code === 2 && name) return { refused: name[1] };
    return { broken: `ended with ${error.code}: ${error.stderr}` };
  }
}

const generate = generator(random(Number(options.seed)));
const counts = { passed: 0, failed: 0, refused: {} };

async function judge() {
  const [ours, theirs] = generate();
  const answer = await ask(ours);
  if (answer.refused) {
    counts.refused[answer.refused] = (counts.refused[answer.refused] ?? 0) + 1;
    counts.passed += 1;
    return;
  }
  const expected = plain(evaluate(theirs, variables));
  if (!answer.broken && isSame(answer.value, expected)) {
    counts.passed += 1;
    return;
  }
  counts.failed += 1;
  if (counts.failed > DISAGREEMENTS_SHOWN_MAX) return;
  console.log(`not ok - ${ours}`);
  console.log(`  # ours: ${answer.broken ?? JSON.stringify(answer.value)}`);
  console.log(`  # feelin: ${JSON.stringify(expected)}`);
}

const total = Number(options.count);
let begun = 0;
async function worker() {
  while (begun < total) {
    begun += 1;
    await judge();
  }
}
console.log('TAP version 13');
await Promise.all(Array.from({ length: os.availableParallelism?.() ?? 2 }, worker));
console.log(`  # refused by name: ${JSON.stringify(counts.refused)}`);
if (counts.failed === 0) console.log(`ok 1 - ${total} expressions of seed ${options.seed} agree`);
console.log(`# ${counts.failed === 0 ? 1 : 0} passed, ${counts.failed} failed, 0 skipped`);
process.exitCode = counts.failed ? 1 : 0;

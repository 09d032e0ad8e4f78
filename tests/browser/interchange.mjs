// Other programs judge our files: bpmn-moddle reads them with our descriptor, bpmnlint finds no
// fault, the element templates are valid; and foreign files go through our reader without a loss.
//   node interchange.mjs [--programs DIR]
// Prints TAP; the last line is "# N passed, N failed, N skipped".
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import BpmnModdle from 'bpmn-moddle';

const require = createRequire(import.meta.url);
const { Linter } = require('bpmnlint');
const NodeResolver = require('bpmnlint/lib/resolver/node-resolver');
const { validateAll } = require('@bpmn-io/element-templates-validator');

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const shared = process.env.QYZMET_SHARED ?? path.join(root, '../shared');
const { values: options } = parseArgs({
  options: { programs: { type: 'string', default: path.join(root, 'build/test/services') } },
});
const qyzmet = path.join(options.programs, 'qyzmet');
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'qyzmet-interchange.'));

function run(...words) {
  return execFileSync(qyzmet, words, { encoding: 'utf8', maxBuffer: 1 << 26 });
}

const descriptor = JSON.parse(run('process', 'moddle'));
const templates = JSON.parse(run('process', 'moddle', '--templates'));

function ourFiles() {
  const services = path.join(root, 'services');
  return fs
    .readdirSync(services, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.bpmn'))
    .map((entry) => path.join(entry.path ?? entry.parentPath, entry.name))
    .sort();
}

function foreignFiles() {
  const folder = path.join(shared, 'vectors/bpmn/miwg');
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.bpmn'))
    .map((name) => path.join(folder, name))
    .sort();
}

const nameOf = (file) => path.relative(root, file).replace(/^(\.\.\/)+/, '');

function read(moddle, file) {
  // ISO-8859-1 files say so in their first line.
  const bytes = fs.readFileSync(file);
  const latin = /encoding="ISO-8859-1"/i.test(bytes.subarray(0, 200).toString('latin1'));
  return moddle.fromXML(bytes.toString(latin ? 'latin1' : 'utf8'));
}

/// Every element of a moddle tree once.
function* elements(element, seen = new Set()) {
  if (!element || typeof element !== 'object' || seen.has(element)) return;
  seen.add(element);
  if (Array.isArray(element)) {
    for (const each of element) yield* elements(each, seen);
    return;
  }
  if (!element.$descriptor) return;
  yield element;
  for (const property of element.$descriptor.properties) {
    if (!property.isReference) yield* elements(element[property.name], seen);
  }
}

async function readsWithoutWarning(file) {
  const moddle = new BpmnModdle({ wf: descriptor });
  const { rootElement, warnings } = await read(moddle, file);
  assert.deepEqual(warnings.map(String), []);
  let typed = 0;
  for (const element of elements(rootElement)) {
    const strangers = Object.keys(element.$attrs ?? {}).filter((name) => name.startsWith('wf:'));
    assert.deepEqual(strangers, [], `${element.id}: not in the descriptor`);
    for (const property of element.$descriptor.properties) {
      if (property.ns?.prefix === 'wf' && element.get(property.name) !== undefined) typed += 1;
    }
  }
  const written = fs.readFileSync(file, 'utf8').match(/\swf:\w+="/g)?.length ?? 0;
  assert.equal(typed, written, 'attributes of our vocabulary');
}

/// What a tool writes after reading is the same process to us.
async function survivesATool(file) {
  const moddle = new BpmnModdle({ wf: descriptor });
  const { rootElement } = await read(moddle, file);
  const { xml } = await moddle.toXML(rootElement, { format: true });
  const copy = path.join(scratch, 'copy.bpmn');
  fs.writeFileSync(copy, xml);
  const reasons = (name) => {
    const { stdout } = spawnSync(qyzmet, ['process', 'check', name, '--json']);
    const { violations } = JSON.parse(stdout.toString());
    return violations.map(({ element, reason }) => `${element} ${reason}`);
  };
  assert.deepEqual(reasons(copy), reasons(file));
  assert.equal(run('process', 'draw', copy), run('process', 'draw', file), 'the same picture');
}

async function hasNoLint(file) {
  const linter = new Linter({
    config: { extends: 'bpmnlint:recommended' },
    resolver: new NodeResolver({ require }),
  });
  const { rootElement } = await read(new BpmnModdle({ wf: descriptor }), file);
  const results = await linter.lint(rootElement);
  const faults = Object.entries(results).flatMap(([rule, reports]) =>
    reports
      .filter((report) => report.category === 'error')
      .map((report) => `${rule}: ${report.id}: ${report.message}`),
  );
  assert.deepEqual(faults, []);
}

/// Element kinds on which a type of the descriptor may stand.
const carriers = {
  'bpmn:FlowNode': ['startEvent', 'endEvent', 'exclusiveGateway', 'userTask', 'subProcess'],
  'bpmn:Activity': ['userTask', 'serviceTask', 'receiveTask', 'subProcess', 'callActivity'],
  'bpmn:CatchEvent': ['startEvent', 'intermediateCatchEvent', 'boundaryEvent'],
};

function carriersOf(base) {
  const name = base.slice('bpmn:'.length);
  return carriers[base] ?? [name[0].toLowerCase() + name.slice(1)];
}

/// Loops stand in an activity; everything else in the process.
function within(element, attribute) {
  const one = `<${element} id="e" ${attribute}/>`;
  const loop = element === 'multiInstanceLoopCharacteristics';
  return loop ? `<userTask id="t">${one}</userTask>` : one;
}

/// What the descriptor offers, the engine knows: no attribute is refused as unknown.
function engineKnowsTheVocabulary() {
  let tried = 0;
  for (const type of descriptor.types) {
    for (const base of type.extends ?? []) {
      for (const element of carriersOf(base)) {
        for (const { name } of type.properties) {
          const attribute = `wf:${name}="x"`;
          const isProcess = element === 'process';
          const xml = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
            xmlns:wf="${descriptor.uri}"><process id="p" isExecutable="true"
            ${isProcess ? attribute : ''}>${isProcess ? '' : within(element, attribute)}
            </process></definitions>`;
          const file = path.join(scratch, 'one.bpmn');
          fs.writeFileSync(file, xml);
          const { stdout } = spawnSync(qyzmet, ['process', 'check', file, '--json']);
          const { violations } = JSON.parse(stdout.toString());
          const unknown = violations.filter(({ reason }) => reason === 'unknown_attribute');
          assert.deepEqual(unknown, [], `wf:${name} on ${element}`);
          tried += 1;
        }
      }
    }
  }
  assert.ok(tried > 20);
}

function templatesAreValid() {
  const { valid, results } = validateAll(templates);
  const errors = results.flatMap((result) => result.errors ?? []);
  assert.ok(valid, JSON.stringify(errors, null, 1));
  const known = new Set(
    descriptor.types.flatMap((type) => type.properties.map(({ name }) => `wf:${name}`)),
  );
  known.add('calledElement');
  for (const template of templates) {
    for (const { binding } of template.properties) {
      assert.ok(known.has(binding.name), `${template.id}: ${binding.name}`);
    }
  }
}

const bounds = ({ x, y, width, height }) => [x, y, width, height];

/// Everything that another reader finds in the diagram is in our picture, at its place.
async function isDrawnWhole(file) {
  const { rootElement } = await read(new BpmnModdle(), file);
  const svg = run('process', 'draw', file);
  const view = /viewBox="([^"]+)"/.exec(svg)[1].split(' ').map(Number);
  let parts = 0;
  for (const element of elements(rootElement.diagrams[0].plane)) {
    if (element.$type !== 'bpmndi:BPMNShape' && element.$type !== 'bpmndi:BPMNEdge') continue;
    parts += 1;
    const id = element.bpmnElement.id;
    const group = new RegExp(`<g id="n-${id}"[^>]*>(.*?)</g>`, 's').exec(svg);
    assert.ok(group, `${id} is missing`);
    if (element.$type === 'bpmndi:BPMNEdge') {
      const { x, y } = element.waypoint[0];
      const start = /d="M([-\d.]+) ([-\d.]+)/.exec(group[1]).slice(1).map(Number);
      assert.ok(Math.abs(start[0] - x) < 0.01 && Math.abs(start[1] - y) < 0.01, id);
      continue;
    }
    const [x, y, width, height] = bounds(element.bounds);
    assert.ok(x >= view[0] && y >= view[1], id);
    assert.ok(x + width <= view[0] + view[2] && y + height <= view[1] + view[3], id);
    const box = /<rect x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"/;
    const drawn = box.exec(group[1]);
    if (drawn === null) continue; // a circle or a diamond
    const off = drawn.slice(1).map((text, i) => Math.abs(Number(text) - [x, y, width, height][i]));
    assert.ok(Math.max(...off) < 0.01, id);
  }
  assert.ok(parts > 0);
}

/// Accepted, or refused with the name of a reason at an element that another reader finds, too.
async function isRefusedByName(file) {
  const { elementsById } = await read(new BpmnModdle(), file);
  const { status, stdout } = spawnSync(qyzmet, ['process', 'check', file, '--json']);
  assert.ok(status === 0 || status === 1, `ended with ${status}`);
  for (const { element, reason, line } of JSON.parse(stdout.toString()).violations) {
    assert.match(reason, /^[a-z_]+$/);
    assert.ok(line >= 1);
    assert.ok(elementsById[element] || !element.includes('-'), `${reason}: no element ${element}`);
  }
}

const checks = [
  ['the engine knows what the descriptor offers', engineKnowsTheVocabulary],
  ['the element templates are valid', templatesAreValid],
];
for (const file of ourFiles()) {
  checks.push(
    [`bpmn-moddle reads ${nameOf(file)} without a warning`, () => readsWithoutWarning(file)],
    [`${nameOf(file)} survives a tool`, () => survivesATool(file)],
    [`bpmnlint finds no error in ${nameOf(file)}`, () => hasNoLint(file)],
  );
}
const foreign = foreignFiles();
for (const file of foreign) {
  checks.push(
    [`${nameOf(file)} is drawn whole`, () => isDrawnWhole(file)],
    [`${nameOf(file)} is refused by name`, () => isRefusedByName(file)],
  );
}

let passed = 0;
let failed = 0;
console.log('TAP version 13');
for (const [name, check] of checks) {
  try {
    await check();
    passed += 1;
    console.log(`ok ${passed + failed} - ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${passed + failed} - ${name}`);
    console.log(String(error.stack ?? error).replace(/^/gm, '  # '));
  }
}
fs.rmSync(scratch, { recursive: true, force: true });
console.log(`# ${passed} passed, ${failed} failed, ${foreign.length ? 0 : 1} skipped`);
process.exitCode = failed ? 1 : 0;

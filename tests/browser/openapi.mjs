// The description of the API is an OpenAPI 3.1 document by the official schema of the format.
//   node openapi.mjs
// Prints TAP; the last line is "# N passed, N failed, N skipped".
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Validator } from '@seriousme/openapi-schema-validator';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const file = path.join(root, 'services/api/openapi.json');
const description = JSON.parse(await readFile(file, 'utf8'));
let number = 0;
let failed = 0;

function check(good, what, why = '') {
  number += 1;
  if (!good) failed += 1;
  console.log(`${good ? 'ok' : 'not ok'} ${number} - ${what}${good ? '' : `\n# ${why}`}`);
}

const verdict = await new Validator().validate(structuredClone(description));
check(verdict.valid, 'openapi.json is valid', JSON.stringify(verdict.errors));
check(description.openapi.startsWith('3.1'), 'it is of version 3.1', description.openapi);

// Does the judge see anything at all?
const broken = structuredClone(description);
delete broken.info.title;
check(!(await new Validator().validate(broken)).valid, 'a document without title is refused');

console.log(`1..${number}`);
console.log(`# ${number - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed ? 1 : 0;

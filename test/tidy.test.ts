import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { ERROR_CODES } from '../src/base/index.js';
import { errorTableRule } from './tidy/error-table.js';
import { cycleRule, moduleRule, reachRule, roomRule } from './tidy/import-rules.js';
import { type Lengths, lengthRule } from './tidy/length-rule.js';
import { type Finding, parse, readSources } from './tidy/source.js';
import { ENTRIES } from './tidy/table.js';
import { ambientRule, anyRule, doorRule, laterRule } from './tidy/text-rules.js';

const root = new URL('../../', import.meta.url);
const program = readSources(root, ['src']);
const everything = readSources(root, ['src', 'test', 'bench']);
const readText = (file: string): string => readFileSync(new URL(file, root), 'utf8');

function told(findings: readonly Finding[]): string[] {
  return findings.map(({ file, line, rule, why }) => `${file}:${line} ${rule}: ${why}`);
}

t.test('the program keeps its own rules', async (t) => {
  t.ok(program.length > 50, 'the sources were found');
  t.same(told(roomRule(program)), [], 'rooms');
  t.same(told(moduleRule(program)), [], 'modules');
  t.same(told(cycleRule(program)), [], 'cycles');
  t.same(told(reachRule(program, ENTRIES)), [], 'reach');
  t.same(told(doorRule(program)), [], 'doors');
  t.same(told(ambientRule(program)), [], 'clock, randomness, environment');
  t.same(told(anyRule(everything)), [], 'types');
  t.same(told(lengthRule(program, JSON.parse(readText('test/tidy/lengths.json')) as Lengths)), [], 'lengths');
  const pages = readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => ({ file: `docs/${name}`, text: readText(`docs/${name}`) }));
  t.same(told(laterRule([...everything, ...pages])), [], 'nothing left for later');
  t.same(told(errorTableRule(readText('docs/errors.md'), ERROR_CODES)), [], 'errors');
  for (const entry of ENTRIES) t.ok(existsSync(new URL(entry, root)), `${entry} exists`);
});

/** Runs a rule over one made-up file. */
function on(rule: (sources: ReturnType<typeof parse>[]) => Finding[], file: string, text: string): string[] {
  return told(rule([parse(file, text)]));
}

t.test('roomRule() finds imports that go up, across, past the door and out of src', async (t) => {
  const from = (target: string): string[] => on(roomRule, 'src/codec/x.ts', `\nimport type { A } from '${target}';`);
  t.match(from('../store/index.js'), [
    /^src\/codec\/x\.ts:2 rooms: codec \(1\) imports store \(3\), but imports go down only$/,
  ]);
  t.match(from('../crypto/index.js'), [/the same height/]);
  t.match(from('../base/errors.js'), [/behind the door of base/]);
  t.match(from('../../test/x.js'), [/not in a room/]);
  t.match(from('../attic/index.js'), [/has no rank/]);
  t.same(from('../base/index.js'), []);
  t.same(from('./y.js'), []);
  t.same(on(roomRule, 'src/posix/x.ts', "import { a } from '../base/index.js';"), []);
  for (const text of [
    "export * from '../store/a.js';",
    "type A = import('../store/a.js').A;",
    "await import('../store/a.js');",
  ]) {
    t.equal(on(roomRule, 'src/codec/x.ts', text).length, 1, text);
  }
});

t.test('moduleRule() finds restricted modules outside their rooms, and packages without a place', async (t) => {
  t.match(on(moduleRule, 'src/codec/x.ts', "import { open } from 'node:fs/promises';"), [
    /"node:fs\/promises" belongs in src\/posix/,
  ]);
  t.match(on(moduleRule, 'src/store/x.ts', "import { Worker } from 'node:worker_threads';"), [
    /belongs in src\/engine/,
  ]);
  t.match(on(moduleRule, 'src/vault/x.ts', "import { Level } from 'level';"), [/belongs in src\/store/]);
  t.match(on(moduleRule, 'src/vault/x.ts', "import '@aws-sdk/client-s3';"), [/belongs in src\/storage\/s3/]);
  t.match(on(moduleRule, 'src/store/x.ts', "createRequire(import.meta.url)('koffi');"), [
    /"koffi" belongs in src\/posix/,
  ]);
  t.match(on(moduleRule, 'src/base/x.ts', "import _ from 'lodash/fp';"), [/the package "lodash" is not in the table/]);
  t.same(on(moduleRule, 'src/codec/x.ts', "import { gzipSync } from 'node:zlib';"), []);
});

t.test('cycleRule() finds a ring of files, through types and through a door', async (t) => {
  const a = parse('src/a/a.ts', "import type { B } from './b.js';");
  const b = parse('src/a/b.ts', "import { c } from './index.js';");
  const door = parse('src/a/index.ts', "export * from './a.js';");
  t.match(told(cycleRule([a, b, door])), [
    /cycles: leads back to itself: src\/a\/a\.ts > src\/a\/b\.ts > src\/a\/index\.ts > src\/a\/a\.ts/,
  ]);
  t.same(told(cycleRule([a, door])), []);
});

t.test('reachRule() finds a file that nothing leads to, and follows new URL()', async (t) => {
  const door = parse('src/a/index.ts', "export * from './a.js';");
  const a = parse('src/a/a.ts', "new Worker(new URL('./thread.js', import.meta.url));");
  const thread = parse('src/a/thread.ts', '');
  const lost = parse('src/a/lost.ts', "import './a.js';");
  t.same(told(reachRule([door, a, thread], [])), []);
  t.match(told(reachRule([door, a, thread, lost], [])), [/^src\/a\/lost\.ts:1 reach/]);
  t.same(told(reachRule([door, a, thread, lost], ['src/a/lost.ts'])), []);
});

t.test('doorRule() finds a door that declares, imports, or has no charter', async (t) => {
  const door = (text: string): string[] => on(doorRule, 'src/a/index.ts', text);
  t.same(door("/** A room. */\nexport { a } from './a.js';\nexport type { B } from './b.js';\n"), []);
  t.match(door("export { a } from './a.js';"), [/charter/]);
  t.match(door('/** A room. */\nexport const a = 1;'), [/^src\/a\/index\.ts:2 doors: a door only re-exports/]);
  t.match(door("/** A room. */\nimport { a } from './a.js';\nexport { a };"), [/:2 /, /:3 /]);
});

t.test('ambientRule() finds clock, randomness and environment outside their files', async (t) => {
  for (const text of [
    'Date.now();',
    'new Date();',
    'performance.now();',
    'Math.random();',
    'randomBytes(8);',
    'process.env.HOME;',
  ]) {
    t.equal(on(ambientRule, 'src/store/x.ts', text).length, 1, text);
  }
  t.match(on(ambientRule, 'src/store/x.ts', 'Date.now();'), [
    /Date\.now outside src\/base\/clock\.ts: time is a parameter/,
  ]);
  t.ok(on(ambientRule, 'src/store/x.ts', "import { randomFillSync } from 'node:crypto';").length > 0);
  t.same(on(ambientRule, 'src/base/clock.ts', 'Date.now();'), []);
  t.same(on(ambientRule, 'src/store/x.ts', 'new Date(ms).toISOString(); clock.now();'), []);
});

t.test('anyRule() and laterRule() find what they are named for', async (t) => {
  t.match(on(anyRule, 'src/a/a.ts', 'const a = b as any;'), [/^src\/a\/a\.ts:1 types/]);
  t.same(on(anyRule, 'src/a/a.ts', 'const any: unknown = "any";'), []);
  const word = 'TO' + 'DO';
  t.match(told(laterRule([{ file: 'src/a/a.ts', text: `a\n// ${word}: b` }])), [/^src\/a\/a\.ts:2 later/]);
  t.same(told(laterRule([{ file: 'src/a/a.ts', text: 'todos' }])), []);
});

t.test('lengthRule() lets nothing new over the limits and nothing old grow or stay listed', async (t) => {
  const file = (lines: number): ReturnType<typeof parse> => parse('src/a/a.ts', 'a;\n'.repeat(lines));
  const body = (lines: number): ReturnType<typeof parse> =>
    parse('src/a/a.ts', `const f = () => {\n${'a;\n'.repeat(lines - 2)}};`);
  t.same(told(lengthRule([file(400), body(80)], {})), []);
  t.match(told(lengthRule([file(401)], {})), [/src\/a\/a\.ts has 401 lines; at most 400/]);
  t.match(told(lengthRule([body(81)], {})), [/src\/a\/a\.ts#f has 81 lines; at most 80/]);
  t.same(told(lengthRule([file(500)], { 'src/a/a.ts': 500 })), []);
  t.match(told(lengthRule([file(501)], { 'src/a/a.ts': 500 })), [/at most 500/]);
  t.match(told(lengthRule([file(450)], { 'src/a/a.ts': 500 })), [/lower its number in lengths\.json to 450/]);
  t.match(told(lengthRule([file(300)], { 'src/a/a.ts': 500 })), [/take it out/]);
  t.match(told(lengthRule([file(300)], { 'src/b/gone.ts': 500 })), [/no longer exists/]);
});

t.test('errorTableRule() finds a page that differs from the program', async (t) => {
  const codes = { ONE: { exit: 1, http: 500, meaning: 'First.' }, TWO: { exit: 2, http: 400, meaning: 'Second.' } };
  const one = '| `ONE` | 1 | 500 | First. | Wait. |';
  const two = '| `TWO` | 2 | 400 | Second. | Ask. |';
  const page = (...rows: string[]): string[] => told(errorTableRule(rows.join('\n'), codes));
  t.same(page(one, two), []);
  t.match(page(one), [/TWO is missing/]);
  t.match(page(two, one), [/TWO is not where the program has it/]);
  t.match(page(one, two, '| `THREE` | 1 | 1 | x | y |'), [/:3 errors: THREE is not a code/]);
  t.match(page(one.replace('500', '501'), two), [/ONE answers 500, not 501/]);
  t.match(page(one.replace('| 1 |', '| 3 |'), two), [/ONE exits with 1, not 3/]);
  t.match(page(one.replace('First', 'Other'), two), [/the meaning of ONE is "First\."/]);
  t.match(page(one.replace('Wait.', ''), two), [/ONE does not say what to do next/]);
});

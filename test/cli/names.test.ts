import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Place, unprivileged } from './bin.js';

/** Names that drive a terminal, hide what they are, or are no text. */
const HOSTILE = [
  'clear\u001b[2J\u001b[H',
  'title\u001b]0;owned\u0007',
  'csi\u009b31m',
  'two\nlines\rback',
  'gpj.\u202eexe',
  'isolate\u2066x\u2069',
  'line\u2028separator',
  'delete\u007f\u0008\u0008',
  ' spaces ',
  '-rf',
  '\\x41',
  'año 😀',
].map((name) => Buffer.from(name));
const NOT_UTF8 = [Buffer.from([0x63, 0x61, 0x66, 0xe9]), Buffer.from([0xff, 0x1b, 0x5b, 0x6d])];

const CONTROLS = /[^\P{C}\n]|[\u2028\u2029]/u;

async function setUp(t: Test): Promise<Place> {
  const place = new Place(t);
  for (const name of [...HOSTILE, ...NOT_UTF8]) {
    writeFileSync(Buffer.concat([Buffer.from(`${place.source}/`), name]), name, { mode: 0o600 });
  }
  symlinkSync(HOSTILE[0]!, join(place.source, 'a link'));
  await place.run(['init']);
  return place;
}

t.test('no name reaches the terminal with a control character in it', async (t) => {
  const place = await setUp(t);
  const odd = Buffer.concat([Buffer.from(`${place.root}/`), HOSTILE[0]!]);
  mkdirSync(odd);
  const outputs = [
    await place.run(['backup', 'ana', '--path', place.source, '--path', odd.toString(), '--progress', 'json']),
    await place.run(['list', 'ana']),
    await place.run(['list', 'ana', '--json']),
    await place.run(['ls', 'ana']),
    await place.run(['ls', 'ana', place.source]),
    await place.run(['ls', 'ana', place.source, '--json']),
    await place.run(['ls', 'ana', odd.toString()]),
    await place.run(['restore', 'ana', '--latest', '--target', place.join('out')]),
    await place.run(['backup', 'ana', '--path', `/gone${HOSTILE[0]}${HOSTILE[4]}`]),
    await place.run(['backup', 'ana', '--path', `/gone${HOSTILE[0]}${HOSTILE[4]}`, '--json']),
    await place.run(['ls', `a${HOSTILE[1]}`]),
    await place.run([`x${HOSTILE[2]}`]),
  ];
  for (const { code, stdout, stderr } of outputs) {
    t.ok(code === 0 || code === 64 || code === 66, `exit code ${code}`);
    t.notMatch(stdout, CONTROLS);
    t.notMatch(stderr, CONTROLS);
  }
});

t.test('messages of items that could not be read are printable', async (t) => {
  const place = await setUp(t);
  const names = readdirSync(place.source, { encoding: 'buffer' });
  const through = [...unprivileged(), 'sh', '-c', 'chmod 0 "$0"/* && exec "$@"', place.source];
  const partial = await place.run(['backup', 'ana', '--path', place.source], { through });
  t.equal(partial.code, 3);
  t.notMatch(partial.stderr, CONTROLS);
  t.equal(partial.stderr.match(/EACCES/g)?.length, names.length - 1, 'all but the link');
});

t.test('JSON says every name exactly, and ls finds what it printed', async (t) => {
  const place = await setUp(t);
  await place.run(['backup', 'ana', '--path', place.source]);
  const { answer } = await place.json(['ls', 'ana', place.source]);
  const listed = answer.entries!.map(({ path, path_b64: exact }) =>
    exact === undefined ? Buffer.from(String(path)) : Buffer.from(String(exact), 'base64'),
  );
  const expected = readdirSync(place.source, { encoding: 'buffer' }).map((name) =>
    Buffer.concat([Buffer.from(`${place.source}/`), name]),
  );
  const hex = (paths: Buffer[]): string[] => paths.map((path) => path.toString('hex')).sort();
  t.same(hex(listed), hex(expected));
  for (const printed of ['caf\\xe9', '\\x41', 'clear\\x1b[2J\\x1b[H']) {
    const found = await place.json(['ls', 'ana', join(place.source, printed)]);
    t.equal(found.code, 0, printed);
    t.equal(found.answer.entries?.length, 1);
  }
});

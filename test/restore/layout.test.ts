import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { joinText, nameText } from '../../src/restore/layout.js';
import { createSelection } from '../../src/restore/selection.js';
import { failed, makePlace } from './fixture.js';

const LATIN = Buffer.from('caf\xe9', 'latin1');
const OTHER = Buffer.from('caf\xe8', 'latin1');

t.test('nameText() gives every name a text of its own', async (test) => {
  const names = [
    LATIN,
    OTHER,
    Buffer.from('café'),
    Buffer.from('caf\ufffd'),
    Buffer.from('caf\\xe9'),
    Buffer.from('😀'),
  ];
  test.equal(new Set(names.map(nameText)).size, names.length);
  test.equal(nameText(Buffer.from('😀')), '😀');
  test.equal(joinText('', LATIN), 'caf\udce9');
  test.equal(joinText('a', LATIN), 'a/caf\udce9');
});

t.test('patterns see stray bytes of names as \\xNN, as those of a backup do', async (test) => {
  const { choose } = createSelection(['caf\\\\xe9']);
  test.equal(choose(nameText(LATIN), false), 'take');
  test.equal(choose(nameText(OTHER), false), 'skip');
  test.equal(createSelection(['caf*']).choose(nameText(LATIN), false), 'take');
  test.equal(createSelection(['😀']).choose(nameText(Buffer.from('😀')), false), 'take');
});

t.test('scopes whose names are not UTF-8 take their own places in an outer one', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const outer = tree.directory('', [
    tree.directory(LATIN, [tree.file('f', 'outer, of the first')]),
    tree.directory(OTHER, [tree.file('f', 'outer, of the second')]),
  ]);
  const inner = tree.directory('', [tree.file('g', 'inner')]);
  await tree.store();
  const at = (name: Buffer) => ({ ...place.scope('/s/x', inner), path: Buffer.concat([Buffer.from('/s/'), name]) });
  const report = await place.run([place.scope('/s', outer), at(OTHER)], { verify: true });
  test.same(failed(report), []);
  test.equal(report.verified, 2);
  const found = readdirSync(join(place.target, 's'), { encoding: 'buffer' }).sort(Buffer.compare);
  test.same(found, [OTHER, LATIN]);
  const inside = (name: Buffer) => readdirSync(Buffer.concat([Buffer.from(`${place.target}/s/`), name]));
  test.same(inside(LATIN), ['f']);
  test.same(inside(OTHER), ['g']);
});

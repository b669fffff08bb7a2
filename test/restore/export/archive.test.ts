import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { utf8 } from '../../../src/base/index.js';
import { CHUNK_KINDS, ENTRY_FLAGS, ENTRY_TYPES, packName, type TreeEntry, uidOf } from '../../../src/format/index.js';
import { exportTar } from '../../../src/restore/index.js';
import { look, makePlace, type Place } from '../fixture.js';
import { exportAll, listed, unpack } from '../state-fixture.js';

const noProblem = (): void => {};

async function scopesIn(place: Place, path: string, entries: readonly TreeEntry[]) {
  const root = place.tree.directory('s', entries);
  await place.tree.store();
  return [place.scope(path, root)];
}

t.test('an export lays paths out as a restore does, in the order of the tree', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const scopes = await scopesIn(place, '/srv/ana', [
    tree.file('b', 'bytes of b'),
    tree.directory('a', [tree.file('deep', 'deep down')]),
    tree.link('c', 'a/deep'),
    tree.file('empty', ''),
  ]);
  const { bytes } = await exportAll(place.repository, scopes);
  test.same(listed(bytes), ['srv/ana/', 'srv/ana/a/', 'srv/ana/a/deep', 'srv/ana/b', 'srv/ana/c', 'srv/ana/empty']);
  test.equal(bytes.length % 10_240, 0, 'whole records');
  test.same(look(unpack(place.root, 'out', bytes)), [
    'srv/',
    'srv/ana/',
    'srv/ana/a/',
    'srv/ana/a/deep = deep down',
    'srv/ana/b = bytes of b',
    'srv/ana/c -> a/deep',
    'srv/ana/empty = ',
  ]);
});

t.test('patterns choose as in a restore; directories above what is chosen come along', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const scopes = await scopesIn(place, '/s', [
    tree.directory('a', [tree.directory('x', [tree.file('in.pdf', '1'), tree.file('out', '2')]), tree.file('o', '3')]),
    tree.directory('b', [tree.file('nothing', '4')]),
    tree.directory('c', [tree.file('other.pdf', '5')]),
  ]);
  const included = await exportAll(place.repository, scopes, { include: ['*.pdf'], exclude: ['/c'] });
  test.same(listed(included.bytes), ['s/', 's/a/', 's/a/x/', 's/a/x/in.pdf']);
  const excluded = await exportAll(place.repository, scopes, { exclude: ['a', '*.pdf'] });
  test.same(listed(excluded.bytes), ['s/', 's/b/', 's/b/nothing', 's/c/']);
});

t.test('a scope inside another takes its place; the root of "/" is "."', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const outer = tree.directory('x', [tree.directory('in', [tree.file('f', 'outer')]), tree.file('o', '1')]);
  const inner = tree.directory('x', [tree.file('f', 'inner')]);
  const lost = tree.directory('x', [tree.file('g', 'not in the outer tree')]);
  await tree.store();
  const scopes = [place.scope('/', outer), place.scope('/in', inner), place.scope('/no/where', lost)];
  const { bytes } = await exportAll(place.repository, scopes);
  test.same(listed(bytes), ['./', 'in/', 'in/f', 'o', 'no/where/', 'no/where/g']);
  test.equal(readFileSync(join(unpack(place.root, 'out', bytes), 'in/f'), 'utf8'), 'inner');
});

t.test(
  'a scope behind a link of the outer one is left out and told: nothing is unpacked through a link',
  async (test) => {
    const place = await makePlace(test);
    const { tree } = place;
    const outer = tree.directory('x', [tree.link('way', '..'), tree.directory('d', [])]);
    const inner = tree.directory('x', [tree.file('f', 'inner')]);
    await tree.store();
    const scopes = ['/s/way/in', '/s/d/in', '/s/new/in'].map((path) => place.scope(path, inner));
    const { bytes, problems } = await exportAll(place.repository, [place.scope('/s', outer), ...scopes]);
    test.same(listed(bytes), ['s/', 's/d/', 's/way', 's/d/in/', 's/d/in/f', 's/new/in/', 's/new/in/f']);
    test.same(
      problems.map(({ path, code, lost }) => `${code} ${path} ${lost}`),
      ['TARGET_UNSAFE s/way/in true'],
    );
  },
);

t.test('names of one file are links, but never across scopes nor to a newer file', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const shared = { flags: ENTRY_FLAGS.linkGroup, device: 1n, inode: 5n };
  const one = tree.directory('x', [
    tree.file('a', 'old', { ...shared, flags: shared.flags | ENTRY_FLAGS.stale }),
    tree.file('b', 'new', shared),
    tree.file('c', 'new', shared),
  ]);
  const two = tree.directory('x', [tree.file('d', 'new', shared)]);
  await tree.store();
  const { bytes, problems } = await exportAll(place.repository, [place.scope('/s', one), place.scope('/t', two)]);
  const out = unpack(place.root, 'out', bytes);
  const inode = (path: string) => statSync(join(out, path)).ino;
  test.equal(inode('s/b'), inode('s/c'));
  test.equal(new Set([inode('s/a'), inode('s/b'), inode('t/d')]).size, 3);
  test.equal(readFileSync(join(out, 's/a'), 'utf8'), 'old');
  test.same(
    problems.map(({ path, code, lost }) => ({ path, code, lost })),
    [{ path: 's/a', code: 'PARTIAL', lost: false }],
    'that it is stale is told',
  );
});

t.test('a sparse file of more than 8 GiB comes back with its holes', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const size = 9 * 2 ** 30;
  const id = tree.chunk(CHUNK_KINDS.data, utf8('in the middle'));
  const items = [
    { length: 2 ** 33, id: undefined },
    { length: 13, id },
    { length: size - 2 ** 33 - 13, id: undefined },
  ];
  const scopes = await scopesIn(place, '/s', [
    tree.entry(`${'long '.repeat(30)}name`, ENTRY_TYPES.file, { form: 'items', items }, { size }),
  ]);
  const { bytes } = await exportAll(place.repository, scopes);
  test.ok(bytes.length < 20_000);
  const file = join(unpack(place.root, 'out', bytes), 's', `${'long '.repeat(30)}name`);
  test.equal(statSync(file).size, size);
  test.ok(statSync(file).blocks * 512 < 100_000);
  const middle = Buffer.alloc(20);
  const fd = openSync(file, 'r');
  readSync(fd, middle, 0, 20, 2 ** 33);
  closeSync(fd);
  test.equal(middle.toString(), `in the middle${'\0'.repeat(7)}`);
});

t.test(
  'a damaged chunk ends the archive where it is, with an error and without the blocks that close one',
  async (test) => {
    const place = await makePlace(test);
    const { tree, repository, backend } = place;
    const good = tree.file('a', utf8('x'.repeat(600_000)));
    await tree.store();
    const bad = tree.file('b', utf8('y'.repeat(1000)));
    const [pack] = await tree.store();
    const scopes = await scopesIn(place, '/s', [good, bad, tree.file('c', 'behind it')]);
    const object = packName(uidOf(repository.secrets.uid), pack!);
    const stored = Buffer.from(await backend.get(object));
    stored[200]! ^= 1;
    await backend.remover().remove(object);
    await backend.put(object, { bytes: stored });
    const parts: Uint8Array[] = [];
    await test.rejects(
      async () => {
        const { trees, chunks } = repository;
        for await (const piece of exportTar({ tree: trees, chunks, scopes, onProblem: noProblem })) parts.push(piece);
      },
      { code: 'DATA_CORRUPT' },
    );
    const file = join(place.root, 'half.tar');
    writeFileSync(file, Buffer.concat(parts));
    const { status, stderr } = spawnSync('tar', ['-tf', file], { encoding: 'utf8' });
    test.not(status, 0, 'tar sees that it is not whole');
    test.match(stderr, /Unexpected EOF/);
  },
);

t.test('what the backup never saw is left out and told; no empty file stands in for it', async (test) => {
  const place = await makePlace(test);
  const { tree } = place;
  const unread = { size: 9, flags: ENTRY_FLAGS.unread };
  const scopes = await scopesIn(place, '/s', [
    tree.entry('never', ENTRY_TYPES.file, { form: 'none' }, unread),
    tree.directory('closed', [], { flags: ENTRY_FLAGS.unread }),
    tree.entry('socket', ENTRY_TYPES.socket, { form: 'none' }),
    tree.file('seen', 'x'),
  ]);
  const { bytes, problems } = await exportAll(place.repository, scopes);
  test.same(listed(bytes), ['s/', 's/closed/', 's/seen']);
  test.same(
    problems.map(({ path, code, lost }) => `${code} ${path} ${lost}`),
    ['PARTIAL s/closed true', 'PARTIAL s/never true', 'UNSUPPORTED s/socket false'],
  );
});

t.test('an export reads no more than is taken from it', async (test) => {
  const place = await makePlace(test);
  const { tree, repository } = place;
  const files = Array.from({ length: 40 }, (_, i) =>
    tree.file(`f${String(i).padStart(2, '0')}`, new Uint8Array(300_000).fill(i)),
  );
  const scopes = await scopesIn(place, '/s', files);
  let reads = 0;
  const chunks = Object.create(repository.chunks) as typeof repository.chunks;
  chunks.read = (...given: Parameters<typeof chunks.read>) => {
    reads++;
    return repository.chunks.read(...given);
  };
  const pieces = exportTar({ tree: repository.trees, chunks, scopes, onProblem: noProblem });
  await pieces.next();
  test.ok(reads < 5, `${reads} chunks read for the first piece`);
  await pieces.return(undefined);
  test.ok(reads < 5, 'and none afterwards');
});

t.test('an export stops when it is told to', async (test) => {
  const place = await makePlace(test);
  const scopes = await scopesIn(place, '/s', [place.tree.file('a', new Uint8Array(600_000))]);
  const stop = new AbortController();
  const { trees: tree, chunks } = place.repository;
  const pieces = exportTar({ tree, chunks, scopes, signal: stop.signal, onProblem: noProblem });
  await pieces.next();
  stop.abort();
  await test.rejects(
    async () => {
      for await (const _ of pieces);
    },
    { code: 'CANCELLED' },
  );
});

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { BitacoraError, type Progress, systemRandom, utf8 } from '../../../src/base/index.js';
import { CHUNK_KINDS, packName, uidOf } from '../../../src/format/index.js';
import { type Backend, MemoryBackend } from '../../../src/storage/index.js';
import { readPackHead } from '../../../src/store/index.js';
import { makeSetting, noise, objects, type Setting } from '../../backup/fixture.js';
import { makePack } from '../../helpers/make-pack.js';
import { codes, findings, flip, overwrite, packsOnDisk, scrubbed } from './fixture.js';

/** A snapshot of a hundred files in ten directories and of one large one. */
async function filled(test: Parameters<typeof makeSetting>[0], options: Parameters<typeof makeSetting>[1] = {}) {
  const setting = await makeSetting(test, { local: true, ...options });
  for (let i = 0; i < 100; i++) setting.write(`dir${i % 10}/${i}`, noise(20_000, i + 1));
  setting.write('large', noise(6 * 2 ** 20, 1000));
  await setting.run();
  return setting;
}

async function restoresAll(test: Parameters<typeof makeSetting>[0], setting: Setting): Promise<void> {
  for (const { manifest } of await setting.repository.snapshots.list()) {
    const kept = await setting.read(manifest.scopes[0]!);
    for (let i = 0; i < 100; i++) test.ok(kept.get(`dir${i % 10}/${i}`)!.bytes!.equals(noise(20_000, i + 1)));
    test.ok(kept.get('large')!.bytes!.equals(noise(6 * 2 ** 20, 1000)));
  }
}

for (const [what, options] of [
  ['by the workers themselves', { threads: 2 }],
  ['in the same thread', { threads: 0 }],
  ['from a backend without files', { threads: 0, local: false }],
] as const) {
  t.test(`a sound vault has no findings, read ${what}`, async (t) => {
    const setting = await filled(t, options);
    const events: Progress[] = [];
    const { problems, quarantinedChunks, supersededPacks, ...counts } = await findings(setting, {
      progress: (event) => void events.push(event),
    });
    t.same(problems, []);
    t.equal(quarantinedChunks + supersededPacks, 0);
    const { packs, chunks } = setting.repository.index.mark;
    t.match(counts, { name: 'ana', packs, chunks, entries: 1 });
    t.ok(counts.bytes > 8_000_000);
    const last = events.filter(({ phase }) => phase === 'scrub').at(-1);
    t.match(last, { files: packs, filesTotal: packs, bytes: counts.bytes, bytesTotal: counts.bytes });
    t.ok(events.some(({ phase }) => phase === 'scrub-trees'));
  });
}

t.test('a damaged frame of data is found, told with what it costs, and healed by the next backup', async (t) => {
  const setting = await filled(t);
  const data = (await packsOnDisk(setting)).find(({ frames }) =>
    frames.every(({ kind }) => kind === CHUNK_KINDS.data),
  )!;
  await flip(data.path, data.frames[1]!.from + 40);
  const found = await findings(setting);
  t.same(codes(found), ['DATA_CORRUPT']);
  const [problem] = found.problems;
  t.match(problem!.details, { object: data.object, frames: [1] });
  const { paths, snapshots, chunks } = problem!.details as { paths: string[]; snapshots: string[]; chunks: number };
  t.ok(chunks > 0 && found.quarantinedChunks === chunks);
  t.same(snapshots, [(await setting.repository.snapshots.list())[0]!.id]);
  t.ok(paths.length > 0 && paths.every((path) => path.startsWith(`${setting.source}/`)), String(paths[0]));
  t.match(problem!.message, /1 of \d+ frames damaged.*Needed by "/);

  const again = await findings(setting);
  t.same(codes(again), ['DATA_CORRUPT'], 'until it is healed');
  t.equal(again.entries, 2, 'but noted once');

  const healing = await setting.run();
  t.ok(healing.counts.bytesRead > 0 && healing.counts.bytesRead < 7_000_000, 'only what is damaged is read again');
  t.equal(healing.counts.files - healing.counts.filesUnchanged, paths.length);
  t.equal(healing.counts.chunksNew, chunks, 'and nothing else is stored');
  await restoresAll(t, setting);
  const healed = await findings(setting);
  t.same(healed.problems, []);
  t.match(healed, { quarantinedChunks: 0, supersededPacks: 1 });
  t.equal((await setting.run()).counts.bytesRead, 0, 'once');
});

t.test('the quarantine outlives the index', async (t) => {
  const setting = await filled(t);
  const data = (await packsOnDisk(setting)).find(({ frames }) =>
    frames.every(({ kind }) => kind === CHUNK_KINDS.data),
  )!;
  await flip(data.path, data.frames[0]!.from + 40);
  await findings(setting);
  await setting.reopen({ rebuild: true });
  const { index } = setting.repository;
  t.equal(index.quarantine.empty, false);
  const healing = await setting.run();
  t.ok(healing.counts.chunksNew > 0);
  await setting.reopen({ rebuild: true });
  await restoresAll(t, setting);
  t.same((await findings(setting)).problems, []);
});

t.test('what becomes sound again leaves the quarantine', async (t) => {
  const setting = await filled(t);
  const [pack] = await packsOnDisk(setting);
  await flip(pack!.path, pack!.frames[0]!.from + 40);
  t.ok((await findings(setting)).quarantinedChunks > 0);
  await overwrite(pack!.path, pack!.bytes);
  t.match(await findings(setting), { problems: [], quarantinedChunks: 0, supersededPacks: 0 });
  t.equal(setting.repository.index.quarantine.empty, true);
  await setting.reopen({ rebuild: true });
  t.equal(setting.repository.index.quarantine.empty, true);
  t.equal((await setting.run()).counts.bytesRead, 0);
});

t.test('damaged directory nodes are found and healed', async (t) => {
  const setting = await filled(t);
  const nodes = (await packsOnDisk(setting)).find(({ frames }) =>
    frames.some(({ kind }) => kind === CHUNK_KINDS.node),
  )!;
  for (const { from } of nodes.frames) await flip(nodes.path, from + 40);
  const found = await findings(setting);
  t.ok(found.quarantinedChunks > 0);
  t.match(found.problems, [{ code: 'DATA_CORRUPT', details: { object: nodes.object } }]);
  await setting.run();
  await restoresAll(t, setting);
  t.same((await findings(setting)).problems, []);
});

t.test('a lost pack is found, and only what it held is read again', async (t) => {
  for (const rebuild of [false, true]) {
    const setting = await filled(t);
    const packs = await packsOnDisk(setting);
    const lost = packs.find(({ bytes, frames }) => frames[0]!.kind === CHUNK_KINDS.data && bytes.length > 2 ** 20)!;
    await rm(lost.path);
    if (rebuild) await setting.reopen({ rebuild });
    const found = await findings(setting);
    t.ok(found.problems.some(({ code, details }) => code === 'OBJECT_MISSING' && details.object === lost.object));
    t.ok(found.problems.some(({ details }) => (details.paths as string[]).length > 0));
    await setting.run();
    await restoresAll(t, setting);
    const healed = await findings(setting);
    t.same(healed.problems, []);
    t.equal(healed.supersededPacks, 1);
  }
});

t.test('a pack whose footer is damaged is found, with or without the index’s copy', async (t) => {
  for (const rebuild of [false, true]) {
    const setting = await filled(t);
    const pack = (await packsOnDisk(setting)).find(({ bytes }) => bytes.length > 2 ** 20)!;
    await flip(pack.path, -60);
    if (rebuild) await setting.reopen({ rebuild });
    t.ok((await findings(setting)).problems.some(({ details }) => details.object === pack.object));
    await setting.run();
    await setting.reopen({ rebuild: true });
    await restoresAll(t, setting);
    t.same((await findings(setting)).problems, []);
  }
});

t.test('padding that was changed, and packs with each other’s names, are told, and cost nothing', async (t) => {
  const setting = await filled(t);
  const [pack] = await packsOnDisk(setting);
  await flip(pack!.path, pack!.frames.at(-1)!.to + 5);
  const found = await findings(setting);
  t.match(found.problems, [{ code: 'DATA_CORRUPT', details: { object: pack!.object }, message: /name.*sound/ }]);
  t.equal(found.quarantinedChunks, 0);
  t.equal(setting.repository.index.quarantine.empty, true);
});

t.test('shares go round: every pack is met once in as many as it takes', async (t) => {
  const setting = await makeSetting(t, { local: true });
  for (let i = 0; i < 12; i++) {
    setting.write('file', noise(50_000, i));
    await setting.run();
  }
  const all = await objects(setting, 'packs');
  t.equal(all.length, 12);
  const [first] = await packsOnDisk(setting);
  await flip(first!.path, first!.frames[0]!.from + 40);
  let packs = 0;
  let found = 0;
  for (let round = 0; round < 4; round++) {
    await setting.reopen();
    const scrub = await findings(setting, { percent: 25 });
    t.ok(scrub.packs >= 2 && scrub.packs <= 4, `${scrub.packs} of 12`);
    packs += scrub.packs;
    found += scrub.problems.length > 0 ? 1 : 0;
  }
  t.ok(packs >= 12);
  t.ok(found >= 1);
});

t.test('a damaged and a lost log entry are found, and put back from the index', async (t) => {
  const setting = await makeSetting(t, { local: true });
  for (let i = 0; i < 3; i++) {
    setting.write('file', noise(500, i));
    await setting.run();
  }
  const entries = (await objects(setting, 'log')).map((name) => join(setting.vaultPath, name));
  await flip(entries[0]!, 200);
  await rm(entries[1]!);
  const found = await findings(setting);
  t.same(codes(found).sort(), ['DATA_CORRUPT', 'OBJECT_MISSING']);
  t.ok(found.problems.every(({ details }) => details.repaired === true));
  t.same((await findings(setting)).problems, []);
  await setting.reopen({ rebuild: true });
  t.equal((await setting.repository.snapshots.list()).length, 3);
});

t.test('both copies of the keys, the users’ records and vault.json are looked at', async (t) => {
  const setting = await filled(t);
  const [copy] = await objects(setting, 'keys');
  await flip(join(setting.vaultPath, copy!), 300);
  t.match((await findings(setting)).problems, [{ code: 'DATA_CORRUPT', details: { object: copy, repaired: true } }]);
  t.same((await findings(setting)).problems, []);
  const file = join(setting.vaultPath, 'vault.json');
  await flip(file, 70);
  const { vaultProblems, users } = await scrubbed(setting);
  t.match(vaultProblems, [{ code: 'DATA_CORRUPT' }]);
  t.same(users[0]!.problems, []);
});

t.test('a user who cannot be opened is told, and the others are looked at', async (t) => {
  const setting = await filled(t);
  await setting.vault.ensureUser('bob');
  const { record } = await setting.vault.ensureUser('bob');
  const keys = `users/${Buffer.from(record.uid).toString('hex')}/keys/`;
  for await (const { name } of setting.backend.list(keys)) await setting.backend.remover().remove(name);
  const { vaultProblems, users } = await scrubbed(setting);
  t.match(vaultProblems, [{ code: 'OBJECT_MISSING', details: { user: 'bob' } }]);
  t.same(
    users.map(({ name }) => name),
    ['ana'],
  );
});

t.test('a scrub that is stopped keeps what it has found', async (t) => {
  const setting = await filled(t);
  for (const { path, frames } of await packsOnDisk(setting)) await flip(path, frames[0]!.from + 40);
  const stop = new AbortController();
  const progress = ({ phase }: Progress) => {
    if (phase === 'scrub') stop.abort();
  };
  await t.rejects(findings(setting, { progress, signal: stop.signal }), { code: 'CANCELLED' });
  t.equal(setting.repository.index.quarantine.empty, false);
});

t.test('a chunk that is not what its id says is found, though its frame opens', async (t) => {
  const setting = await makeSetting(t);
  const { repository, backend } = setting;
  const other = () => systemRandom.bytes(32) as (typeof repository.secrets.idKeys)['data'];
  const secrets = { ...repository.secrets, idKeys: { data: other(), node: other(), list: other() } };
  const lying = makePack(secrets, [[utf8('one'), utf8('two')]]);
  await backend.put(packName(uidOf(repository.uid), lying.name), { bytes: lying.bytes });
  const { sealedHead, footer } = await readPackHead(backend, repository.keys, lying.name);
  await repository.index.addPack(lying.name, sealedHead, footer);
  const found = await findings(setting);
  t.match(found.problems, [
    { code: 'DATA_CORRUPT', details: { frames: [0], chunks: 2 }, message: /do not have the id/ },
  ]);
  t.equal(found.quarantinedChunks, 2);
});

t.test('what cannot be read is told, is not taken for damage, and keeps nobody from looking at the rest', async (t) => {
  const memory = new MemoryBackend();
  let failing: string | undefined;
  const getRange: Backend['getRange'] = (name, ...rest) => {
    if (name !== failing) return memory.getRange(name, ...rest);
    return Promise.reject(new BitacoraError('BACKEND_FAILED', `Cannot read "${name}": EIO.`, { retryable: true }));
  };
  const backend = new Proxy<Backend>(memory, {
    get(target, key) {
      if (key === 'getRange') return getRange;
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const setting = await filled(t, { local: false, backend });
  const all = (await findings(setting)).packs;
  for (const pack of await objects(setting, 'packs')) {
    await setting.reopen();
    failing = pack;
    const found = await findings(setting);
    t.ok(
      found.problems.length > 0 && found.problems.every(({ code }) => code === 'BACKEND_FAILED'),
      String(codes(found)),
    );
    t.equal(found.packs, all);
    t.equal(setting.repository.index.quarantine.empty, true);
    failing = undefined;
  }
});

import t from 'tap';
import { ATTRIBUTE_BYTES_MOST, keptAttributes } from '../../src/backup/attributes.js';
import { utf8 } from '../../src/base/index.js';
import type { Engine, FilesResult, Lane } from '../../src/engine/index.js';
import { ENTRY_FLAGS } from '../../src/format/index.js';
import { makeSetting, noise } from './fixture.js';

const path = () => utf8('/srv/file');

t.test('keptAttributes() keeps what fits into an entry and says why the rest is not kept', async (t) => {
  const fits = [{ name: utf8('user.a'), value: new Uint8Array(ATTRIBUTE_BYTES_MOST - 6) }];
  t.same(keptAttributes(fits, path), { xattrs: fits, problem: undefined });
  t.same(keptAttributes([], path).xattrs, []);
  const large = [...fits, { name: utf8('b'), value: new Uint8Array(0) }];
  const { xattrs, problem } = keptAttributes(large, path);
  t.same(xattrs, []);
  t.match(problem, { code: 'E2BIG', message: /"\/srv\/file": they have 3145729 bytes/ });
});

/** An engine that finds these attributes on every file that is read in a batch. */
function findingAttributes(engine: Engine, xattrs: FilesResult['xattrs'][number]['xattrs']): Engine {
  const lanes = engine.lanes.map(
    (lane): Lane => ({
      index: lane.index,
      close: () => lane.close(),
      onAsk: (type, answer) => lane.onAsk(type, answer),
      async call(type, payload, transfer) {
        const result = await lane.call(type, payload, transfer);
        if (type !== 'write.files') return result;
        return { ...(result as FilesResult), xattrs: [{ index: 0, xattrs }] };
      },
    }),
  );
  return { lanes, close: () => engine.close() };
}

t.test('backup() of a file with attributes that fit keeps them, node and all', async (t) => {
  const setting = await makeSetting(t);
  setting.write('a', 'content');
  const xattrs = [{ name: utf8('user.big'), value: new Uint8Array(noise(ATTRIBUTE_BYTES_MOST - 8)) }];
  const report = await setting.run({ engine: findingAttributes(setting.engine, xattrs) });
  t.equal(report.status, 'complete');
  const { entry } = (await setting.read(report.scopes[0]!)).get('a')!;
  t.equal(entry.xattrs[0]!.value.length, ATTRIBUTE_BYTES_MOST - 8);
});

t.test('backup() of a file with more attributes than fit keeps all else, and says so every time', async (t) => {
  const setting = await makeSetting(t);
  setting.write('a', 'content');
  setting.write('b', 'neighbour');
  const xattrs = [{ name: utf8('user.big'), value: new Uint8Array(5 * 2 ** 20) }];
  for (const round of ['first', 'second']) {
    const report = await setting.run({ engine: findingAttributes(setting.engine, xattrs) });
    t.equal(report.status, 'partial', round);
    t.match(report.failures, { count: 1, items: [{ code: 'E2BIG' }] }, round);
    const kept = await setting.read(report.scopes[0]!);
    t.equal(kept.get('a')!.bytes!.toString(), 'content');
    t.equal(kept.get('a')!.entry.flags & ENTRY_FLAGS.stale, ENTRY_FLAGS.stale);
    t.equal(kept.get('b')!.entry.flags & ENTRY_FLAGS.stale, 0);
  }
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { look, makePlace, type Place } from './fixture.js';

/** Restores many files and stops at the call numbered `at`. */
async function stopAt(place: Place, at: number): Promise<unknown> {
  const { engine, repository, backend, vaultPath, tree } = place;
  const controller = new AbortController();
  let calls = 0;
  const lanes = engine.lanes.map((lane) => ({
    ...lane,
    call: async (type: string, payload: unknown) => {
      if (calls++ === at) controller.abort();
      return lane.call(type, payload);
    },
  }));
  const directories = Array.from({ length: 40 }, (_, d) =>
    tree.directory(`d${d}`, [tree.file('old', `new ${d}`), tree.file('new', `new ${d}`)]),
  );
  const entry = tree.directory('s', directories);
  await tree.store();
  const { chunks, openSecrets: secrets } = repository;
  const source = { chunks, backend, secrets, vaultPath, engine: { ...engine, lanes } };
  const options = { flatten: true, overwrite: 'always', signal: controller.signal, source } as const;
  return place.run([place.scope('/s', entry)], options);
}

for (const at of [0, 1, 2]) {
  t.test(`stopping at call ${at} leaves what was there and nothing half-done`, async (test) => {
    const place = await makePlace(test);
    writeFileSync(join(place.target, 'mine'), 'mine');
    const stopped = await stopAt(place, at).then(
      () => undefined,
      (error: { code?: string }) => error.code,
    );
    // The last call may be the last thing to do.
    if (stopped !== undefined) test.equal(stopped, 'CANCELLED');
    const lines = look(place.target);
    test.ok(lines.includes('mine = mine'));
    test.notOk(
      lines.some((line) => line.includes('.bitacora-restore-')),
      'no staging is left',
    );
    if (stopped !== undefined) test.same(lines, ['mine = mine']);
  });
}

t.test('a signal that is aborted already stops before anything is written', async (test) => {
  const place = await makePlace(test);
  const signal = AbortSignal.abort();
  await test.rejects(place.restore([place.tree.file('a', '1')], { signal }), { code: 'CANCELLED' });
  test.same(look(place.target), []);
});

t.test('progress rises and ends at what was done', async (test) => {
  const place = await makePlace(test);
  const seen: number[] = [];
  const entries = Array.from({ length: 100 }, (_, i) => place.tree.file(`f${i}`, `${i}`));
  const report = await place.restore(entries, { progress: ({ files }) => void seen.push(files) });
  test.equal(seen.at(-1), report.files);
  test.same(
    seen,
    [...seen].sort((a, b) => a - b),
  );
});

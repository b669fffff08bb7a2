import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { failed, makePlace, type Place } from './fixture.js';

/** A place whose key file lies in the target, as it does in a restore of a whole machine. */
async function withKeyInTarget(
  test: Parameters<typeof makePlace>[0],
): Promise<Place & { keyFile: string; key: Buffer }> {
  const place = await makePlace(test);
  mkdirSync(join(place.target, 'etc'));
  const keyFile = join(place.target, 'etc', 'vault.key');
  renameSync(join(place.root, 'key'), keyFile);
  const { chunks, openSecrets: secrets } = place.repository;
  const source = { chunks, backend: place.backend, secrets, engine: place.engine, vaultPath: place.vaultPath, keyFile };
  const key = readFileSync(keyFile);
  return {
    ...place,
    keyFile,
    key,
    restore: (entries, more = {}) => place.restore(entries, { source, ...more }),
  };
}

t.test('deleting never takes the master key file away, nor the directory that it lies in', async (test) => {
  const place = await withKeyInTarget(test);
  writeFileSync(join(place.target, 'etc', 'other'), 'extra');
  const options = { overwrite: 'changed', delete: true } as const;
  const report = await place.restore([place.tree.directory('etc', [place.tree.file('a', '1')])], options);
  test.same(failed(report), ['EBUSY etc/vault.key']);
  test.ok(readFileSync(place.keyFile).equals(place.key));
  test.notOk(existsSync(join(place.target, 'etc', 'other')));
  const whole = await place.restore([place.tree.file('a', '1')], options);
  test.same(
    failed(whole).sort(),
    ['EBUSY etc', 'ENOTEMPTY etc'].filter((line) => failed(whole).includes(line)),
  );
  test.ok(failed(whole).length > 0);
  test.ok(readFileSync(place.keyFile).equals(place.key));
});

t.test('the master key file is never replaced, whatever would take its name', async (test) => {
  const place = await withKeyInTarget(test);
  const entries = [
    place.tree.file('vault.key', 'an older key'),
    place.tree.link('vault.key', '/dev/null'),
    place.tree.directory('vault.key', [place.tree.file('x', '1')]),
  ];
  for (const entry of entries) {
    for (const overwrite of ['changed', 'always'] as const) {
      const report = await place.restore([place.tree.directory('etc', [entry])], { overwrite, delete: true });
      test.same(failed(report), ['EBUSY etc/vault.key'], `${overwrite} ${entry.type}`);
      test.ok(readFileSync(place.keyFile).equals(place.key));
      test.equal(statSync(place.keyFile).mode & 0o777, 0o600);
    }
  }
});

t.test('the master key file is known by what it is, not by its name', async (test) => {
  const place = await withKeyInTarget(test);
  linkSync(place.keyFile, join(place.target, 'second name'));
  const report = await place.restore([place.tree.file('second name', 'new')], { overwrite: 'always' });
  test.same(failed(report), ['EBUSY second name']);
});

t.test('a master key file that is as the snapshot has it is no failure', async (test) => {
  const place = await withKeyInTarget(test);
  const stat = statSync(place.keyFile, { bigint: true });
  const times = {
    mtimeSec: Number(stat.mtimeNs / 10n ** 9n),
    mtimeNsec: Number(stat.mtimeNs % 10n ** 9n),
    mode: 0o600,
  };
  const same = place.tree.file('vault.key', place.key, times);
  const report = await place.restore([place.tree.directory('etc', [same])], { overwrite: 'changed' });
  test.same(failed(report), []);
  test.equal(report.identical, 1);
});

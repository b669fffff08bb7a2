import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DEFAULT_SETTINGS, type Settings } from '../../src/api/index.js';
import { parse, type Served, serve } from './fixture.js';
import { ask } from './http.js';

function limited(t: Test, space: Partial<Settings['space']>): Promise<Served> {
  return serve(t, { settings: { ...DEFAULT_SETTINGS, space: { ...DEFAULT_SETTINGS.space, ...space } } });
}

function fill({ source }: Served, name: string, bytes: number): void {
  writeFileSync(join(source, name), randomBytes(bytes));
}

t.test('a user at the quota is warned, then refused with 507, and can still be restored', async (t) => {
  const served = await limited(t, { userBytesMax: 400_000, warningShare: 0.5 });
  fill(served, 'one', 250_000);
  t.match(parse((await served.backUp()).text), { status: 'complete', warnings: [] });
  fill(served, 'two', 50_000);
  const near = parse((await served.backUp()).text);
  t.match(near.warnings, [/^6\d % of the quota of "ana" is used/]);
  fill(served, 'three', 300_000);
  const refused = await served.backUp();
  t.equal(refused.status, 507);
  t.match(parse(refused.text), { error: { code: 'NO_SPACE' } });
  const list = parse((await ask(served.socket, '/api/backups/ana')).text);
  t.equal((list.backups as unknown[]).length, 2, 'nothing is committed of what did not fit');
  const target = join(served.root, 'out');
  const restored = await ask(served.socket, '/api/restore', { body: { user_id: 'ana', target, verify: true } });
  t.equal(restored.status, 200);
  t.equal((await served.backUp({ user_id: 'bob', paths: [join(served.source, 'a.txt')] })).status, 200, 'others go on');
});

t.test('a vault at its size refuses everybody before anything is read', async (t) => {
  const served = await limited(t, { vaultBytesMax: 200_000 });
  fill(served, 'one', 150_000);
  t.equal((await served.backUp()).status, 200);
  fill(served, 'two', 45_000);
  t.equal((await served.backUp()).status, 507);
});

import { fileURLToPath } from 'node:url';
import t from 'tap';
import { run } from '../cli/bin.js';
import { makeVault } from '../vault/fixture.js';

const PROGRAM = fileURLToPath(new URL('./faulty.js', import.meta.url));

t.test('an error that nobody has caught ends the process, is logged, and leaves the vault free', async (t) => {
  for (const [fault, said] of [
    ['reject', /promise that nobody waited for/],
    ['throw', /error that nobody caught/],
  ] as const) {
    const { root, path, keyFile, open } = await makeVault(t);
    const ended = await run([process.execPath, PROGRAM, path, keyFile, fault], root);
    t.equal(ended.code, 1);
    const line = JSON.parse(ended.stderr.trim().split('\n').at(-1)!) as Record<string, unknown>;
    t.match(line, { level: 'fatal', msg: said, error: /RangeError: nobody/ });
    const vault = await open();
    t.notOk(vault.readOnly);
    await vault.close();
  }
});

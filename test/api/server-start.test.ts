import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { makeVault } from '../vault/fixture.js';

const PROGRAM = fileURLToPath(new URL('start-program.js', import.meta.url));

t.test('what few calls need is not loaded by the time the server answers', async (t) => {
  const { path, keyFile } = await makeVault(t);
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, path, keyFile]);
  const [before, after] = JSON.parse(stdout) as [string[], string[]];
  t.ok(before.includes('fastify'), 'packages are seen');
  for (const name of ['ajv', '@fastify/fast-json-stringify-compiler', '@fastify/swagger', 'yaml'])
    t.notOk(before.includes(name), name);
  t.ok(after.includes('@fastify/swagger'), 'the description of the API is made when it is asked for');
});

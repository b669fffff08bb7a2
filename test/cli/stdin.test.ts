import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Call, Place } from './bin.js';

/** Standard input from a shell's pipe. */
function from(script: string): Call {
  return { through: ['sh', '-c', `(${script}) | "$@"`, 'sh'] };
}

async function makePlace(test: Test): Promise<Place> {
  const place = new Place(test);
  await place.run(['init']);
  return place;
}

t.test('backup --stdin keeps what comes in, and restore puts it under _streams', async (t) => {
  const place = await makePlace(t);
  const args = ['backup', 'ana', '--stdin', '--name', 'dump.sql'];
  const { code, answer } = await place.json(args, from('seq 1 200000'));
  t.equal(code, 0);
  t.match(answer, { status: 'complete', captured: ['stream:dump.sql'], size_uncompressed: 1_288_895, warnings: [] });
  const target = place.join('target');
  t.equal((await place.run(['restore', 'ana', '--latest', '--target', target, '--verify'])).code, 0);
  const lines = readFileSync(join(target, '_streams', 'dump.sql'), 'utf8').split('\n');
  t.equal(lines.length, 200_001);
  t.equal(lines[199_999], '200000');
  const flat = await place.run(['restore', 'ana', '--latest', '--target', place.join('flat'), '--flatten']);
  t.equal(flat.code, 0);
  t.equal(readFileSync(place.join('flat', 'dump.sql'), 'utf8').length, 1_288_895);
});

t.test('backup --stdin goes together with --path', async (t) => {
  const place = await makePlace(t);
  writeFileSync(join(place.source, 'file'), 'of the tree');
  const args = ['backup', 'ana', '--path', place.source, '--stdin', '--name', 'dump'];
  const { answer } = await place.json(args, from('echo of the stream'));
  t.same(answer.captured, [`path:${place.source}`, 'stream:dump']);
  const { stdout } = await place.run(['ls', 'ana']);
  t.match(stdout, /_streams\/dump/);
});

t.test('backup --stdin of nothing is a snapshot of nothing, and says so', async (t) => {
  const place = await makePlace(t);
  const { code, stderr } = await place.run(['backup', 'ana', '--stdin', '--name', 'dump'], from('true'));
  t.equal(code, 0);
  t.match(stderr, /The stream "dump" was empty/);
});

t.test('backup refuses half of --stdin and --name, and names that are none', async (t) => {
  const place = await makePlace(t);
  for (const args of [['--stdin'], ['--name', 'dump'], ['--stdin', '--name', 'a/b'], ['--stdin', '--name', '..']]) {
    const { code } = await place.run(['backup', 'ana', ...args], from('echo bytes'));
    t.equal(code, 64, args.join(' '));
  }
  t.match((await place.run(['list', 'ana'])).code, 66, 'and made no user');
});

t.test('backup --stdin that is stopped while the pipe is silent ends, and leaves no snapshot', async (t) => {
  const place = await makePlace(t);
  const script = 'mkfifo pipe; (echo begun; exec tail --pid=$$ -f /dev/null) > pipe & exec "$@" < pipe';
  const args = ['backup', 'ana', '--stdin', '--name', 'dump', '--progress', 'json'];
  const ended = await place.run(args, {
    through: ['sh', '-c', script, 'sh'],
    onStderr: (text, kill) => {
      if (text.includes('"phase":"backup"')) kill('SIGINT');
    },
  });
  t.equal(ended.code, 130, ended.stderr);
  t.equal((await place.run(['list', 'ana'])).stdout.includes('manual'), false);
});

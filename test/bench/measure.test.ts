import t from 'tap';
import { parseArguments } from '../../bench/arguments.js';
import { run } from '../../bench/command.js';
import { parseUsage } from '../../bench/measure.js';

t.test('parseUsage() reads the last line of GNU time', async (t) => {
  t.same(parseUsage('1.50 0.25 2048\n'), { cpuSeconds: 1.75, memoryBytes: 2048 * 1024 });
  t.same(parseUsage('Command exited with non-zero status 3\n0.00 0.00 10\n').memoryBytes, 10240);
  t.throws(() => parseUsage('nothing of the kind'), /Cannot read the report/);
});

t.test('run() gives the output of a program that succeeds, and the last words of one that fails', async (t) => {
  const node = process.execPath;
  t.equal(await run({ argv: [node, '-e', 'console.log(process.env.WORD)'], env: { WORD: 'told' } }), 'told\n');
  await t.rejects(run({ argv: [node, '-e', 'console.error("broken");process.exit(4)'] }), /exited with 4.*\nbroken/);
  await t.rejects(run({ argv: [node, '-e', 'process.kill(process.pid, "SIGKILL")'] }), /ended by SIGKILL/);
});

t.test('parseArguments() has defaults and refuses what it cannot use', async (t) => {
  t.match(parseArguments(['P1']), { row: 'P1', rounds: 5, list: false });
  t.match(parseArguments(['kernel', '--rounds', '7', '--corpus', '/data']), { rounds: 7, workFolder: '/data' });
  t.throws(() => parseArguments(['P1', '--rounds', '0']), /Not a number of rounds: "0"/);
  t.throws(() => parseArguments(['P1', '--releases', '6.1.1-1']), /Not two versions/);
});

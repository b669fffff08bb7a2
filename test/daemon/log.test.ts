import t from 'tap';
import { createLog, type LogLevel } from '../../src/daemon/log.js';

function written(level: LogLevel): { log: ReturnType<typeof createLog>; lines: () => Record<string, unknown>[] } {
  let text = '';
  const log = createLog(level, {
    write: (line) => {
      text += line;
    },
  });
  return {
    log,
    lines: () =>
      text
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

t.test('a line is JSON with level, time, process, message and facts', async (t) => {
  const { log, lines } = written('info');
  log.debug('no');
  log.info('Job ended.', { user: 'ana', bytes: 5, object: Uint8Array.of(0xab) });
  log.fatal('The end.', { error: new RangeError('odd') });
  t.match(lines(), [
    { level: 'info', pid: process.pid, msg: 'Job ended.', user: 'ana', bytes: 5, object: 'ab', time: /^\d{4}-.*Z$/ },
    { level: 'fatal', error: /RangeError: odd\n/ },
  ]);
});

t.test('names of files are for whoever debugs, secrets for nobody', async (t) => {
  const facts = {
    path: '/home/ana/diary',
    current: 'diary',
    user: 'ana',
    masterKey: 'abc',
    apiToken: 'def',
    key_id: 'k',
  };
  for (const [level, names] of [
    ['info', false],
    ['debug', true],
  ] as const) {
    const { log, lines } = written(level);
    log.error('Something.', facts);
    const [line = {}] = lines();
    t.equal('path' in line && 'current' in line, names, level);
    t.match(line, { user: 'ana', key_id: 'k', masterKey: '[secret]', apiToken: '[secret]' });
    t.notMatch(JSON.stringify(line), /abc|def/);
  }
});

import { type DestinationStream, destination, pino } from 'pino';
import type { Logger } from '../base/index.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface DaemonLog extends Logger {
  /** What is told from now on. */
  setLevel(level: LogLevel): void;
  /** The program is about to end because of this. */
  fatal(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Where lines go: a file descriptor, or a stream in tests. */
export type LogSink = number | { write(line: string): void };

/** Members that hold names of users' files: only whoever debugs sees them. */
const FILE_NAMES = new Set(['path', 'paths', 'source', 'sources', 'target', 'current', 'input', 'exclude', 'include']);
/** Members that never go anywhere, should anybody ever log them. */
const SECRET = /key|secret|token|password|passphrase|authorization|cookie/i;
const NOT_SECRET = new Set(['key_id', 'keyFile', 'key_file']);

/** JSON, one line an event, written before the call returns: what a crash leaves is complete. */
export function createLog(level: LogLevel, sink: LogSink = 2): DaemonLog {
  const stream = typeof sink === 'number' ? openSink(sink) : sink;
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    stream,
  );
  const write =
    (name: LogLevel | 'fatal') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      logger[name](shown(fields, logger.level === 'debug'), message);
    };
  return {
    setLevel: (next) => {
      logger.level = next;
    },
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
  };
}

function openSink(fd: number): DestinationStream {
  const stream = destination({ fd, sync: true });
  // A log that nobody reads any more is no reason to stop.
  stream.on('error', () => {});
  return stream;
}

function shown(fields: Readonly<Record<string, unknown>>, keepNames: boolean): Record<string, unknown> {
  const kept = Object.entries(fields).filter(([name]) => keepNames || !FILE_NAMES.has(name));
  return Object.fromEntries(
    kept.map(([name, value]) => [name, SECRET.test(name) && !NOT_SECRET.has(name) ? '[secret]' : printable(value)]),
  );
}

function printable(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

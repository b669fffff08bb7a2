import { type Logger, silentLogger } from '../base/index.js';
import type { Output } from './output.js';

/** The program's log as messages: warnings and errors always, the rest for whoever debugs. */
export function createCliLogger(output: Output, debug: boolean): Logger {
  const say = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    const facts = Object.entries(fields ?? {}).map(([key, value]) => ` ${key}=${String(value)}`);
    output.message(message + facts.join(''));
  };
  const quietly = debug ? say : silentLogger.debug;
  return { debug: quietly, info: quietly, warn: say, error: say };
}

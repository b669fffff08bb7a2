/** Errors and codes, bytes, clock, randomness, and the interfaces of log and progress: what every room may use. */
export {
  asBuffer,
  compareBytes,
  concatBytes,
  decodeUtf8,
  equalBytes,
  fromHex,
  printable,
  printableText,
  toHex,
  utf8,
} from './bytes.js';
export { type Clock, systemClock } from './clock.js';
export {
  BitacoraError,
  ERROR_CODES,
  type ErrorCode,
  type ErrorOptions,
  errnoCode,
  isBitacoraError,
  isDenied,
  throwIfAborted,
  writeError,
} from './errors.js';
export { Interrupt } from './interrupt.js';
export { jsonText, pathFields } from './json.js';
export * from './json-bytes.js';
export { type Logger, silentLogger } from './log.js';
export { checkPatternCost, isCostlyPattern } from './pattern-cost.js';
export { noProgress, type Progress, type ProgressSink } from './progress.js';
export { type Random, systemRandom } from './random.js';
export { Slices } from './slices.js';
export { formatTime, isoNanoTime, isoTime } from './time-text.js';
export { systemTimer, type Timer } from './timer.js';

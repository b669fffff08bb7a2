/**
 * Chunker comparison: throughput a core of SGear and Gear, and how many bytes of an edited stream are in chunks that are known already.
 * `node dist/bench/chunker.js`; the figures are explained in docs/decisions/0001-chunker.md.
 */
import { type ChunkerParameters, createChunker, LARGE_CLASS, SMALL_CLASS } from '../src/chunking/index.js';
import { chunksOf, dataClasses, numbers, withEdits } from './chunker/data.js';
import { type Contender, createGear } from './chunker/gear.js';

const MIB = 2 ** 20;
const STREAM_BYTES = 8 * MIB;
const BUFFER_BYTES = STREAM_BYTES + MIB;
const EDITS = 30;
const SECRETS = 8;
const ROUNDS = 7;

interface Figures {
  readonly meanBytes: number;
  /** Standard deviation of the lengths over their mean. */
  readonly spread: number;
  /** Share of the edited stream's bytes that lie in chunks of the original. */
  readonly shared: number;
  /** The same under the unluckiest secret. */
  readonly worst: number;
}

function secretOf(seed: number): Uint8Array {
  const next = numbers(seed + 100);
  return Uint8Array.from({ length: 32 }, () => next() & 0xff);
}

function createSgear(secret: Uint8Array): Contender {
  const chunker = createChunker(secret, BUFFER_BYTES);
  const out = new Uint32Array(1024);
  let length = 0;
  return {
    load(stream) {
      chunker.buffer.set(stream);
      length = stream.length;
    },
    cut: (parameters) => out.slice(0, chunker.cut(parameters, 0, length, true, out)),
  };
}

function measure(contender: Contender, normalBytes: number, before: Uint8Array, after: Uint8Array): Figures {
  const parameters = { ...SMALL_CLASS, normalBytes };
  contender.load(before);
  const old = chunksOf(before, contender.cut(parameters));
  const known = new Set(old.map((chunk) => chunk.digest));
  const meanBytes = before.length / old.length;
  const variance = old.reduce((sum, { length }) => sum + (length - meanBytes) ** 2, 0) / old.length;
  contender.load(after);
  const shared = chunksOf(after, contender.cut(parameters)).reduce(
    (sum, { digest, length }) => sum + (known.has(digest) ? length : 0),
    0,
  );
  return {
    meanBytes,
    spread: Math.sqrt(variance) / meanBytes,
    shared: shared / after.length,
    worst: shared / after.length,
  };
}

function average(list: readonly Figures[]): Figures {
  const mean = (pick: (figures: Figures) => number) =>
    list.reduce((sum, figures) => sum + pick(figures), 0) / list.length;
  return {
    meanBytes: mean((f) => f.meanBytes),
    spread: mean((f) => f.spread),
    shared: mean((f) => f.shared),
    worst: Math.min(...list.map((f) => f.worst)),
  };
}

function row(contenders: readonly Contender[], normalBytes: number, bytes: Uint8Array): Figures {
  return average(
    contenders.map((contender, i) => measure(contender, normalBytes, bytes, withEdits(bytes, EDITS, 1000 + i))),
  );
}

/** Gear again, its normal length moved until its mean is the other's: fewer bytes a chunk share more, whatever the algorithm. */
function rowAtMean(contenders: readonly Contender[], target: number, bytes: Uint8Array): Figures {
  let normalBytes = SMALL_CLASS.normalBytes;
  let figures = row(contenders, normalBytes, bytes);
  for (let step = 0; step < 4 && Math.abs(figures.meanBytes / target - 1) > 0.01; step++) {
    normalBytes = Math.round((normalBytes * target) / figures.meanBytes);
    figures = row(contenders, normalBytes, bytes);
  }
  return figures;
}

/** Best CPU time of several rounds over 64 MiB, in GB/s. */
function throughput(contender: Contender, parameters: ChunkerParameters, stream: Uint8Array): number {
  contender.load(stream);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < 8; i++) contender.cut(parameters);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, user + system);
  }
  return (8 * stream.length) / best / 1000;
}

function print(figures: Figures): string {
  const { meanBytes, spread, shared, worst } = figures;
  return `${meanBytes.toFixed(0)} / ${spread.toFixed(2)} / ${(100 * shared).toFixed(1)} % (${(100 * worst).toFixed(0)})`;
}

function printShared(
  sgears: readonly Contender[],
  gears: readonly Contender[],
  classes: Map<string, Uint8Array>,
): void {
  console.log(
    `mean bytes / spread / shared after ${EDITS} edits of 1 to 40 bytes (under the worst of ${SECRETS} secrets), small class`,
  );
  console.log('| data | SGear | Gear | Gear at the mean of SGear |\n|---|---|---|---|');
  for (const [name, bytes] of classes) {
    const sgear = row(sgears, SMALL_CLASS.normalBytes, bytes);
    const gear = row(gears, SMALL_CLASS.normalBytes, bytes);
    const level = rowAtMean(gears, sgear.meanBytes, bytes);
    console.log(`| ${name} | ${[sgear, gear, level].map(print).join(' | ')} |`);
  }
}

function printThroughput(contenders: readonly Contender[], classes: Map<string, Uint8Array>): void {
  console.log('\nGB/s a core');
  console.log('| data | SGear small | SGear large | Gear small | Gear large |\n|---|---|---|---|---|');
  for (const [name, bytes] of classes) {
    const cells = contenders.flatMap((contender) =>
      [SMALL_CLASS, LARGE_CLASS].map((parameters) => throughput(contender, parameters, bytes).toFixed(2)),
    );
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

const classes = dataClasses(STREAM_BYTES);
const sgears = Array.from({ length: SECRETS }, (_, i) => createSgear(secretOf(i)));
const gears = await Promise.all(Array.from({ length: SECRETS }, (_, i) => createGear(secretOf(i), BUFFER_BYTES)));
printShared(sgears, gears, classes);
// Last, since the CPU time of a process counts its background threads, which first optimise the compiler of the Gear kernel.
printThroughput([sgears[0]!, gears[0]!], classes);

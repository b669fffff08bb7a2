import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM } from '../helpers/delivered.js';
import { errorCodeOf, type Fault, type Outcome, parseTrace, straceOf, type TracedCall } from './faults-program.js';
import { BACKUP, expectSuccess, type Stock } from './faults-scenes.js';

/** After a fault that passes the next backup works, or one of the next few where each meets what is left of it. */
const TRIES_MOST = 5;

/** A daemon on the stage's vault, with a fault if given. */
class FaultyDaemon {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  /** Whether it has come to answer. */
  readonly ready: Promise<boolean>;
  stderr = '';

  constructor(stock: Stock, strace: readonly string[]) {
    const { root } = stock;
    const words = [...stock.line(['daemon']), '--socket', join(root, 'work/socket')];
    const traced = strace.length > 0 ? ['strace', '-D', '-f', ...strace] : [];
    const [program, ...args] = [...traced, process.execPath, PROGRAM, ...words];
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
    this.#child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
    this.#closed = once(this.#child, 'close');
    this.ready = new Promise((resolve) => {
      this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
        this.stderr += text;
        if (this.stderr.includes('"msg":"Ready."')) resolve(true);
      });
      this.#child.on('close', () => resolve(false));
    });
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves with its exit code, or the signal that ended it. */
  async ended(): Promise<number | string> {
    await this.#closed;
    return this.#child.signalCode ?? this.#child.exitCode!;
  }

  /** Whatever went wrong meanwhile, it is gone afterwards. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#child.kill('SIGKILL');
      await this.#closed;
    }
  }

  stop(): Promise<number | string> {
    this.#child.kill('SIGTERM');
    return this.ended();
  }
}

/** Every storage call of a daemon through which two users are backed up. */
export async function traceDaemon(stock: Stock): Promise<readonly TracedCall[]> {
  rmSync(stock.traceFile, { force: true });
  const daemon = new FaultyDaemon(stock, straceOf(stock.traceFile));
  if (!(await daemon.ready)) throw new Error(`The daemon does not start: ${daemon.stderr}`);
  for (const one of await backUpBoth(stock)) expectSuccess(one, 'a backup through the daemon');
  const ended = await daemon.stop();
  if (ended !== 0) throw new Error(`The daemon ends with ${ended}: ${daemon.stderr}`);
  return parseTrace(readFileSync(stock.traceFile, 'latin1'), stock.roots);
}

/** What came of a daemon with a fault. */
export interface DaemonOutcome {
  readonly fate: string;
  /** Snapshots that were acknowledged, by user. */
  readonly told: readonly { readonly user: string; readonly id: string }[];
}

/**
 * Two users are backed up through a daemon that meets a fault. One that lives on works again by itself, unless a directory could not
 * be made durable; after one that died another takes up its jobs. Throws with what was broken.
 */
export async function runDaemonCase(stock: Stock, fault: Fault): Promise<DaemonOutcome> {
  const told: { user: string; id: string }[] = [];
  const note = (outcomes: readonly Outcome[]): void => {
    outcomes.forEach(({ answer, exitCode }, i) => {
      if (exitCode === 0) told.push({ user: i === 0 ? 'ana' : 'bo', id: String(answer?.backup_id) });
    });
  };
  const daemon = new FaultyDaemon(stock, straceOf(fault));
  const fate = await daemon.use(() => meetFault(stock, fault, daemon, note));
  note(await takeUp(stock));
  return { fate, told };
}

async function meetFault(
  stock: Stock,
  fault: Fault,
  daemon: FaultyDaemon,
  note: (outcomes: readonly Outcome[]) => void,
): Promise<string> {
  const ready = await daemon.ready;
  if (ready) {
    const outcomes = await backUpBoth(stock);
    note(outcomes);
    for (const outcome of outcomes) if (outcome.exitCode !== 0) errorCodeOf(outcome);
  }
  if (ready && daemon.alive) {
    const last = await tryAgain(stock);
    note([last]);
    if (last.exitCode !== 0 && fault.call !== 'fsync') throw new Error(`It does not recover: ${errorCodeOf(last)}`);
    const ended = await daemon.stop();
    if (ended !== 0 && ended !== 'SIGKILL') throw new Error(`The daemon ends with ${ended}: ${daemon.stderr}`);
    return 'lived on';
  }
  const ended = await daemon.ended();
  if (ended === 'SIGKILL') return 'killed';
  if (ready || ended === 'SIGABRT') throw new Error(`The daemon has ended with ${ended}: ${daemon.stderr}`);
  return 'did not start';
}

/** Another daemon finds the jobs that were left, and then there are none. */
async function takeUp(stock: Stock): Promise<Outcome[]> {
  const daemon = new FaultyDaemon(stock, []);
  const outcomes = await daemon.use(async () => {
    if (!(await daemon.ready)) throw new Error(`The next daemon does not start: ${daemon.stderr}`);
    const both = await backUpBoth(stock);
    for (const one of both) expectSuccess(one, 'a backup through the next daemon');
    const ended = await daemon.stop();
    if (ended !== 0) throw new Error(`The next daemon ends with ${ended}: ${daemon.stderr}`);
    return both;
  });
  const left = readdirSync(join(stock.stage.vault, 'queue'), { recursive: true, withFileTypes: true });
  const files = left.filter((one) => one.isFile()).map(({ name }) => name);
  if (files.length > 0) throw new Error(`Jobs are left in the queue: ${files.join(', ')}.`);
  return outcomes;
}

async function tryAgain(stock: Stock): Promise<Outcome> {
  let outcome = await stock.run(BACKUP);
  for (let tries = 1; outcome.exitCode !== 0 && tries < TRIES_MOST; tries++) outcome = await stock.run(BACKUP);
  return outcome;
}

/** At the same time, `ana` first. */
function backUpBoth(stock: Stock): Promise<Outcome[]> {
  return Promise.all(['ana', 'bo'].map((user) => stock.run(['backup', user, ...BACKUP.slice(2)])));
}

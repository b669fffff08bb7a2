import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { PROGRAM } from '../helpers/delivered.js';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Call {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Words before the program, such as `setpriv …`. */
  readonly through?: readonly string[];
  /** Called with each piece of standard error. */
  readonly onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** A private directory with a home of its own, and the real program run in it. */
export class Place {
  readonly root: string;
  readonly vault: string;
  readonly keyFile: string;
  readonly source: string;

  constructor(t: Test) {
    this.root = mkdtempSync(join(tmpdir(), 'bitacora-cli-'));
    t.teardown(() => rmSync(this.root, { recursive: true, force: true }));
    this.vault = join(this.root, 'vault');
    this.keyFile = join(this.root, 'master.key');
    this.source = join(this.root, 'source');
    mkdirSync(this.source);
  }

  join(...names: string[]): string {
    return join(this.root, ...names);
  }

  /** Runs `bitacora` with this place's vault and key. */
  run(args: readonly string[], call: Call = {}): Promise<Ended> {
    return this.bare(['--vault', this.vault, '--key-file', this.keyFile, ...args], call);
  }

  /** Runs it with these arguments only. */
  bare(args: readonly string[], call: Call = {}): Promise<Ended> {
    return run([...(call.through ?? []), process.execPath, PROGRAM, ...args], this.root, call);
  }

  /** Runs it with `--json`, and gives its document. */
  async json(
    args: readonly string[],
    call: Call = {},
  ): Promise<{ code: number | null; answer: Answer; stderr: string }> {
    const { code, stdout, stderr } = await this.run([...args, '--json'], call);
    return { code, answer: JSON.parse(stdout) as Answer, stderr };
  }
}

/** Documents are looked into member by member. */
export type Answer = Record<string, unknown> & {
  readonly error?: { readonly code: string; readonly message: string; readonly details: Record<string, unknown> };
  readonly backups?: readonly Record<string, unknown>[];
  readonly entries?: readonly Record<string, unknown>[];
};

/** The test runner's own settings must not reach the program, nor the developer's vault the tests. */
function cleanEnvironment(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home, TZ: 'Europe/Madrid', LC_ALL: 'C.UTF-8' };
}

export function run(command: readonly string[], home: string, call: Call = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const [program, ...args] = command;
    const child = spawn(program!, args, {
      cwd: call.cwd ?? home,
      env: { ...cleanEnvironment(home), ...call.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      call.onStderr?.(text, (signal) => child.kill(signal));
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Words that take root's power to read and write everything from a program; none where the tests are not root. */
export function unprivileged(): readonly string[] {
  return process.geteuid?.() === 0 ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all', '--'] : [];
}

/** Words that give a program mounts of its own, or undefined where the system does not allow that. */
export function ownMounts(): readonly string[] | undefined {
  const words =
    process.geteuid?.() === 0
      ? ['unshare', '--mount', '--']
      : ['unshare', '--mount', '--user', '--map-root-user', '--'];
  const tried = spawnSync(words[0]!, [...words.slice(1), 'mount', '-t', 'tmpfs', 'none', '/mnt']);
  return tried.status === 0 ? words : undefined;
}

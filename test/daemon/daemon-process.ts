import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Ask, ask } from '../api/http.js';
import { type Ended, Place } from '../cli/bin.js';
import { PROGRAM } from '../helpers/delivered.js';

/** A document is looked into member by member. */
export type Document = Record<string, unknown>;

export interface JobDocument extends Document {
  readonly job_id: string;
  readonly user_id: string;
  readonly state: string;
}

/** A line of the daemon's log. */
export interface LogLine extends Document {
  readonly level: string;
  readonly msg: string;
}

/** A real daemon in a process of its own. */
export class DaemonProcess {
  readonly child: ChildProcess;
  readonly lines: LogLine[] = [];
  /** Everything on standard error that is no line of the log. */
  stray = '';
  readonly ended: Promise<Ended>;
  readonly #socket: string;
  #rest = '';
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess, socket: string) {
    this.child = child;
    this.#socket = socket;
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        resolve({ code, signal, stdout: '', stderr: this.stray });
        this.#wake();
      });
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#read(text));
  }

  /** Resolves at the first line of the log that says so; throws if the daemon ends before. */
  async said(msg: string): Promise<LogLine> {
    for (;;) {
      const line = this.lines.find((one) => one.msg === msg);
      if (line) return line;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`The daemon has ended: ${this.stray}${JSON.stringify(this.lines)}`);
      }
      await this.#change();
    }
  }

  /** Resolves once its log has so many lines, of those that say `msg` if that is given, or the daemon has ended. */
  async logged(count: number, msg?: string): Promise<void> {
    const seen = () => (msg === undefined ? this.lines : this.lines.filter((line) => line.msg === msg)).length;
    while (seen() < count && this.child.exitCode === null && this.child.signalCode === null) {
      await this.#change();
    }
  }

  async ask(path: string, options?: Ask): Promise<{ status: number; answer: Document }> {
    const { status, text } = await ask(this.#socket, path, options);
    return { status, answer: JSON.parse(text) as Document };
  }

  /** Submits a backup and does not wait for it. */
  async submit(user: string, more: Document = {}): Promise<string> {
    const body = { user_id: user, type: 'manual', ...more };
    const { status, answer } = await this.ask('/api/commands/backup', { body, headers: { prefer: 'respond-async' } });
    if (status !== 202) throw new Error(`Not taken on: ${JSON.stringify(answer)}`);
    return String(answer.job_id);
  }

  async jobs(): Promise<readonly JobDocument[]> {
    return (await this.ask('/api/jobs')).answer.jobs as readonly JobDocument[];
  }

  /** The job once it has ended: its events do not end before. */
  async wait(id: string): Promise<JobDocument> {
    await ask(this.#socket, `/api/jobs/${id}/events`);
    return (await this.ask(`/api/jobs/${id}`)).answer as JobDocument;
  }

  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  /** Resolves at the next line, or when the daemon has ended. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith('{')) this.lines.push(JSON.parse(line) as LogLine);
      else this.stray += `${line}\n`;
    }
    this.#wake();
  }
}

/** A vault, a configuration, and daemons on them one after another. */
export class DaemonPlace extends Place {
  readonly config: string;
  readonly socket: string;
  readonly #test: Test;

  constructor(t: Test) {
    super(t);
    this.#test = t;
    this.config = join(this.root, 'bitacora.toml');
    this.socket = join(this.root, 'run', 's');
  }

  /** Makes the vault, and the configuration with `more` in it. */
  async make(more = ''): Promise<void> {
    await this.configure(more);
    const { code, stderr } = await this.configured(['init']);
    if (code !== 0) throw new Error(stderr);
  }

  async configure(more: string): Promise<void> {
    const places = `[backup.storage.local]\npath = "vault"\n[keys]\nfile = "master.key"\n[api.socket]\npath = "run/s"\n`;
    await writeFile(this.config, `${places}${more}`);
  }

  /** Runs `bitacora` with the configuration alone. */
  configured(args: readonly string[]): Promise<Ended> {
    return this.bare(['--config', this.config, ...args]);
  }

  /** Starts a daemon; it is gone at the end of the test. */
  start(env: Readonly<Record<string, string>> = {}): DaemonProcess {
    const child = spawn(process.execPath, [PROGRAM, '--config', this.config, 'daemon'], {
      cwd: this.root,
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: this.root, TZ: 'UTC', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const daemon = new DaemonProcess(child, this.socket);
    this.#test.teardown(() => daemon.kill('SIGKILL'));
    return daemon;
  }

  /** Starts one as systemd does where it holds the sockets: they are its descriptors from 3 on. */
  activate(sockets: readonly number[], names: string): DaemonProcess {
    const script = `LISTEN_PID=$$ LISTEN_FDS=${sockets.length} LISTEN_FDNAMES=${names} exec "$@"`;
    const child = spawn('/bin/sh', ['-c', script, '', process.execPath, PROGRAM, '--config', this.config, 'daemon'], {
      cwd: this.root,
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: this.root, TZ: 'UTC' },
      stdio: ['ignore', 'ignore', 'pipe', ...sockets],
    });
    const daemon = new DaemonProcess(child, this.socket);
    this.#test.teardown(() => daemon.kill('SIGKILL'));
    return daemon;
  }

  /** Starts a daemon and waits until it answers. */
  async up(env?: Readonly<Record<string, string>>): Promise<DaemonProcess> {
    const daemon = this.start(env);
    await daemon.said('Ready.');
    return daemon;
  }

  /** Ids of a user's snapshots, newest first. */
  async snapshots(daemon: DaemonProcess, user: string): Promise<string[]> {
    const { answer } = await daemon.ask(`/api/backups/${user}`);
    return (answer.backups as { backup_id: string }[]).map(({ backup_id }) => backup_id);
  }

  /** A gate that a configured command of `user` waits at. */
  gate(user: string): Gate {
    mkdirSync(this.join('gates'), { recursive: true });
    return new Gate(user, this.join('gates', user));
  }
}

/** A backup that has come to a gate. */
export interface Waiting {
  /** Lets it go on. */
  pass(): Promise<void>;
  /** Resolves once it waits no more, since it was stopped. */
  gone(): Promise<void>;
}

/** A source whose backup runs for as long as the test likes: a program that reads a pipe to its end. */
export class Gate {
  readonly source: string;
  readonly #path: string;

  constructor(user: string, path: string) {
    this.#path = path;
    this.source = `[[source]]\nuser = "${user}"\nname = "gate"\ncommand = ["/bin/cat", "${path}"]\n`;
    this.renew();
  }

  /** Another pipe under the same name: who waits at the old one, left behind by a daemon that was killed, is no matter any more. */
  renew(): void {
    rmSync(this.#path, { force: true });
    const { status } = spawnSync('mkfifo', [this.#path]);
    if (status !== 0) throw new Error('mkfifo failed');
  }

  /** Resolves once a backup has come to the gate. The one that was let through before must have ended: it reads on otherwise. */
  async reached(): Promise<Waiting> {
    const pipe = await open(this.#path, 'w');
    return {
      pass: async () => {
        try {
          await pipe.writeFile('through');
        } finally {
          await pipe.close();
        }
      },
      gone: async () => {
        try {
          for (;;) await pipe.write('x');
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
        } finally {
          await pipe.close();
        }
      },
    };
  }
}

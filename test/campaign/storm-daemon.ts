import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ask, ask, type Reply } from '../api/http.js';
import { PROGRAM } from '../helpers/delivered.js';

/** A vault and, one after another, daemons on it that are killed. */
export class StormDaemon {
  readonly vault: string;
  readonly keyFile: string;
  readonly #root: string;
  readonly #config: string;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #said = '';

  /** Makes the vault below an empty directory. */
  constructor(root: string) {
    this.#root = root;
    this.vault = join(root, 'vault');
    this.keyFile = join(root, 'master.key');
    this.#config = join(root, 'bitacora.toml');
    mkdirSync(root, { recursive: true });
    writeFileSync(
      this.#config,
      '[backup.storage.local]\npath = "vault"\n[keys]\nfile = "master.key"\n[api.socket]\npath = "s"\n',
    );
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, '--config', this.#config, 'init']);
    if (status !== 0) throw new Error(`No vault: ${String(stderr)}`);
  }

  /** Resolves once it answers. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [PROGRAM, '--config', this.#config, 'daemon'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: this.#root, TZ: 'UTC' },
    });
    this.#child = child;
    this.#said = '';
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-20_000);
        if (this.#said.includes('"Ready."')) resolve();
      });
      child.once('error', reject);
      child.once('close', () => reject(new Error(`The daemon did not start: ${this.#said}`)));
    });
  }

  ask(path: string, options?: Ask): Promise<Reply> {
    return ask(join(this.#root, 's'), path, options);
  }

  /** The last of its log. */
  get said(): string {
    return this.#said;
  }

  /** Resolves once it is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#child?.kill(signal);
    await this.#ended;
  }
}

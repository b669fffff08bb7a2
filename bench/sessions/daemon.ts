import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { run } from '../command.js';
import { cliPath } from '../places.js';
import { folderBytes } from '../size.js';

/** A daemon of its own process on a vault of its own, and calls of it as an application makes them: HTTP on its socket, connections kept. */
export class BenchDaemon {
  readonly folder: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2000 });
  #child: ChildProcess | undefined;
  #said = '';

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the vault below an empty folder; `more` is added to the configuration. */
  static async make(folder: string, more = ''): Promise<BenchDaemon> {
    const daemon = new BenchDaemon(folder);
    await mkdir(folder, { recursive: true });
    const places =
      '[backup.storage.local]\npath = "vault"\n[keys]\nfile = "master.key"\n[api.socket]\npath = "socket"\n';
    await writeFile(join(folder, 'bitacora.toml'), `${places}${more}`);
    await run({ argv: [cliPath, '--config', join(folder, 'bitacora.toml'), 'init'] });
    return daemon;
  }

  get vault(): string {
    return join(this.folder, 'vault');
  }

  /** Resolves with the seconds from the start of the process to the first answer. `flags`, for profiles, go to Node. */
  async start(flags?: readonly string[]): Promise<number> {
    const began = performance.now();
    const [program, ...words] = flags ? [process.execPath, ...flags, cliPath] : [cliPath];
    const child = spawn(program!, [...words, '--config', join(this.folder, 'bitacora.toml'), 'daemon'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    const ready = new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-65_536);
        if (this.#said.includes('"Ready."')) resolve();
      });
      child.on('close', (code) => reject(new Error(`The daemon ended with ${code}: ${this.#said.slice(-4000)}`)));
    });
    process.once('exit', this.#kill);
    await ready;
    await this.ask('GET', '/api/health');
    return (performance.now() - began) / 1000;
  }

  /** All that the vault takes, without its index, which can be made anew, and the reserve, which is there whatever is stored. */
  async storedBytes(): Promise<number> {
    const { size: reserve } = (await stat(join(this.vault, 'reserve')).catch(() => undefined)) ?? { size: 0 };
    return (await folderBytes(this.vault)) - (await folderBytes(join(this.vault, 'index'))) - reserve;
  }

  /** The daemon's resident memory now, in bytes. */
  async memory(): Promise<number> {
    const status = await readFile(`/proc/${this.#child!.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
  }

  /** The most that it ever had resident, in bytes. */
  async peakMemory(): Promise<number> {
    const status = await readFile(`/proc/${this.#child!.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
  }

  /** CPU seconds that the daemon has used so far. */
  async cpu(): Promise<number> {
    const fields = (await readFile(`/proc/${this.#child!.pid}/stat`, 'utf8')).split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Asks to stop and waits for that. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    this.#agent.destroy();
    process.off('exit', this.#kill);
    if (child.exitCode !== null) return;
    child.removeAllListeners('close');
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The answer's document. Throws unless it says that all is well. */
  async ask(method: string, path: string, body?: readonly Uint8Array[], type = 'application/json'): Promise<unknown> {
    const { status, bytes } = await this.#exchange(method, path, body ?? [], type);
    if (status !== 200) throw new Error(`${method} ${path} answered ${status}: ${bytes.toString().slice(0, 2000)}`);
    return JSON.parse(bytes.toString());
  }

  /** The answer as it came. */
  async fetch(method: string, path: string, body: readonly Uint8Array[] = []): Promise<Buffer> {
    const { status, bytes } = await this.#exchange(method, path, body, 'application/json');
    if (status !== 200) throw new Error(`${method} ${path} answered ${status}: ${bytes.toString().slice(0, 2000)}`);
    return bytes;
  }

  #exchange(
    method: string,
    path: string,
    body: readonly Uint8Array[],
    type: string,
  ): Promise<{ status: number; bytes: Buffer }> {
    return new Promise((resolve, reject) => {
      const length = body.reduce((sum, part) => sum + part.length, 0);
      // Long work is waited for: what takes too long shows in the figures, and not in an answer that comes before its end.
      const headers = length > 0 ? { 'content-type': type, 'content-length': length, prefer: 'wait=600' } : {};
      const call = request({ socketPath: join(this.folder, 'socket'), agent: this.#agent, method, path, headers });
      call.on('error', reject);
      call.on('response', (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => void parts.push(part));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(parts) }));
      });
      for (const part of body) call.write(part);
      call.end();
    });
  }

  readonly #kill = (): void => void this.#child?.kill('SIGKILL');
}

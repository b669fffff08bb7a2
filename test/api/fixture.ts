import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { makeVault } from '../vault/fixture.js';
import { startDaemon, type TestDaemon, type TestDaemonOptions } from './daemon.js';
import { ask, type Reply } from './http.js';

export interface Served {
  readonly daemon: TestDaemon;
  readonly socket: string;
  readonly root: string;
  readonly keyFile: string;
  /** Two small files. */
  readonly source: string;
  /** The same vault behind another server, as after a restart. */
  restart(): Promise<Served>;
  backUp(body?: Readonly<Record<string, unknown>>, headers?: Readonly<Record<string, string>>): Promise<Reply>;
}

/** A new vault behind a server in this process. */
export async function serve(t: Test, options: Partial<TestDaemonOptions> = {}): Promise<Served> {
  const { root, path, keyFile } = await makeVault(t);
  const source = join(root, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'a.txt'), 'one\n');
  writeFileSync(join(source, 'b.txt'), 'two\n');
  return behindServer(t, { vault: path, keyFile, ...options }, root, source);
}

async function behindServer(t: Test, options: TestDaemonOptions, root: string, source: string): Promise<Served> {
  const { keyFile } = options;
  const daemon = await startDaemon(options);
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) await daemon.close();
    closed = true;
  };
  t.teardown(close);
  const { socket } = daemon;
  return {
    restart: async () => {
      await close();
      return behindServer(t, options, root, source);
    },
    daemon,
    socket,
    root,
    keyFile,
    source,
    backUp: (body = {}, headers = {}) =>
      ask(socket, '/api/commands/backup', {
        body: { user_id: 'ana', type: 'manual', paths: [source], ...body },
        headers,
      }),
  };
}

export function parse(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

/** Something that happens later, and those who wait for it. */
export class Gate {
  readonly opened: Promise<void>;
  open!: () => void;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}

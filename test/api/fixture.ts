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
  backUp(body?: Readonly<Record<string, unknown>>, headers?: Readonly<Record<string, string>>): Promise<Reply>;
}

/** A new vault behind a server in this process. */
export async function serve(t: Test, options: Partial<TestDaemonOptions> = {}): Promise<Served> {
  const { root, path, keyFile } = await makeVault(t);
  const source = join(root, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'a.txt'), 'one\n');
  writeFileSync(join(source, 'b.txt'), 'two\n');
  const daemon = await startDaemon({ vault: path, keyFile, ...options });
  t.teardown(() => daemon.close());
  const { socket } = daemon;
  return {
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

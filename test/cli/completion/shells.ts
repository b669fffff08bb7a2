import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { PROGRAM } from '../../helpers/delivered.js';
import { Place } from '../bin.js';

/** Whether a shell is there to be asked. */
export function hasShell(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0;
}

export interface Shell {
  readonly place: Place;
  /** What a script of that shell says; `$COMPLETION` names the completions, `bitacora` is in the path. */
  run(script: string): string[];
}

/** A shell with the program's completions in a file, and a vault that has two users. */
export async function makeShell(t: Test, shell: string, options: readonly string[] = []): Promise<Shell> {
  const place = new Place(t);
  const completion = place.join('completion');
  writeFileSync(completion, (await place.run(['completion', shell])).stdout);
  await place.run(['init']);
  for (const user of ['ana', 'bea']) await place.run(['backup', user, '--path', place.source]);
  const bin = place.join('bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'bitacora'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`, { mode: 0o755 });
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: place.root,
    COMPLETION: completion,
    BITACORA_VAULT: place.vault,
    LC_ALL: 'C.UTF-8',
  };
  return {
    place,
    run(script) {
      const { status, stdout, stderr } = spawnSync(shell, [...options, '-c', script], {
        env,
        cwd: place.root,
        encoding: 'utf8',
      });
      if (status !== 0 || stderr !== '') throw new Error(`${shell} ended with ${status}: ${stderr}`);
      return stdout.split('\n').filter((line) => line !== '');
    },
  };
}

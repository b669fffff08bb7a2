import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { recordLayers } from '../../src/api/record-layers.js';
import { placedScopes, restoreScope } from '../../src/api/scopes.js';
import type { Selected } from '../../src/api/select.js';
import type { Engine } from '../../src/engine/index.js';
import { restore } from '../../src/restore/index.js';
import type { UserRepository } from '../../src/vault/index.js';
import type { ModelState } from './point-in-time-model.js';
import { fastScratchDirectory, removeScratch } from './scratch.js';

/** Restores a state into a directory of its own and compares what is there then with the model. Throws where they differ. */
export async function checkRestored(
  repository: UserRepository,
  engine: Engine,
  selected: Selected,
  expected: ModelState,
): Promise<void> {
  const target = fastScratchDirectory('point-in-time-target');
  try {
    const { chunks, backend, openSecrets: secrets } = repository;
    const { layers } = await recordLayers(repository, selected);
    const report = await restore({
      source: { chunks, backend, secrets, engine },
      scopes: placedScopes(selected).map(restoreScope),
      records: layers,
      target,
    });
    const problem = report.failures.items[0] ?? report.warnings.items[0];
    if (problem) throw new Error(`Restoring "${problem.path}": ${problem.code} ${problem.message}`);
    const [a, b] = [wantedLines(expected), linesBelow(target)].map((lines) => lines.join('\n'));
    if (a !== b) throw new Error(`Restored was\n${b}\nexpected\n${a}`);
  } finally {
    removeScratch(target);
  }
}

/** Files with their content, and of each collection its records. */
function wantedLines({ files, records }: ModelState): string[] {
  const collections = new Map<string, string[]>();
  for (const record of records) {
    const [, scope, collection, json] = /^(\S+) (\S+) (.*)$/s.exec(record)!;
    const path = `/_records/${scope}/${collection}`;
    collections.set(path, [...(collections.get(path) ?? []), json!]);
  }
  const lines = files.filter((file) => !file.endsWith(' directory'));
  for (const [path, lists] of collections) lines.push(`${path} = ${lists.join('\n')}`);
  return lines.sort();
}

/** Directories are those on the way to files, or empty; collections without a record are passed over. */
function linesBelow(target: string): string[] {
  const lines: string[] = [];
  for (const name of readdirSync(target, { recursive: true, encoding: 'utf8' })) {
    const path = join(target, name);
    if (!statSync(path).isFile()) continue;
    const content = readFileSync(path, 'utf8');
    if (!name.startsWith('_records/')) lines.push(`/${name} = ${content}`);
    else if (content !== '') lines.push(`/${name.replace(/\.(json|ndjson)$/, '')} = ${content.replace(/\n$/, '')}`);
  }
  return lines.sort();
}

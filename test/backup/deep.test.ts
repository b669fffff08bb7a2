/**
 * Goal: how deep a tree is costs no stack, and what is deeper than a snapshot may be costs itself only.
 * Method: real directories, made step by step since no path reaches that far.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { decodeEntry, NodeReader, TREE_DEPTH_MAX } from '../../src/format/index.js';
import { makeSetting, type Setting } from './fixture.js';

/** `d/d/d/…` below the source with a file at the bottom. */
function dig(setting: Setting, depth: number): void {
  const home = process.cwd();
  process.chdir(setting.source);
  try {
    for (let level = 0; level < depth; level++) {
      mkdirSync('d');
      process.chdir('d');
    }
    writeFileSync('bottom', 'deep');
  } finally {
    process.chdir(home);
  }
}

/** How many directories lie in each other below a root. */
async function depthOf(setting: Setting, root: Uint8Array): Promise<number> {
  for (let id = root, depth = 0; ; depth++) {
    let next: Uint8Array | undefined;
    for await (const { content } of setting.repository.trees.entries(id)) {
      if (content.form === 'directory') next = content.id;
    }
    if (!next) return depth;
    id = next;
  }
}

async function rootOf(setting: Setting): Promise<Uint8Array> {
  const [snapshot] = await setting.repository.snapshots.list();
  const kept = snapshot!.manifest.scopes[0]!;
  const { content } = decodeEntry(new NodeReader(kept.entry, 'the root'));
  if (content.form !== 'directory') throw new TypeError('The scope is no directory.');
  return content.id;
}

t.test('backup() of thousands of directories in each other is complete', async (t) => {
  for (const threads of [0, 1]) {
    const setting = await makeSetting(t, { threads });
    dig(setting, 3000);
    const report = await setting.run();
    t.equal(report.status, 'complete');
    t.equal(report.counts.directories, 3001);
    t.equal(await depthOf(setting, await rootOf(setting)), 3000);
    t.equal((await setting.run()).counts.filesUnchanged, 1);
  }
});

t.test('backup() lists what lies deeper than a snapshot may be, and goes on', async (t) => {
  const setting = await makeSetting(t);
  dig(setting, TREE_DEPTH_MAX + 5);
  setting.write('beside', 'shallow');
  const report = await setting.run();
  t.equal(report.status, 'partial');
  t.match(report.failures, { count: 1, items: [{ code: 'ELOOP' }] });
  t.equal(await depthOf(setting, await rootOf(setting)), TREE_DEPTH_MAX);
});

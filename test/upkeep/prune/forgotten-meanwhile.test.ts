import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { toHex } from '../../../src/base/index.js';
import { makeSetting } from '../../backup/fixture.js';
import { SeededRandom } from '../../campaign/random.js';
import { forget, pruned, snapshot } from './fixture.js';

t.test('what came and was forgotten while a prune ran is given up with what it relied on', async (t) => {
  const setting = await makeSetting(t);
  // How much of a pack is needed is told by its chunks: of many, wherever they are cut, one is a small part.
  const [whole, mixed] = [new SeededRandom(1).bytes(100_000), new SeededRandom(2).bytes(900_000)];
  setting.write('whole', whole);
  const first = await snapshot(setting);
  rmSync(join(setting.source, 'whole'));
  setting.write('mixed', mixed);
  setting.write('kept', new SeededRandom(3).bytes(20_000));
  const second = await snapshot(setting);
  rmSync(join(setting.source, 'mixed'));
  await snapshot(setting);
  await forget(setting, first.id, second.id);
  await setting.reopen();
  setting.write('again', mixed);
  const { log } = setting.repository;
  const pruner = await setting.vault.openUser('ana');
  const appendAfter = log.appendAfter.bind(log);
  let turns = 0;
  let third: Uint8Array | undefined;
  log.appendAfter = async (...args) => {
    // The first tombstone has its turn alone, and gives up what was forgotten by then.
    if (++turns === 2) {
      log.appendAfter = appendAfter;
      third = (await snapshot(setting)).id;
      await forget(setting, third);
      setting.repository.close();
    }
    return appendAfter(...args);
  };
  t.ok((await pruned({ ...setting, repository: pruner })).rewritten.packs > 0);
  const listed = await pruner.snapshots.findListed(toHex(third!));
  t.ok(listed.givenUp, 'nobody is told that it can be taken back');
  pruner.close();
});

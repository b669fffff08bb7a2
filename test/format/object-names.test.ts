import t from 'tap';
import { toHex } from '../../src/base/index.js';
import {
  bundleName,
  copyName,
  LOG_SEQUENCE_MAX,
  logName,
  packName,
  parseObjectName,
  parseUid,
  queueName,
  registryName,
  registryPrefix,
  uidBytes,
  uidOf,
} from '../../src/format/index.js';
import { fixedBytes } from './samples.js';

const UID = uidOf(fixedBytes(16, 'uid'));
const HASH = fixedBytes(32, 'hash');
const HEX = toHex(HASH);
const BUNDLE = { generation: 2, epoch: 17, masterId: '0123456789abcdef', copy: 2 } as const;

t.test('object names have the forms of the format', (t) => {
  t.equal(packName(UID, HASH), `users/${UID}/packs/${HEX.slice(0, 2)}/${HEX}`);
  t.equal(logName(UID, 42, HASH), `users/${UID}/log/000000000042-${HEX}`);
  t.equal(bundleName(UID, BUNDLE), `users/${UID}/keys/2-17-0123456789abcdef.2`);
  t.equal(registryName(HASH, 3), `registry/${HEX.slice(0, 2)}/${HEX}-000003`);
  t.equal(queueName(fixedBytes(16, 'job')), `queue/${toHex(fixedBytes(16, 'job'))}`);
  t.ok(registryName(HASH, 3).startsWith(registryPrefix(HASH)));
  t.equal(toHex(uidBytes(UID)), UID);
  t.end();
});

t.test('parseObjectName() gives back what a name was made of', (t) => {
  t.same(parseObjectName('vault.json'), { type: 'vault' });
  for (const of of ['vault.json', registryName(HASH, 7)] as const) {
    t.same(parseObjectName(copyName(of)), { type: 'copy', name: `copies/${of}`, of });
  }
  t.match(parseObjectName(packName(UID, HASH)), { type: 'pack', uid: UID });
  t.match(parseObjectName(logName(UID, LOG_SEQUENCE_MAX, HASH)), { type: 'log', uid: UID, seq: LOG_SEQUENCE_MAX });
  t.match(parseObjectName(bundleName(UID, BUNDLE)), { type: 'bundle', uid: UID, ...BUNDLE });
  t.match(parseObjectName(registryName(HASH, 999_999)), { type: 'registry', version: 999_999 });
  t.match(parseObjectName(queueName(fixedBytes(16, 'job'))), { type: 'queue', jobId: fixedBytes(16, 'job') });
  for (const name of [packName(UID, HASH), logName(UID, 1, HASH)]) {
    const parsed = parseObjectName(name);
    if (parsed?.type !== 'pack' && parsed?.type !== 'log') return t.fail(name);
    t.equal(toHex(parsed.hash), HEX);
    t.equal(parsed.name, name);
  }
  t.end();
});

t.test('parseObjectName() refuses every name that is not exactly of a form', (t) => {
  const names = [
    packName(UID, HASH),
    logName(UID, 42, HASH),
    bundleName(UID, BUNDLE),
    registryName(HASH, 3),
    copyName(registryName(HASH, 3)),
    copyName('vault.json'),
    queueName(fixedBytes(16, 'job')),
  ];
  for (const name of names) {
    for (const other of [`/${name}`, `${name}/`, `${name}x`, `x${name}`, `${name}\n`, name.slice(0, -1)]) {
      if (other !== name) t.equal(parseObjectName(other), undefined, JSON.stringify(other));
    }
    for (let at = 0; at < name.length; at++) {
      const spoilt = `${name.slice(0, at)}/${name.slice(at + 1)}`;
      if (spoilt !== name && parseObjectName(spoilt)) t.fail(spoilt);
    }
  }
  for (const name of [
    '',
    'vault.json.tmp',
    'copies/copies/vault.json',
    `copies/${packName(UID, HASH)}`,
    packName(UID, HASH).toUpperCase(),
    `users/${UID}/packs/00/${HEX}`,
    `users/${UID}/log/000000000000-${HEX}`,
    `users/${UID}/log/42-${HEX}`,
    `users/${UID}/keys/02-17-0123456789abcdef.2`,
    `users/${UID}/keys/4294967296-17-0123456789abcdef.2`,
    `users/${UID}/keys/2-17-0123456789abcdef.3`,
    `registry/${HEX.slice(0, 2)}/${HEX}-000000`,
  ]) {
    t.equal(parseObjectName(name), undefined, name);
  }
  t.end();
});

t.test('parseUid() takes 32 lower-case hex digits and nothing else', (t) => {
  t.equal(parseUid(UID), UID);
  for (const text of [UID.toUpperCase(), UID.slice(1), `${UID}0`, `${UID}\n`, '../../../../../../../../../../x']) {
    t.equal(parseUid(text), undefined, text);
  }
  t.end();
});

t.test('names are not made from parts out of range', (t) => {
  t.throws(() => packName(UID, HASH.subarray(1)), TypeError);
  t.throws(() => logName(UID, 0, HASH), TypeError);
  t.throws(() => logName(UID, LOG_SEQUENCE_MAX + 1, HASH), TypeError);
  t.throws(() => registryName(HASH, 1_000_000), TypeError);
  t.throws(() => bundleName(UID, { ...BUNDLE, epoch: 2 ** 32 }), TypeError);
  t.throws(() => bundleName(UID, { ...BUNDLE, masterId: 'xyz' }), TypeError);
  t.throws(() => uidOf(HASH), TypeError);
  t.end();
});

import t from 'tap';
import { Fingerprint } from '../../src/api/idempotency.js';
import { recordBodyOf, sentRecords } from '../../src/api/records/body.js';
import { utf8 } from '../../src/base/index.js';
import { sha256 } from '../../src/crypto/index.js';

const INPUT = { user_id: 'ana', session_id: 's1', idempotency_key: 'k' };
const { signal } = new AbortController();

function sent(text: string) {
  async function* parts(): AsyncGenerator<Uint8Array> {
    // In pieces that have nothing to do with the lines.
    for (let at = 0; at < text.length; at += 7) yield utf8(text.slice(at, at + 7));
  }
  return { records: sentRecords('ndjson', parts()) };
}

async function digestOf(text: string, input: object = INPUT): Promise<string> {
  const fingerprint = new Fingerprint('end', { ...INPUT, ...input }, sent(text));
  await fingerprint.complete(signal);
  return fingerprint.digest;
}

const line = (collection: string, record: string) => `{"collection":"${collection}","record":${record}}\n`;

t.test('a fingerprint of records that are sent is of all that they say', async (t) => {
  const text = line('sparks', '{"id":"a"}') + line('topics', '{"id":"b"}');
  const digest = await digestOf(text);
  t.equal(await digestOf(text), digest);
  for (const other of [
    line('sparks', '{"id":"a"}'),
    line('topics', '{"id":"b"}') + line('sparks', '{"id":"a"}'),
    line('sparks', '{"id":"a"}') + line('sparks', '{"id":"b"}'),
    line('sparks', '{"id": "a"}') + line('topics', '{"id":"b"}'),
  ]) {
    t.not(await digestOf(other), digest, other);
  }
  t.not(await digestOf(text, { session_id: 's2' }), digest);
  t.equal(await digestOf(text, { idempotency_key: 'other' }), digest, 'the key is no part of it');
});

t.test('it is known once they were read, by whoever reads them, and of what is there at once', async (t) => {
  const text = line('sparks', '{"id":"a"}');
  const fingerprint = new Fingerprint('end', INPUT, sent(text));
  let seen = 0;
  for await (const parts of fingerprint.records!(signal)) seen += parts.length;
  t.ok(seen > 0);
  t.equal(fingerprint.kept!(), `k ${await digestOf(text)}`);
  const there = { records: recordBodyOf('json', utf8('{"sparks":[]}')) };
  const one = new Fingerprint('end', INPUT, there);
  const hashed = { records: recordBodyOf('json', utf8('{"sparks":[]}'), sha256(utf8('{"sparks":[]}'))) };
  t.equal(new Fingerprint('end', INPUT, hashed).digest, one.digest, 'whoever has hashed the bytes already');
  const other = { records: recordBodyOf('json', utf8('{"sparks":[]}'), sha256(utf8('{}'))) };
  t.not(new Fingerprint('end', INPUT, other).digest, one.digest, 'and is believed: they are not hashed again');
  t.not(one.digest, new Fingerprint('backup', INPUT, there).digest, 'of another operation it is another');
  t.equal(new Fingerprint('end', { ...INPUT, idempotency_key: undefined }, there).kept, undefined);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { exchange } from '../../src/api/client/exchange.js';
import type { ClientOptions } from '../../src/api/client/options.js';
import { readFrames } from '../../src/api/client/read-frames.js';
import { readItems } from '../../src/api/client/read-items.js';
import { connectApi } from '../../src/api/index.js';
import { writeBytes, writeDocument, writeFrames, writeLines } from '../../src/api/server/streams.js';
import { BitacoraError, noProgress, silentLogger } from '../../src/base/index.js';
import { VERSION } from './daemon.js';
import { Gate, parse, type Served, serve } from './fixture.js';
import { ask } from './http.js';

const LINES = { accept: 'application/x-ndjson' };
const FRAMES = { accept: 'application/vnd.bitacora.frames' };
const DAMAGE = new BitacoraError('DATA_CORRUPT', 'A chunk is damaged.', { details: { pack: 'ab' } });

function optionsFor(socket: string, signal = new AbortController().signal): ClientOptions {
  return { socket, version: VERSION, signal, progress: noProgress, logger: silentLogger };
}

/** A server whose every answer `write` writes. */
async function answering(t: Test, write: (response: ServerResponse) => Promise<void>): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'bitacora-streams-'));
  const socket = join(directory, 's');
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'bitacora-api': '1' });
    void write(response).catch(() => {});
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });
  return socket;
}

const known = (error: unknown): BitacoraError => error as BitacoraError;

async function* itemsThenDamage(count: number): AsyncGenerator<object> {
  for (let item = 0; item < count; item++) yield { item };
  throw DAMAGE;
}

async function* bytesThenDamage(count: number): AsyncGenerator<Uint8Array> {
  for (let part = 0; part < count; part++) yield Buffer.alloc(100_000, part);
  throw DAMAGE;
}

async function drain(parts: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of parts) count++;
  return count;
}

const get = { method: 'GET', path: '/', accept: '*/*' };

t.test('items that end early are told by the last line, and thrown behind those that came', async (t) => {
  const stream = () => ({ head: { a: 1 }, member: 'items', items: itemsThenDamage(5000) });
  const socket = await answering(t, (response) => writeLines(response, stream(), known));
  const { head, member, items } = await readItems(await exchange(optionsFor(socket), get));
  t.same({ head, member }, { head: { a: 1 }, member: 'items' });
  let count = 0;
  await t.rejects(
    async () => {
      for await (const _ of items) count++;
    },
    { code: 'DATA_CORRUPT', message: 'A chunk is damaged.', details: { pack: 'ab' } },
  );
  t.equal(count, 5000);
});

t.test('a document of items that end early says why and is cut off before its end', async (t) => {
  const stream = () => ({ head: {}, member: 'items', items: itemsThenDamage(5000) });
  const reply = await ask(await answering(t, (response) => writeDocument(response, stream(), known)), '/');
  t.notOk(reply.complete);
  const document = parse(reply.text) as { items: unknown[] };
  t.equal(document.items.length, 5000);
  t.match(document, { error: { code: 'DATA_CORRUPT', details: { pack: 'ab' } } });
});

t.test('bytes that end early are cut off, and in frames told', async (t) => {
  const plain = await ask(await answering(t, (response) => writeBytes(response, bytesThenDamage(3))), '/');
  t.notOk(plain.complete);
  const socket = await answering(t, (response) => writeFrames(response, bytesThenDamage(3), known));
  let length = 0;
  await t.rejects(
    async () => {
      for await (const part of readFrames(await exchange(optionsFor(socket), get))) length += part.length;
    },
    { code: 'DATA_CORRUPT', details: { pack: 'ab' } },
  );
  t.equal(length, 300_000);
});

t.test('a connection that breaks in the middle is no end', async (t) => {
  const broken = async (response: ServerResponse, text: string): Promise<void> => {
    response.write(text, () => response.destroy());
  };
  const lines = await answering(t, (response) => broken(response, '{"head":{},"member":"items"}\n{"item":1}\n{"it'));
  const { items } = await readItems(await exchange(optionsFor(lines), get));
  await t.rejects(drain(items), { code: 'DAEMON_SILENT' });
  const frames = await answering(t, (response) => broken(response, '\u0001\0\0\0\u0003ab'));
  await t.rejects(drain(readFrames(await exchange(optionsFor(frames), get))), { code: 'DAEMON_SILENT' });
  const nothing = await answering(t, (response) => broken(response, ''));
  await t.rejects(readItems(await exchange(optionsFor(nothing), get)), { code: 'DAEMON_SILENT' });
});

t.test('an answer that ends without saying that this was all is not all', async (t) => {
  const ended = async (response: ServerResponse, text: string): Promise<void> => void response.end(text);
  const lines = await answering(t, (response) => ended(response, '{"head":{},"member":"items"}\n{"item":1}\n'));
  const { items } = await readItems(await exchange(optionsFor(lines), get));
  await t.rejects(drain(items), { code: 'DAEMON_SILENT' });
  for (const text of ['\u0001\0\0\0\u0002ab', '\u0001\0\0\0\u0003ab', '\u0001\0']) {
    const frames = await answering(t, (response) => ended(response, text));
    await t.rejects(drain(readFrames(await exchange(optionsFor(frames), get))), { code: 'DAEMON_SILENT' });
  }
});

t.test('nothing is read that nobody wants: the reader sets the pace, and its going away ends the source', async (t) => {
  const ended = new Gate();
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        given++;
        yield Buffer.alloc(65_536);
      }
    } finally {
      ended.open();
    }
  }
  const socket = await answering(t, (response) => writeFrames(response, endless(), known));
  const bytes = readFrames(await exchange(optionsFor(socket), get));
  await bytes.next();
  await bytes.return(undefined);
  await ended.opened;
  t.ok(given < 1000, `${given} parts of 64 KiB, and not more and more`);
});

/** Many files in one directory, and a large one beside it. */
async function manyFiles(t: Test, count: number): Promise<Served> {
  const served = await serve(t);
  const directory = join(served.source, 'many');
  mkdirSync(directory);
  for (let file = 0; file < count; file++) writeFileSync(join(directory, `a file of a long name ${file}`), '');
  writeFileSync(join(served.source, 'large'), Buffer.alloc(3_000_000, 'largely the same, '));
  t.equal((await served.backUp()).status, 200);
  return served;
}

t.test('items come as one document, or as lines whose last one says that these were all', async (t) => {
  const served = await manyFiles(t, 2000);
  const path = `/api/users/ana/entries?path=${encodeURIComponent(join(served.source, 'many'))}`;
  const document = await ask(served.socket, path);
  t.ok(document.complete);
  const { entries, ...head } = parse(document.text) as { entries: { path: string }[] };
  t.equal(entries.length, 2000);
  const lines = (await ask(served.socket, path, { headers: LINES })).text.trimEnd().split('\n').map(parse);
  t.match(lines[0], { head: { ...head, at: String }, member: 'entries' });
  t.same(lines.at(-1), { end: true, tail: {} });
  t.same(
    lines.slice(1, -1).map(({ item }) => item),
    entries,
  );
});

t.test('the bytes of a file come as they are, or in frames with their end told', async (t) => {
  const { socket, source } = await manyFiles(t, 1);
  const input = { user_id: 'ana', snapshot: 'latest', path: join(source, 'large') };
  const path = `/api/users/ana/content?snapshot=latest&path=${encodeURIComponent(input.path)}`;
  const plain = await ask(socket, path);
  t.equal(plain.text, Buffer.alloc(3_000_000, 'largely the same, ').toString());
  const framed = await ask(socket, path, { headers: FRAMES });
  t.ok(framed.text.endsWith('\u0002\0\0\0\0'));
  const client = await connectApi(optionsFor(socket));
  const parts: Uint8Array[] = [];
  for await (const part of await client.bytes('cat', input)) parts.push(part);
  t.equal(Buffer.concat(parts).toString(), plain.text);
  await t.rejects(client.bytes('cat', { ...input, path: '/none' }), { code: 'UNKNOWN_PATH' }, 'before any byte');
});

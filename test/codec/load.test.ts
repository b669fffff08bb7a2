import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';

const door = new URL('../../src/codec/index.js', import.meta.url).href;

/** A worker thread that loads the codecs, packs and unpacks with each, and tells what it saw. */
const program = `
  const { parentPort } = require('node:worker_threads');
  import(${JSON.stringify(door)}).then(async (codec) => {
    try { codec.createDecompressor(); } catch (error) { parentPort.postMessage({ early: error.name }); }
    const [first, second] = await Promise.all([codec.loadCodecs(), codec.loadCodecs()]);
    const plain = Buffer.from('over and over '.repeat(5000));
    const lengths = {};
    for (const name of ['zstd', 'lz4', 'gzip']) {
      const into = new Uint8Array(plain.length), out = new Uint8Array(plain.length);
      lengths[name] = codec.createCompressor(name).compress(plain, into);
      codec.createDecompressor().decompress(codec.CODEC_IDS[name], into.subarray(0, lengths[name]), out, plain.length);
      if (Buffer.compare(out, plain) !== 0) throw new Error(name + ' differs');
    }
    parentPort.postMessage({ zstd: first.zstd, again: second.zstd, lengths });
  }).catch((error) => parentPort.postMessage({ code: error.code ?? String(error) }));
`;

interface Told {
  early?: string;
  zstd?: string;
  again?: string;
  code?: string;
  lengths?: Record<string, number>;
}

async function runWorker(forced: string): Promise<Told> {
  const worker = new Worker(program, { eval: true, env: { ...process.env, BITACORA_ZSTD: forced } });
  const told: Told = {};
  worker.on('message', (message: Told) => Object.assign(told, message));
  await once(worker, 'exit');
  return told;
}

t.test('loadCodecs() serves worker threads, two at a time, with WebAssembly alone', async (t) => {
  for (const told of await Promise.all([runWorker('wasm'), runWorker('wasm')])) {
    t.equal(told.early, 'TypeError', 'nothing can be made before it has settled');
    t.match(told, { zstd: 'wasm', again: 'wasm' });
    for (const length of Object.values(told.lengths ?? { none: 0 })) t.ok(length > 0 && length < 7000);
  }
});

t.test('loadCodecs() takes the best zstd at hand when none is forced', async (t) => {
  const told = await runWorker('');
  t.ok(['native', 'node', 'wasm'].includes(told.zstd ?? ''), `took ${told.zstd}`);
  t.equal(told.again, told.zstd);
});

t.test('loadCodecs() says so when the forced provider is unknown', async (t) => {
  t.equal((await runWorker('brotli')).code, 'CONFIG');
});

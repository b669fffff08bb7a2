import t from 'tap';
import {
  CHUNK_KINDS,
  decodeBundle,
  decodeFooter,
  decodeFrameHeader,
  decodeKeyFile,
  decodeLogEntry,
  decodeRegistryRecord,
  decodeTrailer,
  decodeVaultFile,
  encodeBundle,
  encodeKeyFile,
  encodeLogEntry,
  encodeRegistryRecord,
  encodeTrailer,
  encodeVaultFile,
  FooterBuilder,
  writeFrameHeader,
} from '../../src/format/index.js';
import { codeOf, ENTRIES, fixedBytes } from './samples.js';

interface Layout {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
  /** Codes of a refusal. */
  readonly codes: readonly string[];
}

function frame(): Uint8Array {
  const bytes = new Uint8Array(40);
  const end = writeFrameHeader(CHUNK_KINDS.data, 1, [300, 5, 1], bytes, 0);
  return bytes.subarray(0, end + 20);
}

function footer(): Uint8Array {
  const builder = new FooterBuilder();
  builder.addFrame(CHUNK_KINDS.data, 1000, fixedBytes(64, 'ids'));
  builder.addFrame(CHUNK_KINDS.list, 50, fixedBytes(32, 'more ids'));
  return builder.encode();
}

const sizes = { min: 16384, normal: 65536, max: 262144 };
const bundle = encodeBundle({
  dedupRoot: fixedBytes(32, 'dedup'),
  encryptionRoot: fixedBytes(32, 'encryption'),
  created: 5,
  chunker: { algorithm: 'sgear', small: sizes, large: sizes },
});
const record = encodeRegistryRecord({
  version: 1,
  name: 'ana',
  uid: fixedBytes(16, 'uid'),
  created: 5,
  state: 'active',
  sources: [{ kind: 'path', path: fixedBytes(5, 'path'), atSessionEnd: true }],
  exclude: ['*.o'],
});
const vaultFile = encodeVaultFile({ format: 0, vaultId: fixedBytes(16, 'v'), created: 5, mac: fixedBytes(32, 'm') });
const keyFile = encodeKeyFile({ vaultId: fixedBytes(16, 'v'), masterKey: fixedBytes(32, 'k') });
const trailer = encodeTrailer({ footerOffset: 2000, footerSealedLength: 120, frameCount: 2 });

const CORRUPT = ['DATA_CORRUPT'];
const OR_NEWER = ['DATA_CORRUPT', 'FORMAT_NEWER'];
const LAYOUTS: readonly Layout[] = [
  { name: 'frame header', bytes: frame(), decode: (bytes) => decodeFrameHeader(bytes), codes: CORRUPT },
  { name: 'footer', bytes: footer(), decode: (bytes) => decodeFooter(bytes), codes: CORRUPT },
  { name: 'trailer', bytes: trailer, decode: (bytes) => decodeTrailer(bytes, 2160), codes: CORRUPT },
  { name: 'vault.json', bytes: vaultFile, decode: decodeVaultFile, codes: OR_NEWER },
  {
    name: 'key file',
    bytes: keyFile,
    decode: (bytes) => decodeKeyFile(bytes, 'k'),
    codes: ['KEY_MALFORMED', 'FORMAT_NEWER'],
  },
  { name: 'user bundle', bytes: bundle, decode: (bytes) => decodeBundle(bytes), codes: OR_NEWER },
  { name: 'registry record', bytes: record, decode: (bytes) => decodeRegistryRecord(bytes), codes: OR_NEWER },
  ...ENTRIES.map((entry) => ({
    name: `log entry ${entry.kind}`,
    bytes: encodeLogEntry(entry),
    decode: (bytes: Uint8Array) => decodeLogEntry(bytes),
    codes: OR_NEWER,
  })),
];

/** Decoders that end where their bytes do; JSON and key files may lose a last line end, a frame some of its payload. */
const EXACT = LAYOUTS.filter(({ name }) => !['vault.json', 'key file', 'frame header'].includes(name));

for (const { name, bytes, decode, codes } of LAYOUTS) {
  t.test(`${name}: each change of a byte is refused or read, and nothing else happens`, (t) => {
    let refused = 0;
    let read = 0;
    const spoilt = Uint8Array.from(bytes);
    for (const [at, byte] of bytes.entries()) {
      for (let value = 0; value < 256; value++) {
        if (value === byte) continue;
        spoilt[at] = value;
        const code = codeOf(() => decode(spoilt));
        if (code === undefined) read++;
        else if (codes.includes(code)) refused++;
        else t.fail(`byte ${at} as ${value}: ${code}`);
      }
      spoilt[at] = byte;
    }
    t.ok(refused > 0, `${refused} refused, ${read} read`);
    t.end();
  });

  t.test(`${name}: each cut is refused or read, and nothing else happens`, (t) => {
    for (let length = 0; length < bytes.length; length++) {
      const code = codeOf(() => decode(bytes.subarray(0, length)));
      if (code !== undefined && !codes.includes(code)) t.fail(`cut to ${length}: ${code}`);
    }
    t.ok(codes.includes(codeOf(() => decode(bytes.subarray(0, 0))) ?? 'accepted'));
    t.end();
  });
}

for (const { name, bytes, decode, codes } of EXACT) {
  t.test(`${name}: each cut and each added byte is refused`, (t) => {
    for (let length = 0; length < bytes.length; length++) {
      const code = codeOf(() => decode(bytes.subarray(0, length)));
      if (code === undefined || !codes.includes(code)) t.fail(`cut to ${length}: ${code}`);
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    t.equal(
      codeOf(() => decode(longer)),
      'DATA_CORRUPT',
    );
    t.end();
  });
}

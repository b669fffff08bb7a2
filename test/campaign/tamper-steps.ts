import { toHex } from '../../src/base/index.js';
import { sha256 } from '../../src/crypto/index.js';
import { parseObjectName } from '../../src/format/index.js';
import type { SeededRandom } from './random.js';
import type { Objects } from './switch-backend.js';
import { someHash, type TamperUser, type TamperVault } from './tamper-vault.js';

/** What somebody did to the storage, and what may come of it. */
export interface Change {
  readonly what: string;
  readonly objects: Objects;
  /** Objects that are not as they were, are gone, or are new. */
  readonly touched: ReadonlySet<string>;
  /** It must be noticed on a machine that has never seen the vault. */
  readonly surely?: boolean;
  /** It shows an earlier state, whole in itself: only who knows a later one can tell. */
  readonly rollback?: boolean;
  /** What else may stand for the object in a message. */
  readonly alias?: RegExp;
}

type Step = (made: TamperVault, random: SeededRandom) => Change | undefined;

/** All objects, in an order that does not depend on hashes. */
function objectsOf({ users }: TamperVault): string[] {
  const twice = ['vault.json', ...users.map(({ registry }) => registry)];
  return [
    ...twice,
    ...twice.map((name) => `copies/${name}`),
    ...users.flatMap(({ bundles, log, packs }) => [...bundles, ...log, ...packs]),
  ];
}

/** An object, packs as often as all others together. */
function anyObject(made: TamperVault, random: SeededRandom): string {
  return random.chance(0.5) ? anyPack(made, random) : random.pick(objectsOf(made));
}

function anyPack(made: TamperVault, random: SeededRandom): string {
  return random.pick(random.pick(made.users).packs);
}

/** A copy is of the kind of what it is a copy of. */
function kindOf(name: string): string {
  return parseObjectName(name.replace(/^copies\//, ''))?.type ?? 'other';
}

/** Puts, replaces and (undefined) removes objects; undefined where nothing would change. */
function change(
  made: TamperVault,
  what: string,
  edits: ReadonlyMap<string, Uint8Array | undefined>,
  more: Pick<Change, 'surely' | 'rollback' | 'alias'> = {},
): Change | undefined {
  const objects = new Map(made.objects);
  const touched = new Set<string>();
  for (const [name, bytes] of edits) {
    const before = made.objects.get(name);
    if (before === undefined ? bytes === undefined : bytes !== undefined && Buffer.compare(before, bytes) === 0)
      continue;
    touched.add(name);
    if (bytes === undefined) objects.delete(name);
    else objects.set(name, bytes);
  }
  if (touched.size === 0) return undefined;
  // A second copy is looked at where the first is damaged, and by a scrub.
  const unseen = [...touched].every((name) => name.startsWith('copies/'));
  return { what, objects, touched, ...more, ...(unseen && { surely: false }) };
}

const edit = (
  made: TamperVault,
  what: string,
  name: string,
  bytes: Uint8Array | undefined,
  more: Pick<Change, 'surely' | 'rollback' | 'alias'> = {},
): Change | undefined => change(made, `${what} ${kindOf(name)}`, new Map([[name, bytes]]), more);

const truncate: Step = (made, random) => {
  const name = anyObject(made, random);
  const bytes = made.objects.get(name)!;
  const length = random.chance(0.3)
    ? bytes.length - 1 - random.below(Math.min(100, bytes.length))
    : random.below(bytes.length);
  return edit(made, 'truncated', name, bytes.slice(0, length), { surely: true });
};

const extend: Step = (made, random) => {
  const name = anyObject(made, random);
  const bytes = made.objects.get(name)!;
  const more = 1 + random.below(random.chance(0.5) ? 64 : 5000);
  const tail = random.pick([random.bytes(more), new Uint8Array(more), bytes.slice(-more)]);
  return edit(made, 'extended', name, Buffer.concat([bytes, tail]), { surely: kindOf(name) !== 'vault' });
};

const overwrite: Step = (made, random) => {
  const name = anyObject(made, random);
  const bytes = made.objects.get(name)!.slice();
  const at = random.below(bytes.length);
  const length = Math.min(bytes.length - at, 1 + random.below(random.chance(0.5) ? 16 : 5000));
  bytes.set(random.chance(0.3) ? new Uint8Array(length) : random.bytes(length), at);
  return edit(made, 'overwritten', name, bytes, { surely: kindOf(name) !== 'pack' });
};

const swap: Step = (made, random) => {
  const [a, b] = [anyObject(made, random), anyObject(made, random)];
  const edits = new Map([
    [a, made.objects.get(b)],
    [b, made.objects.get(a)],
  ]);
  const kinds = [kindOf(a), kindOf(b)].sort().join(' and ');
  // A pack is whole in itself: under another one's name it is as good.
  return change(made, `swapped ${kinds}`, edits, { surely: kinds !== 'pack and pack' || ownerOf(a) !== ownerOf(b) });
};

function ownerOf(name: string): string | undefined {
  const parsed = parseObjectName(name);
  return parsed && 'uid' in parsed ? parsed.uid : undefined;
}

const swapBetweenUsers: Step = (made, random) => {
  const kind = random.pick(['registry', 'bundles', 'log', 'packs'] as const);
  const pick = (user: TamperUser) => (kind === 'registry' ? user.registry : random.pick(user[kind]));
  const [a, b] = made.users.map(pick) as [string, string];
  const both = random.chance(0.5);
  const edits = new Map([[a, made.objects.get(b)]]);
  if (both) edits.set(b, made.objects.get(a));
  return change(made, `${kindOf(a)} of another user${both ? ', exchanged' : ''}`, edits, { surely: true });
};

const remove: Step = (made, random) => {
  const name = anyObject(made, random);
  const last = made.users.some(({ log }) => log.at(-1) === name);
  const alias = kindOf(name) === 'registry' ? /no user/ : kindOf(name) === 'vault' ? /no vault/ : undefined;
  return edit(made, last ? 'removed last' : 'removed', name, undefined, {
    surely: !last,
    rollback: last,
    ...(alias && { alias }),
  });
};

const rename: Step = (made, random) => {
  const user = random.pick(made.users);
  const name = random.pick([...user.packs, ...user.log, ...user.bundles]);
  const at = name.lastIndexOf('/') + 1;
  const base = name.slice(at);
  const hash = someHash(random);
  const to =
    kindOf(name) === 'pack'
      ? `${name.slice(0, at - 3)}${hash.slice(0, 2)}/${hash}`
      : kindOf(name) === 'log'
        ? name.slice(0, at) +
          (random.chance(0.5) ? `00000000000${1 + random.below(9)}${base.slice(12)}` : base.slice(0, 13) + hash)
        : name.slice(0, at) +
          random.pick([
            `7-9${base.slice(3)}`,
            `1-9${base.slice(3)}`,
            base.replace(/-[0-9a-f]{16}/, `-${hash.slice(0, 16)}`),
          ]);
  if (to === name) return undefined;
  const edits = new Map([
    [name, undefined],
    [to, made.objects.get(name)],
  ]);
  return change(made, `renamed ${kindOf(name)}`, edits, { surely: true });
};

/** A changed pack under the name that its new bytes deserve. */
const rehash: Step = (made, random) => {
  const name = anyPack(made, random);
  const bytes = made.objects.get(name)!.slice();
  bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  const hash = toHex(sha256(bytes));
  const to = `${name.slice(0, -67)}${hash.slice(0, 2)}/${hash}`;
  return change(
    made,
    'changed and renamed pack',
    new Map([
      [name, undefined],
      [to, bytes],
    ]),
    { surely: true },
  );
};

const exchangeFooter: Step = (made, random) => {
  const [a, b] = [anyPack(made, random), anyPack(made, random)];
  if (a === b) return undefined;
  const tail = made.objects.get(b)!.slice(made.packs.get(b)!.footerOffset);
  const whole = made.objects.get(a)!;
  const footerOnly = random.chance(0.3);
  const part = footerOnly ? Buffer.concat([tail.slice(0, -40), whole.slice(-40)]) : tail;
  const trailerOnly = !footerOnly && random.chance(0.3);
  const head = trailerOnly ? whole.slice(0, -40) : whole.slice(0, made.packs.get(a)!.footerOffset);
  const bytes = Buffer.concat([head, trailerOnly ? tail.slice(-40) : part]);
  return edit(made, 'exchanged footer of', a, bytes, { surely: true });
};

const swapFrames: Step = (made, random) => {
  const name = anyPack(made, random);
  const { frames } = made.packs.get(name)!;
  if (frames.length < 2) return undefined;
  const [i, j] = [random.below(frames.length), random.below(frames.length)].sort((x, y) => x - y) as [number, number];
  if (i === j) return undefined;
  const bytes = made.objects.get(name)!;
  const cut = (from: number, to: number) => bytes.subarray(from, to);
  const [a, b] = [frames[i]!, frames[j]!];
  const moved = Buffer.concat([
    cut(0, a.offset),
    cut(b.offset, b.offset + b.length),
    cut(a.offset + a.length, b.offset),
    cut(a.offset, a.offset + a.length),
    cut(b.offset + b.length, bytes.length),
  ]);
  return edit(made, 'swapped frames of', name, moved, { surely: true });
};

const pasteFrame: Step = (made, random) => {
  const [a, b] = [anyPack(made, random), anyPack(made, random)];
  const from = random.pick(made.packs.get(b)!.frames);
  const to = random.pick(made.packs.get(a)!.frames);
  const bytes = made.objects.get(a)!.slice();
  const frame = made.objects.get(b)!.subarray(from.offset, from.offset + from.length);
  bytes.set(frame.subarray(0, bytes.length - to.offset), to.offset);
  return edit(made, 'pasted frame in', a, bytes);
};

const transplantHeader: Step = (made, random) => {
  const sealed = objectsOf(made).filter((name) => kindOf(name) !== 'vault');
  const name = random.pick(sealed);
  const kin = [...sealed.filter((other) => kindOf(other) === kindOf(name)), random.pick(sealed)];
  const bytes = made.objects.get(name)!.slice();
  bytes.set(made.objects.get(random.pick(kin))!.subarray(0, 80));
  return edit(made, 'foreign header on', name, bytes, { surely: true });
};

const editHeader: Step = (made, random) => {
  const name = random.pick(objectsOf(made).filter((other) => kindOf(other) !== 'vault'));
  const bytes = Buffer.from(made.objects.get(name)!);
  const at = random.pick([0, 4, 5, 6, 7, 8, 11, 12, 15, 16, 47, 48, 79]);
  bytes[at] = random.pick([0, 1, 2, 3, 4, 5, 6, 7, 255]);
  return edit(made, 'header byte of', name, bytes, { surely: true });
};

/** The newest entries of a log go, and perhaps what they brought: an older state, whole in itself. */
const rollBack: Step = (made, random) => {
  const user = random.pick(made.users);
  const kept = 1 + random.below(user.log.length - 1);
  const gone = user.log.slice(kept);
  const packs = random.chance(0.5) ? user.packs.slice(2 * kept) : [];
  const edits = new Map([...gone, ...packs].map((name) => [name, undefined]));
  return change(made, 'rolled back log', edits, { rollback: true });
};

/** Everything of a user as it was before, the keys as well. */
const rollBackKeys: Step = (made, random) => {
  const { bundles } = made.users[0];
  const newest = bundles.filter((name) => name.includes('/1-2-'));
  const all = random.chance(0.5);
  const edits = new Map((all ? newest : newest.slice(0, 1)).map((name) => [name, undefined]));
  return change(made, 'removed newest bundle', edits, { surely: true, alias: /generation 1, epoch 2/ });
};

const replayBundle: Step = (made, random) => {
  const { bundles } = made.users[0];
  const old = made.objects.get(bundles.find((name) => name.includes('/1-1-'))!)!;
  const newest = bundles.filter((name) => name.includes('/1-2-'));
  const edits = new Map((random.chance(0.5) ? newest : [random.pick(newest)]).map((name) => [name, old]));
  return change(made, 'replayed older bundle', edits, { surely: true });
};

const replayEntry: Step = (made, random) => {
  const { log } = random.pick(made.users);
  const [old, at] = [random.pick(log), random.pick(log)];
  return edit(made, 'replayed older', at, made.objects.get(old), { surely: true });
};

const replayRecord: Step = (made, random) => {
  const { name, bytes } = made.laterRecord;
  const other = made.objects.get(made.users[0].registry)!;
  return edit(made, 'replayed older', name, random.chance(0.5) ? bytes : other, { surely: true });
};

const fork: Step = (made, random) => {
  const edits = new Map<string, Uint8Array | undefined>(made.fork.objects);
  const instead = random.chance(0.5);
  if (instead) edits.set(made.users[0].log.at(-1)!, undefined);
  return change(made, instead ? 'another branch in place of the last entry' : 'another branch', edits, {
    rollback: true,
  });
};

const foreign: Step = (made, random) => {
  const name = random.pick(objectsOf(made));
  const kin = [...made.foreign].filter(([other]) => kindOf(other) === kindOf(name));
  return edit(made, 'of another vault under the same key', name, random.pick(kin)[1], { surely: true });
};

/** Objects of others laid beside a user's own. */
const smuggle: Step = (made, random) => {
  const [to, from] = random.chance(0.5) ? made.users : [made.users[1], made.users[0]];
  const strange = new Map([
    ...[...from.log, ...from.packs].map((name) => [name, made.objects.get(name)!] as const),
    ...[...made.foreign].filter(([name]) => ['log', 'pack'].includes(kindOf(name))),
  ]);
  const [name, bytes] = random.pick([...strange]);
  const renamed = name.replace(/^users\/[0-9a-f]{32}/, `users/${to.uid}`);
  return change(made, `smuggled ${kindOf(name)}`, new Map([[renamed, bytes]]), { surely: true });
};

const editVaultFile: Step = (made, random) => {
  const text = Buffer.from(made.objects.get('vault.json')!).toString('latin1');
  const edited = random.pick([
    text.replace(/"created":(\d+)/, (_, created) => `"created":${Number(created) + 1 + random.below(9)}`),
    text.replace(/"format":0/, `"format":${random.pick(['1', '"0"', '-1', '0.5', '1e3', 'null'])}`),
    text.replace(/"vault_id":"../, `"vault_id":"${random.pick(['00', 'ff', 'zz', ''])}`),
    text.replace(/"mac":"../, `"mac":"${random.pick(['00', 'ff', 'ZZ', ''])}`),
    text.replace('{', '{"more":1,'),
    text.replace('{', '{"mac":"00",'),
    text.replace('}', '},'),
    `[${text}]`,
  ]);
  // A member twice: the last one holds, and it is the right one.
  return edit(made, 'edited', 'vault.json', Buffer.from(edited, 'latin1'), { surely: !edited.includes('"00",') });
};

/** All ways to tamper with the storage, one is as likely as another. */
export const STEPS: readonly Step[] = [
  truncate,
  extend,
  overwrite,
  swap,
  swapBetweenUsers,
  remove,
  rename,
  rehash,
  exchangeFooter,
  swapFrames,
  pasteFrame,
  transplantHeader,
  editHeader,
  rollBack,
  rollBackKeys,
  replayBundle,
  replayEntry,
  replayRecord,
  fork,
  foreign,
  smuggle,
  editVaultFile,
];

/** The change that a number stands for. */
export function changeOf(made: TamperVault, random: SeededRandom): Change {
  for (;;) {
    const found = random.pick(STEPS)(made, random);
    if (found) return found;
  }
}

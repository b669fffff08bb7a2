import type { Commit, History } from './history.js';

/** How much of one session or user to make. */
export interface Shape {
  readonly records: number;
  /** Of the JSON document, about. */
  readonly bytes: number;
}

/** One session: 500 records, 1 MB. */
export const SESSION_S: Shape = { records: 500, bytes: 1e6 };
/** The records of one user: 20,000 of 40 MB; with `FILES_M` 50 MB. */
export const RECORDS_M: Shape = { records: 20_000, bytes: 40e6 };
/** The files of one user. */
export const FILES_M: Shape = { records: 2000, bytes: 10e6 };

/** A seeded source of numbers (xorshift, as of Marsaglia), so that every run has the same data. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
    for (let i = 0; i < 8; i++) this.below(2);
  }

  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    this.#state >>>= 0;
    return this.#state % limit;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.below(0x1_0000_0000).toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }
}

/**
 * The `data` of one session's end as JSON: what a log of work holds. Each action has the words of a commit of the history, the names of
 * files that it and others changed until it is as long as wanted, and a hash, a time and counts of its own, as `git log --numstat` has them.
 */
export function sessionData(history: History, seed: number, shape: Shape = SESSION_S): Buffer {
  const dice = new Dice(seed);
  const session = `session_${dice.hex(12)}`;
  const room = Math.floor(shape.bytes / shape.records);
  let time = Date.UTC(2026, 0, 1) + seed * 3_600_000;
  let parent = dice.hex(40);
  const actions: string[] = [];
  for (let number = 0; number < shape.records - OTHERS; number++) {
    time += 1000 + dice.below(240_000);
    const { hash, json } = action(history, dice, { session, number, time, parent, room });
    parent = hash;
    actions.push(json);
  }
  const data = [
    `"sessions":[${JSON.stringify({ id: session, started: iso(time - 7_200_000), ended: iso(time), host: 'laptop', tags: ['work'] })}]`,
    `"topics":[${topics(history, dice, session, time).join(',')}]`,
    `"sparks":[${topics(history, dice, session, time).join(',')}]`,
    `"user_config":${JSON.stringify({ theme: 'dark', language: 'es', notify: { mail: true, push: false }, zone: 'Europe/Madrid' })}`,
    `"actions":[\n${actions.join(',\n')}\n]`,
  ];
  return Buffer.from(`{${data.join(',\n')}}`);
}

/** Of sessions, topics and sparks together. */
const OTHERS = 13;

function action(history: History, dice: Dice, { session, number, time, parent, room }: Place): Action {
  const commit: Commit = dice.pick(history.commits);
  const hash = dice.hex(40);
  const record = {
    id: `${session}-${number}`,
    session_id: session,
    type: 'commit',
    time: iso(time),
    hash,
    parents: [parent],
    author: { name: commit.author, email: commit.email },
    subject: commit.subject,
    body: commit.body,
    files: [] as Commit['files'][number][],
  };
  let left = room - JSON.stringify(record).length;
  while (left > 0) {
    for (const { path } of dice.pick(history.commits).files) {
      const file = { path, added: dice.below(200), removed: dice.below(60) };
      record.files.push(file);
      left -= JSON.stringify(file).length + 1;
      if (left <= 0) break;
    }
  }
  return { hash, json: JSON.stringify(record) };
}

interface Place {
  readonly session: string;
  readonly number: number;
  readonly time: number;
  /** Hash of the commit before. */
  readonly parent: string;
  readonly room: number;
}

interface Action {
  readonly hash: string;
  readonly json: string;
}

function topics(history: History, dice: Dice, session: string, time: number): string[] {
  return Array.from({ length: 6 }, (_, number) => {
    const { subject, body } = dice.pick(history.commits);
    return JSON.stringify({
      id: dice.hex(16),
      session_id: session,
      number,
      time: iso(time),
      title: subject,
      text: body,
    });
  });
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

/** The files of one user: versions of real ones, cut and joined to the size wanted. */
export function userFiles(history: History, seed: number, shape: Shape = FILES_M): { name: string; text: string }[] {
  const dice = new Dice(seed);
  const room = shape.bytes / shape.records;
  return Array.from({ length: shape.records }, (_, number) => {
    const { path, text } = history.files[(seed * 7 + number) % history.files.length]!;
    const length = Math.round(room * (0.2 + dice.below(1600) / 1000));
    let content = text;
    while (content.length < length) content += dice.pick(history.files).text;
    return { name: `${path.split('/')[0]}/${number}-${path.split('/').at(-1)}`, text: content.slice(0, length) };
  });
}

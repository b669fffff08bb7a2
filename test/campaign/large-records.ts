/**
 * Ends sessions with as many records as a call may bring, through the daemon and through a command without one, and has them back:
 * `node dist/test/campaign/large-records.js [--mib N] [--most MIB]`. Says how much memory the processes took at most; fails beyond `--most`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PROGRAM } from '../helpers/delivered.js';
import { numbersFrom } from './arguments.js';
import { SeededRandom } from './random.js';
import { removeScratch, scratchDirectory } from './scratch.js';

const { mib, most, seed } = numbersFrom(process.argv.slice(2), { mib: 1000, most: 400, seed: 1 });
const root = scratchDirectory('large-records');
const config = join(root, 'bitacora.toml');
const LINES_AT_ONCE = 64;

writeFileSync(
  config,
  '[backup.storage.local]\npath = "vault"\n[keys]\nfile = "master.key"\n[api.socket]\npath = "s"\n',
);
if (spawnSync(process.execPath, [PROGRAM, '--config', config, 'init']).status !== 0) throw new Error('No vault.');

const daemon = await startDaemon();
const sent = await throughDaemon('ana');
check('daemon, end', peakOf(daemon));
await compare('ana', sent);
check('daemon, end and reading', peakOf(daemon));
await stop(daemon);

const { hash, peak } = await throughCommand('ben');
check('command, end', peak);
const again = await startDaemon();
await compare('ben', hash);
await stop(again);
removeScratch(root);

/** Lines of records, about `mib` of them, and what their records come to when they are read one a line. */
function* lines(hash: ReturnType<typeof createHash>): Generator<string> {
  const random = new SeededRandom(seed);
  const words = Array.from({ length: 4096 }, () => Buffer.from(random.text(8)).toString('hex'));
  for (let bytes = 0, id = 0; bytes < mib * 2 ** 20; ) {
    let many = '';
    for (let i = 0; i < LINES_AT_ONCE; i++) {
      const said = Array.from({ length: 100 }, () => random.pick(words)).join(' ');
      const record = `{"id":${id++},"said":"${said}"}`;
      hash.update(`${record}\n`);
      many += `{"collection":"actions","record":${record}}\n`;
    }
    bytes += many.length;
    yield many;
  }
}

async function send(to: Writable): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(Readable.from(lines(hash)), to);
  return hash.digest('hex');
}

async function throughDaemon(user: string): Promise<string> {
  const path = `/api/commands/end?user_id=${user}&session_id=large`;
  const headers = { 'content-type': 'application/x-ndjson' };
  const call = request({ socketPath: join(root, 's'), path, method: 'POST', headers });
  const answered = once(call, 'response') as Promise<[NodeJS.ReadableStream & { statusCode: number }]>;
  const hash = await send(call);
  const [response] = await answered;
  const text = await textOf(response);
  if (response.statusCode !== 200) throw new Error(`Answered ${response.statusCode}: ${text}`);
  console.log(`daemon: ${text.trim()}`);
  return hash;
}

async function throughCommand(user: string): Promise<{ readonly hash: string; readonly peak: number }> {
  const words = [PROGRAM, '--config', config, '--json', 'end', user, 'large', '--records', '-'];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = textOf(child.stdout);
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, peakOf(child));
  }, 50);
  const ended = once(child, 'exit');
  const hash = await send(child.stdin);
  const [code] = (await ended) as [number];
  clearInterval(look);
  if (code !== 0) throw new Error(`The command ended with ${code}.`);
  console.log(`command: ${(await said).trim()}`);
  return { hash, peak };
}

async function compare(user: string, hash: string): Promise<void> {
  const path = `/api/users/${user}/content?snapshot=latest&path=${encodeURIComponent('/_records/session:large/actions.ndjson')}`;
  const call = request({ socketPath: join(root, 's'), path });
  call.end();
  const [response] = (await once(call, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
  if (response.statusCode !== 200) throw new Error(`Answered ${response.statusCode}: ${await textOf(response)}`);
  const back = createHash('sha256');
  for await (const part of response) back.update(part as Uint8Array);
  if (back.digest('hex') !== hash) throw new Error(`The records of "${user}" are not what was sent.`);
  console.log(`${user}: came back as sent, ${hash.slice(0, 16)}`);
}

async function startDaemon(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, '--config', config, 'daemon'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  for await (const text of child.stderr!.setEncoding('utf8')) if (String(text).includes('"Ready."')) break;
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** The most memory that a process had so far, MiB; 0 once it is gone. */
function peakOf({ pid }: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

function check(what: string, peak: number): void {
  console.log(`${what}: ${peak} MiB at most for ${mib} MiB of records`);
  if (peak === 0 || peak > most) throw new Error(`${what} took ${peak} MiB of memory; at most ${most} are allowed.`);
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const part of stream) text += String(part);
  return text;
}

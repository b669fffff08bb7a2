import { createHash } from 'node:crypto';
import t from 'tap';
import { parse, type Served, serve } from './fixture.js';
import { ask } from './http.js';

const DATA = '{"actions":[{"id":1.50},{"id":"é"}],"user_config":{ "theme":"dark"}}';

async function get({ socket }: Served, id: string, query = ''): Promise<Record<string, unknown> & { text: string }> {
  const { text } = await ask(socket, `/api/backups/ana/${id}${query}`);
  return { ...parse(text), text };
}

t.test('the document of a snapshot has all its members, and its records when asked for', async (t) => {
  const served = await serve(t);
  const raw = `{"user_id":"ana","session_id":"s1","data":${DATA}}`;
  const end = parse((await ask(served.socket, '/api/commands/end', { raw })).text);
  const id = String(end.backup_id);
  const brief = await get(served, id);
  const members = {
    backup_id: id,
    user_id: 'ana',
    session_id: 's1',
    backup_type: 'session_end',
    timestamp: end.timestamp,
    compression: 'zstd',
    encryption: { algorithm: 'AES-256-GCM', key_id: '1-1' },
    integrity_hash: createHash('sha256').update(DATA).digest('hex'),
    size_uncompressed: 39,
  };
  t.match(brief, members);
  t.equal('data' in brief, false);
  t.ok(Number(brief.size_compressed) > 100 && Number(brief.size_compressed) < Number(end.bytes_added));
  const whole = await get(served, id, '?data=1');
  t.match(whole, { ...members, size_compressed: brief.size_compressed, files_in: [] });
  t.ok(whole.text.includes(`"data":${DATA},`), 'as it was sent');
  t.equal((await get(served, id, '?data=0')).data, undefined);
  t.match(parse((await ask(served.socket, `/api/backups/ana/${id}?data=2`)).text), { error: { code: 'USAGE' } });
});

t.test('the document of a snapshot of files says what is not in it', async (t) => {
  const served = await serve(t);
  const { backup_id: id } = parse((await served.backUp()).text);
  const brief = await get(served, String(id));
  t.match(brief, { integrity_hash: /^[0-9a-f]{64}$/, size_uncompressed: 8, compression: 'zstd' });
  const whole = await get(served, String(id), '?data=1');
  t.match(whole, { data: {}, files_in: [`path:${served.source}`], size_compressed: brief.size_compressed });
  t.equal(whole.integrity_hash, createHash('sha256').update('{}').digest('hex'));
});

t.test('what takes going through a whole snapshot is found once', async (t) => {
  const served = await serve(t);
  const end = parse(
    (await ask(served.socket, '/api/commands/end', { raw: `{"user_id":"ana","session_id":"s1","data":${DATA}}` })).text,
  );
  const id = String(end.backup_id);
  const { backend } = served.daemon.vault;
  const { get: read, getRange } = backend;
  let reads = 0;
  const count = (name: string): void => {
    if (name.includes('/packs/')) reads++;
  };
  Object.assign(backend, {
    get: (...args: Parameters<typeof read>) => {
      count(args[0]);
      return read.apply(backend, args);
    },
    getRange: (...args: Parameters<typeof getRange>) => {
      count(args[0]);
      return getRange.apply(backend, args);
    },
  });
  const first = await get(served, id);
  t.ok(reads > 0);
  reads = 0;
  t.same(await get(served, id), first);
  t.equal(reads, 0);
});

import { backup, type RecordPart, recordSource } from '../../../src/backup/index.js';
import { silentLogger, systemClock, systemRandom } from '../../../src/base/index.js';
import type { RecordLayer } from '../../../src/restore/index.js';
import type { Place } from '../fixture.js';

/** Collections as they are sent: a list of JSON texts, or the one text of a value. */
export type Sent = Readonly<Record<string, readonly string[] | string>>;

/** Captures collections as a session, or without one as the user's, and gives the layers of what was captured. */
export async function capture(place: Place, sent: Sent, session: string | undefined = 's1'): Promise<RecordLayer[]> {
  const parts = Object.entries(sent).flatMap(([collection, json]): RecordPart[] =>
    typeof json === 'string'
      ? [{ collection, shape: 'value', json: Buffer.from(json) }]
      : [
          { collection, shape: 'list', json: undefined },
          ...json.map((one): RecordPart => ({ collection, shape: 'list', json: Buffer.from(one) })),
        ],
  );
  const open = async function* () {
    yield parts;
  };
  const report = await backup({
    repository: place.repository,
    vaultPath: place.vaultPath,
    engine: place.engine,
    paths: [],
    records: recordSource(open, { session, userWide: ['user_config'] }),
    kind: 'manual',
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
  return report.scopes.map((scope) => ({ scope, captured: 1_700_000_000_500 }));
}

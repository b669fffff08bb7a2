import { commandSource, type StreamSource, streamOf } from '../backup/index.js';
import { BitacoraError, decodeUtf8, printable } from '../base/index.js';
import type { RegistryRecord } from '../format/index.js';
import type { BackupInput } from './contract/backup.js';
import type { OperationContext } from './operation.js';
import type { CommandSourceSettings, Settings } from './settings.js';

/** What a backup is to capture. */
export interface BackupSources {
  readonly paths: readonly string[];
  readonly streams: readonly StreamSource[];
  readonly exclude: readonly string[];
}

/**
 * What the call names, else what is configured for the user, in the user's record and in the configuration file together.
 * Commands come from the latter alone. Excludes of all of these hold, whoever names the paths.
 *
 * @param record - Undefined for a user that there is not yet.
 * @param hasRecords - Whether records are captured, which count as named.
 * @throws {BitacoraError} `USAGE` for a stream's name without a stream; `NO_SOURCE` where nothing is named or configured.
 */
export function backupSources(
  { settings, body }: Pick<OperationContext, 'settings' | 'body'>,
  input: BackupInput,
  record: RegistryRecord | undefined,
  hasRecords: boolean,
): BackupSources {
  const { paths = [], stream_name: streamName } = input;
  const exclude = [...excludesOf(settings, input.user_id, record), ...(input.exclude ?? [])];
  if ((body === undefined) !== (streamName === undefined)) {
    throw new BitacoraError('USAGE', 'A stream and its name go together: name it with --name, and send its bytes.');
  }
  const streams = body === undefined ? [] : [streamOf(streamName!, body)];
  if (paths.length > 0 || streams.length > 0 || hasRecords) return { paths, streams, exclude };
  const configured = configuredSources(settings, input.user_id, record);
  if (configured.paths.length > 0 || configured.streams.length > 0) return { ...configured, exclude };
  throw new BitacoraError(
    'NO_SOURCE',
    `There is nothing to back up. Name a directory with --path DIR, or give "${input.user_id}" a source: \`bitacora user set ${input.user_id} --source path:DIR\`.`,
    { details: { user: input.user_id } },
  );
}

/**
 * What the configuration file and the user's record name for a user.
 *
 * @param which - Left out, all of them.
 */
export function configuredSources(
  settings: Settings,
  user: string,
  record: RegistryRecord | undefined,
  which: 'all' | 'at the end of a session' = 'all',
): BackupSources {
  const wanted = ({ atSessionEnd }: { readonly atSessionEnd: boolean }): boolean => which === 'all' || atSessionEnd;
  const own = settings.sources.filter((source) => source.user === user && wanted(source));
  return {
    paths: [
      ...(record?.sources ?? []).filter(wanted).map(({ path }) => pathText(path)),
      ...own.flatMap((source) => (source.kind === 'path' ? [source.path] : [])),
    ],
    streams: own.flatMap((source) => (source.kind === 'command' ? [commandOf(source)] : [])),
    exclude: excludesOf(settings, user, record),
  };
}

function excludesOf(settings: Settings, user: string, record: RegistryRecord | undefined): string[] {
  const own = settings.sources.filter((source) => source.user === user);
  return [...settings.exclude, ...(record?.exclude ?? []), ...own.flatMap((source) => source.exclude)];
}

function commandOf({ name, argv, timeoutMs }: CommandSourceSettings): StreamSource {
  const [program, ...args] = argv;
  return commandSource({ name, argv: [program!, ...args], timeoutMs });
}

function pathText(path: Uint8Array): string {
  const text = decodeUtf8(path);
  if (text !== undefined) return text;
  throw new BitacoraError('UNSUPPORTED', `The source "${printable(path)}" is not UTF-8, and cannot be named so.`);
}

import { commandSource, type StreamSource, streamOf } from '../backup/index.js';
import { BitacoraError, decodeUtf8, printable } from '../base/index.js';
import type { RegistryRecord } from '../format/index.js';
import type { BackupInput } from './contract/backup.js';
import type { OperationContext } from './operation.js';
import type { CommandSourceSettings } from './settings.js';

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
 * @throws {BitacoraError} `USAGE` for a stream's name without a stream; `NO_SOURCE` where nothing is named or configured.
 */
export function backupSources(
  { settings, body }: Pick<OperationContext, 'settings' | 'body'>,
  input: BackupInput,
  record: RegistryRecord | undefined,
): BackupSources {
  const { paths = [], stream_name: streamName } = input;
  const own = settings.sources.filter(({ user }) => user === input.user_id);
  const exclude = [
    ...settings.exclude,
    ...(record?.exclude ?? []),
    ...own.flatMap((source) => source.exclude),
    ...(input.exclude ?? []),
  ];
  if ((body === undefined) !== (streamName === undefined)) {
    throw new BitacoraError('USAGE', 'A stream and its name go together: name it with --name, and send its bytes.');
  }
  const streams = body === undefined ? [] : [streamOf(streamName!, body)];
  if (paths.length > 0 || streams.length > 0) return { paths, streams, exclude };
  const configured = {
    paths: [
      ...(record?.sources ?? []).map(({ path }) => pathText(path)),
      ...own.flatMap((source) => (source.kind === 'path' ? [source.path] : [])),
    ],
    streams: own.flatMap((source) => (source.kind === 'command' ? [commandOf(source)] : [])),
  };
  if (configured.paths.length > 0 || configured.streams.length > 0) return { ...configured, exclude };
  throw new BitacoraError(
    'NO_SOURCE',
    `There is nothing to back up. Name a directory with --path DIR, or give "${input.user_id}" a source: \`bitacora user set ${input.user_id} --source path:DIR\`.`,
    { details: { user: input.user_id } },
  );
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

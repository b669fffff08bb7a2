import { installService, type ServiceOutcome, uninstallService } from '../../daemon/index.js';
import { readConfiguration } from '../configuration.js';
import { type CommandContext, EXIT } from '../context.js';

export interface ServiceFlags {
  readonly paths?: readonly string[];
  readonly user?: string;
  readonly root?: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** `bitacora service install` */
export async function runServiceInstall(context: CommandContext, flags: ServiceFlags): Promise<number> {
  const { globals } = context;
  const { paths = [], user, root = '/', dryRun = false, force = false } = flags;
  const { loaded, environment } = await readConfiguration(globals);
  const { vault, keyFile } = globals;
  const places = {
    loaded,
    environment,
    vault,
    keyFile,
    user,
    paths,
    node: process.execPath,
    program: process.argv[1]!,
  };
  return say(context, await installService({ ...places, root, dryRun, force }), dryRun);
}

/** `bitacora service uninstall` */
export async function runServiceUninstall(context: CommandContext, flags: ServiceFlags): Promise<number> {
  const { root = '/', dryRun = false } = flags;
  return say(context, await uninstallService({ root, dryRun }), dryRun);
}

function say({ output }: CommandContext, { files, warnings, next }: ServiceOutcome, dryRun: boolean): number {
  if (output.json) {
    output.document({ dry_run: dryRun, files, warnings, next });
    return EXIT.ok;
  }
  for (const { path, state, content } of files) {
    output.line(`${state.padEnd(9)}  ${path}`);
    if (!dryRun || content === '') continue;
    for (const line of content.trimEnd().split('\n')) output.line(`           | ${line}`.trimEnd());
  }
  if (files.length === 0) output.line('There is nothing that this command made.');
  for (const warning of warnings) output.message(`warning: ${warning}`);
  if (next.length === 0) return EXIT.ok;
  output.line();
  output.line(dryRun ? 'Nothing was changed. After the real run, next:' : 'Next:');
  for (const line of next) output.line(`  ${line}`);
  return EXIT.ok;
}

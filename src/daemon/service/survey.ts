import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { BitacoraError, toHex } from '../../base/index.js';
import { copyName, decodeVaultFile, VAULT_FILE_NAME } from '../../format/index.js';
import { ownerNames } from '../../posix/index.js';
import { chooseVaultPath, usualKeyFile, type VaultEnvironment } from '../../vault/index.js';
import type { LoadedConfig } from '../config/find.js';
import { EXAMPLE_PLAN, isIn, SERVICE_USER, type ServicePlan, STATE_DIRECTORY } from './plan.js';

export interface SurveyOptions {
  readonly loaded: LoadedConfig | undefined;
  readonly vault?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Whom the daemon is to run as; undefined: the vault's owner unless that is root, else a user of its own. */
  readonly user?: string | undefined;
  readonly paths: readonly string[];
  /** Node as it runs now, and the program's own file. */
  readonly node: string;
  readonly program: string;
  readonly environment: VaultEnvironment;
}

export interface Survey {
  readonly plan: ServicePlan;
  /** What would keep the service from working. */
  readonly warnings: readonly string[];
}

/**
 * Looks at this machine and makes a plan of what it finds: where Node, program, vault, key and configuration are.
 *
 * @throws {BitacoraError} `NOT_A_VAULT` where there is none yet.
 */
export async function surveyService(options: SurveyOptions): Promise<Survey> {
  const { loaded, environment } = options;
  const { vault, owner } = await findVault(options);
  const config = loaded?.config;
  const user = options.user ?? (owner === 0 ? SERVICE_USER : (ownerNames().user(owner) ?? String(owner)));
  const keyFile = options.keyFile ?? config?.keys.file ?? usualKeyFile(await vaultIdOf(vault), environment);
  const commands = [
    config?.hooks.before,
    config?.hooks.after,
    config?.records.pull_command,
    ...(config?.source.map(({ command }) => command) ?? []),
  ];
  const plan: ServicePlan = {
    ...(await runOf(options)),
    user,
    vault,
    namesVault: config?.backup.storage.local.path !== vault,
    keyFile: resolve(keyFile),
    configFile: loaded?.file,
    socket: config?.api.socket.path ?? EXAMPLE_PLAN.socket,
    socketGroup: config?.api.socket.group,
    listen: config?.api.listen,
    paths: await Promise.all(options.paths.map((path) => realpathOr(resolve(path)))),
    targets: config?.restore.allowed_targets ?? [],
    network: commands.some((command) => command !== undefined) || config?.backup.storage.secondary === 's3',
    graceMs: config?.limits.grace ?? EXAMPLE_PLAN.graceMs,
  };
  return { plan, warnings: await warningsOf(plan) };
}

async function findVault({ vault, environment }: SurveyOptions): Promise<{ vault: string; owner: number }> {
  const path = chooseVaultPath(vault, environment);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { vault: await realpath(path), owner: found.uid };
  throw noVault(path);
}

async function vaultIdOf(vault: string): Promise<string> {
  for (const name of [VAULT_FILE_NAME, copyName(VAULT_FILE_NAME)]) {
    const bytes = await readFile(join(vault, name)).catch(() => undefined);
    if (bytes) return toHex(decodeVaultFile(bytes).vaultId);
  }
  throw noVault(vault);
}

function noVault(path: string): BitacoraError {
  const message = `There is no vault at "${path}", which the service would serve. Make it first, with \`bitacora init\`, or name it with --vault.`;
  return new BitacoraError('NOT_A_VAULT', message, { details: { vault: path } });
}

/**
 * With what the program's own first line has for itself: `#!/usr/bin/env -S NAME=value node --option`. A unit names Node instead, so that
 * it does not depend on where one is found.
 */
async function runOf({ node, program }: SurveyOptions): Promise<Pick<ServicePlan, 'program' | 'variables'>> {
  const file = await realpath(program);
  const [first] = (await readFile(file, 'utf8')).split('\n', 1);
  const [, variables = '', options = ''] = /^#!\S+ -S ((?:\S+=\S+ )*)node(.*)$/.exec(first!) ?? [];
  const words = (text: string): string[] => text.split(' ').filter(Boolean);
  return { program: [await realpath(node), ...words(options), file], variables: words(variables) };
}

async function warningsOf(plan: ServicePlan): Promise<string[]> {
  const { user, vault, program, configFile, keyFile, paths } = plan;
  const warnings: string[] = [];
  if (user !== SERVICE_USER && ownerNames().uid(user) === undefined) {
    warnings.push(`There is no user "${user}" on this machine.`);
  }
  for (const file of program.filter((word) => word.startsWith('/'))) {
    if (user !== 'root' && !(await isForEverybody(file))) {
      warnings.push(
        `The user "${user}" may not be able to run "${file}": install Node and the program where everybody may read them, such as below /usr/local.`,
      );
    }
  }
  if (configFile !== undefined && user !== 'root' && !(await isForEverybody(configFile))) {
    warnings.push(
      `The user "${user}" may not be able to read "${configFile}": \`chmod o+r\` it, or give it to a group of that user.`,
    );
  }
  if (user !== 'root' && !isIn(vault, STATE_DIRECTORY) && !(await isOpenTo(dirname(vault)))) {
    warnings.push(
      `The user "${user}" may not be able to reach "${vault}": let everybody pass the directories above it (\`chmod o+x\`).`,
    );
  }
  const key = await stat(keyFile).catch(() => undefined);
  if (!key) warnings.push(`There is no master key at "${keyFile}": copy it there, or name another with --key-file.`);
  for (const path of paths) {
    if (!(await stat(path).catch(() => undefined))) warnings.push(`There is no "${path}" to back up.`);
  }
  return warnings;
}

/** Whether the modes of a file and of the directories on the way let everybody read it. */
async function isForEverybody(file: string): Promise<boolean> {
  const { mode } = await stat(file);
  return (mode & 0o004) !== 0 && (await isOpenTo(dirname(file)));
}

/** Whether everybody may pass a directory and those above it. */
async function isOpenTo(directory: string): Promise<boolean> {
  for (let at = directory; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === '/') return true;
  }
}

function realpathOr(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

import { type FileOutcome, type InstallOptions, installFiles, uninstallFiles } from './install.js';
import { SERVICE_USER, type ServicePlan } from './plan.js';
import { type SurveyOptions, surveyService } from './survey.js';
import { unitFiles } from './unit-files.js';

/** What was done to a service, and what is left to do. */
export interface ServiceOutcome {
  readonly files: readonly FileOutcome[];
  readonly warnings: readonly string[];
  /** Commands for a shell, and words about them, in order. */
  readonly next: readonly string[];
}

/**
 * Makes the daemon a service of systemd: writes its units and says what to do next. Starts nothing.
 *
 * @throws {BitacoraError} see `surveyService` and `installFiles`.
 */
export async function makeService(options: SurveyOptions & InstallOptions): Promise<ServiceOutcome> {
  const { plan, warnings } = await surveyService(options);
  const files = await installFiles(unitFiles(plan), options);
  return { files, warnings, next: nextSteps(plan, files) };
}

/** Takes back what `makeService` wrote. Vault, keys, configuration and user stay. */
export async function unmakeService(options: InstallOptions): Promise<ServiceOutcome> {
  const files = await uninstallFiles(options);
  const units = files.map(({ path }) => path.split('/').at(-1)!).filter((name) => !name.endsWith('.conf'));
  if (units.length === 0) return { files, warnings: [], next: [] };
  const next = [`systemctl stop ${units.join(' ')}`, 'systemctl daemon-reload'];
  return { files, warnings: [], next };
}

function nextSteps(plan: ServicePlan, files: readonly FileOutcome[]): string[] {
  if (files.every(({ state }) => state === 'unchanged')) return [];
  const sockets = ['bitacora.socket', ...(plan.listen === undefined ? [] : ['bitacora-tcp.socket'])];
  const units = [...sockets, 'bitacora.service'].join(' ');
  const isNew = files.some(({ path, state }) => path.endsWith('/bitacora.service') && state === 'new');
  return [
    ...(plan.user === SERVICE_USER ? ['systemd-sysusers bitacora.conf'] : []),
    'systemd-tmpfiles --create bitacora.conf',
    'systemctl daemon-reload',
    `systemctl enable ${units}`,
    // A socket that is changed is made anew, and its service lets go of it before.
    `systemctl ${isNew ? 'start' : 'restart'} ${units}`,
    'bitacora status',
    ...(plan.paths.length === 0 || plan.targets.length > 0
      ? []
      : [
          'To bring files back into their place: stop the service, `bitacora restore …` as root, start it again; or, with it running, `bitacora export … | tar -x`.',
        ]),
  ];
}

import type { InstallOptions } from './service/install.js';
import type { ServiceOutcome } from './service/service.js';
import type { SurveyOptions } from './service/survey.js';

/** See `makeService`, whose code is loaded now. */
export async function installService(options: SurveyOptions & InstallOptions): Promise<ServiceOutcome> {
  const { makeService } = await import('./service/service.js');
  return makeService(options);
}

/** See `unmakeService`. */
export async function uninstallService(options: InstallOptions): Promise<ServiceOutcome> {
  const { unmakeService } = await import('./service/service.js');
  return unmakeService(options);
}

/** From a configuration to a running daemon: real objects, signals, systemd. */
export type { CheckedConfig } from './config/check.js';
export { findConfig, inspectConfig, type LoadedConfig, SYSTEM_CONFIG_FILE } from './config/find.js';
export type { ConfigProblem } from './config/problems.js';
export type { Config } from './config/schema.js';
export type { ServiceOutcome } from './service/service.js';
export { installService, uninstallService } from './service.js';
export { type StartOptions, startDaemon } from './start.js';

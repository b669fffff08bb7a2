/** From a configuration to a running daemon: real objects, signals, systemd. */
export { findConfig, SYSTEM_CONFIG_FILE } from './config/find.js';
export { type CheckedConfig, checkConfig, type LoadedConfig, loadConfig, problemsText } from './config/check.js';
export type { ConfigProblem } from './config/problems.js';
export type { Config } from './config/schema.js';
export { settingsOf } from './config/settings.js';

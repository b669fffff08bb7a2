/** The command line: arguments into calls of the rooms below, answers as text for people or as one JSON document. */
export { type CliHost, runCommandLine } from './run.js';

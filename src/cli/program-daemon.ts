import type { JobsFlags } from './commands/jobs.js';
import type { UserFlags } from './commands/user.js';
import { type Adder, repeated } from './options.js';

const SOURCES = `
SOURCE is path:DIR, a directory to back up. What a user has is backed up by \`bitacora backup USER\` without --path, together with
what the configuration has for that user.`;

/** The daemon and its jobs, users, and what says how it all goes. */
export function addDaemon(add: Adder): void {
  addService(add);
  addUsers(add);
  addJobs(add);
}

function addService(add: Adder): void {
  add('daemon', 'serve the vault until told to stop', () => async (context) => {
    const { runDaemonCommand } = await import('./commands/daemon.js');
    return runDaemonCommand(context);
  });
  add('config check', 'check the configuration, and show it', () => async (context) => {
    const { runConfigCheck } = await import('./commands/config-check.js');
    return runConfigCheck(context);
  });
  add('status', 'show how the vault and its daemon are', () => async (context) => {
    const { runStatus } = await import('./commands/status.js');
    return runStatus(context);
  });
  add('stats [USER]', 'show what is stored, and how small', ([user]) => async (context) => {
    const { runStats } = await import('./commands/stats.js');
    return runStats(context, user);
  });
}

function addUsers(add: Adder): void {
  add<UserFlags>('user add <USER>', 'make a user', ([user], flags) => async (context) => {
    const { runUserAdd } = await import('./commands/user.js');
    return runUserAdd(context, user!, flags);
  })
    .addOption(repeated('--source <SOURCE>', 'what to back up; may be repeated'))
    .addOption(repeated('--exclude <PATTERN>', 'leave out, as in a .gitignore; may be repeated'))
    .addHelpText('after', SOURCES);
  add<UserFlags>('user set <USER>', 'change what a user has', ([user], flags) => async (context) => {
    const { runUserSet } = await import('./commands/user.js');
    return runUserSet(context, user!, flags);
  })
    .addOption(repeated('--source <SOURCE>', 'instead of all sources so far; may be repeated'))
    .addOption(repeated('--add-source <SOURCE>', 'beside the sources so far; may be repeated'))
    .addOption(repeated('--remove-source <SOURCE>', 'this one no more; may be repeated'))
    .addOption(repeated('--exclude <PATTERN>', 'instead of all patterns so far; may be repeated'))
    .addOption(repeated('--add-exclude <PATTERN>', 'beside the patterns so far; may be repeated'))
    .addOption(repeated('--remove-exclude <PATTERN>', 'this one no more; may be repeated'))
    .addHelpText('after', SOURCES);
  add('user list', 'list the users', () => async (context) => {
    const { runUserList } = await import('./commands/user.js');
    return runUserList(context);
  });
  add('user show <USER>', 'show what is known of a user', ([user]) => async (context) => {
    const { runUserShow } = await import('./commands/user.js');
    return runUserShow(context, user!);
  });
}

function addJobs(add: Adder): void {
  add<JobsFlags>('jobs', 'list the daemon’s jobs', (_, flags) => async (context) => {
    const { runJobs } = await import('./commands/jobs.js');
    return runJobs(context, flags);
  }).option('--watch', 'and go on telling what changes');
  add('cancel <JOB>', 'ask for the end of a job', ([job]) => async (context) => {
    const { runCancel } = await import('./commands/jobs.js');
    return runCancel(context, job!);
  });
}

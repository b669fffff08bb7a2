import type { JobsFlags } from './commands/jobs.js';
import type { ServiceFlags } from './commands/service.js';
import type { TokenFlags } from './commands/token.js';
import type { UserFlags } from './commands/user.js';
import { type Adder, place, repeated } from './options.js';

const SOURCES = `
SOURCE is path:DIR, a directory to back up. What a user has is backed up by \`bitacora backup USER\` without --path, together with
what the configuration has for that user.`;

const TOKENS = `
The token goes to standard output, alone: \`bitacora token create app --all-users --scope backup > token\`. list: names, sizes and times;
backup: take snapshots; restore: have contents; admin: look after what is stored; metrics: read the daemon's figures. None of them names paths of
this machine, nor makes users.`;

/** The daemon and its jobs, users, and what says how it all goes. */
export function addDaemon(add: Adder): void {
  addService(add);
  addInstallation(add);
  addUsers(add);
  addTokens(add);
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
  add('health', 'tell whether everything works as it should, for scripts', () => async (context) => {
    const { runHealth } = await import('./commands/health.js');
    return runHealth(context);
  });
  add('stats [USER]', 'show what is stored, and how small', ([user]) => async (context) => {
    const { runStats } = await import('./commands/stats.js');
    return runStats(context, user);
  });
}

const INSTALLATION = `
Writes units for this machine's vault, Node and program, each explained in itself, and says what to do next; nothing is started.
Without --paths it is for an application that sends what is to be kept: the daemon then needs no power at all. With --paths it may read
these directories, whoever owns what is in them, and write none of them.`;

function addInstallation(add: Adder): void {
  add<ServiceFlags>('service install', 'make the daemon a service of systemd', (_, flags) => async (context) => {
    const { runServiceInstall } = await import('./commands/service.js');
    return runServiceInstall(context, flags);
  })
    .option('--paths <DIR...>', 'directories that it is to back up')
    .option('--user <NAME>', 'whom it runs as (else the vault’s owner, or a user of its own)')
    .option('--dry-run', 'only show the files')
    .option('--force', 'replace files that somebody else made, too')
    .addOption(place('--root <DIR>', 'below this directory instead of /'))
    .addHelpText('after', INSTALLATION);
  add<ServiceFlags>('service uninstall', 'take that back', (_, flags) => async (context) => {
    const { runServiceUninstall } = await import('./commands/service.js');
    return runServiceUninstall(context, flags);
  })
    .option('--dry-run', 'only show the files')
    .addOption(place('--root <DIR>', 'below this directory instead of /'));
}

const QUOTA = 'how much may be stored, 10^9 bytes each; none: no limit; default: as the configuration has it';

function addUsers(add: Adder): void {
  add<UserFlags>('user add <USER>', 'make a user', ([user], flags) => async (context) => {
    const { runUserAdd } = await import('./commands/user.js');
    return runUserAdd(context, user!, flags);
  })
    .addOption(repeated('--source <SOURCE>', 'what to back up; may be repeated'))
    .addOption(repeated('--exclude <PATTERN>', 'leave out, as in a .gitignore; may be repeated'))
    .option('--quota-gb <GB>', QUOTA)
    .option('--at-session-end', 'capture these sources behind the end of each session, too')
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
    .option('--quota-gb <GB>', QUOTA)
    .option('--at-session-end', 'capture these sources behind the end of each session, too')
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

function addTokens(add: Adder): void {
  add<TokenFlags>(
    'token create <NAME>',
    'make a token for the API, shown this once',
    ([name], flags) =>
      async (context) => {
        const { runTokenCreate } = await import('./commands/token.js');
        return runTokenCreate(context, name!, flags);
      },
  )
    .addOption(repeated('--user <USER>', 'whose data it is for; may be repeated'))
    .option('--all-users', 'for the data of all users')
    .addOption(repeated('--scope <SCOPE>', 'backup, restore, list, admin or metrics; may be repeated'))
    .option('--days <N>', 'it counts for so long (else until it is revoked)')
    .addHelpText('after', TOKENS);
  add('token list', 'list the tokens', () => async (context) => {
    const { runTokenList } = await import('./commands/token.js');
    return runTokenList(context);
  });
  add('token revoke <TOKEN>', 'end a token at once, by its id or name', ([token]) => async (context) => {
    const { runTokenRevoke } = await import('./commands/token.js');
    return runTokenRevoke(context, token!);
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

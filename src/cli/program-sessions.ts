import type { EndFlags } from './commands/end.js';
import type { ScopeEndFlags } from './commands/scope.js';
import { type Adder, choice, place } from './options.js';

const RECORDS = `
FILE holds one JSON object with a member for each collection, or a record a line, as {"collection":"sparks","record":{…}}; - is standard
input. Without --records the configured command gives them, if there is one.`;

const SCOPES = `
A scope is what a snapshot captured whole: path:/srv/ana, session:ID, collection:NAME, stream:NAME. One that was ended is in no state from
then on; states before have it as they had it.`;

/** What applications tell of: sessions that end, and what is no more. */
export function addSessions(add: Adder): void {
  add<EndFlags>(
    'end <USER> <SESSION>',
    'end a session: its records are captured',
    ([user, session], flags) =>
      async (context) => {
        const { runEnd } = await import('./commands/end.js');
        return runEnd(context, user!, session!, flags);
      },
  )
    .addOption(place('--records <FILE>', 'the records of the session'))
    .addOption(choice('--durability <LEVEL>', 'where they must be before it is done', ['local', 'all']))
    .option('--key <KEY>', 'tells a repeat of this from another: the same key answers the same again')
    .addHelpText('after', RECORDS);
  add('scope list <USER>', 'list what was captured of a user', ([user]) => async (context) => {
    const { runScopeList } = await import('./commands/scope.js');
    return runScopeList(context, user!);
  }).addHelpText('after', SCOPES);
  add<ScopeEndFlags>(
    'scope end <USER> <SCOPE>',
    'say that a scope is no more',
    ([user, scope], flags) =>
      async (context) => {
        const { runScopeEnd } = await import('./commands/scope.js');
        return runScopeEnd(context, user!, scope!, flags);
      },
  )
    .option('--reason <TEXT>', 'why, kept in the vault')
    .addHelpText('after', SCOPES);
}

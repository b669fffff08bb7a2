import type { DocumentOperation, Route } from './operation.js';

interface Entry<Kind extends string, Run> extends Route {
  readonly answer: Kind;
  load(): Promise<Run>;
}

function document<Input, Answer>(
  entry: Omit<Entry<'document', DocumentOperation<Input, Answer>>, 'answer'>,
): Entry<'document', DocumentOperation<Input, Answer>> {
  return { ...entry, answer: 'document' };
}

/**
 * Every operation: its route, and where its code is, loaded only when it runs. The command line, the server and the client
 * all follow this table; the schemas of inputs and answers lie in `contract/` under the same names.
 */
export const OPERATIONS = {
  list: document({
    method: 'GET',
    path: '/api/backups/:user_id',
    job: false,
    load: async () => (await import('./operations/list.js')).list,
  }),
} as const;

export type OperationName = keyof typeof OPERATIONS;
type Loaded<Name extends OperationName> = Awaited<ReturnType<(typeof OPERATIONS)[Name]['load']>>;
/** The names of the operations that answer in a certain way. */
export type OperationsOf<Kind extends 'document' | 'items' | 'bytes'> = {
  [Name in OperationName]: (typeof OPERATIONS)[Name]['answer'] extends Kind ? Name : never;
}[OperationName];
export type InputOf<Name extends OperationName> = Parameters<Loaded<Name>>[1];
export type AnswerOf<Name extends OperationName> = Awaited<ReturnType<Loaded<Name>>>;

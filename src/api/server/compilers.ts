import type { FastifyServerOptions } from 'fastify';
import { jsonText } from '../../base/index.js';

type Compilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;

/**
 * What stands where Fastify would compile the schemas of routes: inputs are checked by the contracts, and answers are written as they are.
 * Its own compilers are not even loaded then.
 */
export const COMPILERS: Compilers = {
  // Its type wants what only Ajv has; Fastify calls it and looks at whether the result is true.
  buildValidator: (() => () => () => true) as unknown as NonNullable<Compilers['buildValidator']>,
  buildSerializer: () => () => (data) => jsonText(data),
};

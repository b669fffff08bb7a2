import swagger from '@fastify/swagger';
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { ZodType } from 'zod';
import type { Route } from '../operation.js';
import { OPERATIONS } from '../operations.js';
import { COMPILERS } from './compilers.js';
import { type Described, describe, JOB_EVENTS, METRICS, VERSION } from './describe.js';
import { jsonSchema } from './input.js';

/** An entry of the table of operations, as far as it is described. */
interface AnyEntry extends Route {
  contract(): Promise<Described & { readonly input: ZodType }>;
}

/**
 * The description of the whole API. Made of routes that nobody serves: those that are served need no schemas, so that nothing of this is
 * loaded before somebody asks for it.
 *
 * @param version - Of the program.
 */
export async function openApiDocument(version: string): Promise<object> {
  const app = fastify({ logger: false, exposeHeadRoutes: false, schemaController: { compilersFactory: COMPILERS } });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'bitacora-backup', version, description: 'See docs/api.md.' },
    },
  });
  app.get('/api/version', { schema: VERSION }, unserved);
  app.get('/metrics', { schema: METRICS }, unserved);
  app.get('/api/jobs/:job_id/events', { schema: JOB_EVENTS }, unserved);
  for (const [name, entry] of Object.entries(OPERATIONS) as unknown as [string, AnyEntry][]) {
    const contract = await entry.contract();
    const schema = describe(name, entry, jsonSchema(contract.input, 'input'), contract);
    app.route({ method: entry.method, url: entry.path, schema, handler: unserved });
  }
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}

function unserved(_request: FastifyRequest, _reply: FastifyReply): never {
  throw new TypeError('This route is only described.');
}

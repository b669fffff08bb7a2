import {
  type AnswerOf,
  type InputOf,
  OPERATIONS,
  type OperationContext,
  type OperationName,
  type OperationsOf,
} from '../api/index.js';
import type { CallOptions } from './call-options.js';
import type { CommandContext } from './context.js';
import { route } from './route.js';

/** Asks for a document, and closes what that took whatever happens. */
export async function call<Name extends OperationsOf<'document'>>(
  context: CommandContext,
  name: Name,
  input: InputOf<Name>,
  options: CallOptions = {},
): Promise<AnswerOf<Name>> {
  return route(
    context,
    options,
    (client) => client.document(name, input, options.body, options.records),
    async (own) => (await (await load(name))(own, input)) as AnswerOf<Name>,
  );
}

/**
 * Asks for many items and gives them to `use` while they come: what they come from is closed when that ends. `showItems` writes
 * them as a command's answer.
 */
export async function callItems<Name extends OperationsOf<'items'>, T>(
  context: CommandContext,
  name: Name,
  input: InputOf<Name>,
  use: (stream: AnswerOf<Name>) => Promise<T>,
  options: CallOptions = {},
): Promise<T> {
  return route(
    context,
    options,
    async (client) => use(await client.items(name, input)),
    async (own) => use(await (await load(name))(own, input)),
  );
}

/** The same for bytes. */
export async function callBytes<Name extends OperationsOf<'bytes'>, T>(
  context: CommandContext,
  name: Name,
  input: InputOf<Name>,
  use: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
  options: CallOptions = {},
): Promise<T> {
  return route(
    context,
    options,
    async (client) => use(await client.bytes(name, input)),
    async (own) => use((await (await load(name))(own, input)) as AsyncIterable<Uint8Array>),
  );
}

type Run<Name extends OperationName> = (context: OperationContext, input: InputOf<Name>) => Promise<AnswerOf<Name>>;

/** TypeScript does not see that the entry under a name is that name's. */
async function load<Name extends OperationName>(name: Name): Promise<Run<Name>> {
  const run: unknown = await OPERATIONS[name].load();
  return run as Run<Name>;
}

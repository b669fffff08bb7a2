import {
  type AnswerOf,
  type InputOf,
  OPERATIONS,
  type OperationContext,
  type OperationName,
  type OperationsOf,
} from '../api/index.js';
import type { CommandContext } from './context.js';
import { embedded } from './embedded.js';

/** What an operation takes besides its input. */
export interface CallOptions {
  /** Worker threads where it runs in this process; 0 works in the main thread. A daemon has its own. */
  readonly threads?: number | undefined;
  /** Bytes that go with the input. */
  readonly body?: AsyncIterable<Uint8Array> | undefined;
}

/** Asks for a document, and closes what that took whatever happens. */
export async function call<Name extends OperationsOf<'document'>>(
  context: CommandContext,
  name: Name,
  input: InputOf<Name>,
  options: CallOptions = {},
): Promise<AnswerOf<Name>> {
  return embedded(context, options, async (own) => {
    const run = await load(name);
    return (await run(own, input)) as AnswerOf<Name>;
  });
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
  return embedded(context, options, async (own) => {
    const run = await load(name);
    return use((await run(own, input)) as AnswerOf<Name>);
  });
}

/** The same for bytes. */
export async function callBytes<Name extends OperationsOf<'bytes'>, T>(
  context: CommandContext,
  name: Name,
  input: InputOf<Name>,
  use: (bytes: AnswerOf<Name>) => Promise<T>,
  options: CallOptions = {},
): Promise<T> {
  return embedded(context, options, async (own) => {
    const run = await load(name);
    return use((await run(own, input)) as AnswerOf<Name>);
  });
}

type Run<Name extends OperationName> = (context: OperationContext, input: InputOf<Name>) => Promise<AnswerOf<Name>>;

/** TypeScript does not see that the entry under a name is that name's. */
async function load<Name extends OperationName>(name: Name): Promise<Run<Name>> {
  const run: unknown = await OPERATIONS[name].load();
  return run as Run<Name>;
}

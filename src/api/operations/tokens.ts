import { BitacoraError } from '../../base/index.js';
import type { TokenDocument } from '../contract/token.js';
import type { CreateTokenAnswer, CreateTokenInput } from '../contract/token-create.js';
import type { TokenListAnswer } from '../contract/token-list.js';
import type { RevokeTokenInput } from '../contract/token-revoke.js';
import { checkKnownUser } from '../known-user.js';
import type { OperationContext } from '../operation.js';
import { type Tokens, tokensOf } from '../tokens.js';

/** Makes a token and tells it, this once. Its users must be there, so that a slip of the pen gives nothing to somebody later. */
export async function createToken(context: OperationContext, input: CreateTokenInput): Promise<CreateTokenAnswer> {
  const { vault, clock, random } = context;
  const { name, scopes, expires } = input;
  checkLabel(name);
  const everybody = input.users.includes('*');
  if (everybody && input.users.length > 1) {
    throw new BitacoraError('USAGE', 'A token is for all users, written "*", or for those that are named: not both.');
  }
  vault.checkWritable();
  if (!everybody) for (const user of input.users) await checkKnownUser(context, user);
  const until = expires === undefined ? 0 : Date.parse(expires);
  if (expires !== undefined && until <= clock.now()) {
    throw new BitacoraError('USAGE', `A token that expires at ${expires} would never count.`);
  }
  const users = everybody ? null : [...new Set(input.users)];
  const tokens = await loaded(context);
  return tokens.create({ name, users, scopes: [...new Set(scopes)], expires: until }, { clock, random });
}

/** A name must not be taken for another token's id. */
function checkLabel(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/.test(name) && !/^[0-9a-f]{16}$/.test(name)) return;
  throw new BitacoraError(
    'BAD_NAME',
    `Not a name for a token: ${JSON.stringify(name.slice(0, 140))}. Use 1 to 128 of A-Z a-z 0-9 . _ @ + - that begin with a letter or digit and are not 16 hex digits.`,
  );
}

/** All tokens, without themselves. */
export async function listTokens(context: OperationContext): Promise<TokenListAnswer> {
  return { tokens: (await loaded(context)).list() };
}

/** Ends a token at once. */
export async function revokeToken(context: OperationContext, input: RevokeTokenInput): Promise<TokenDocument> {
  context.vault.checkWritable();
  return (await loaded(context)).revoke(input.token_id);
}

async function loaded({ vault, logger }: OperationContext): Promise<Tokens> {
  const tokens = tokensOf(vault);
  await tokens.load(logger);
  return tokens;
}

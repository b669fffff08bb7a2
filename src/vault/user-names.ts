import { BitacoraError } from '../base/index.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/;

/** Throws `BAD_NAME` unless `name` may be a user's. */
export function checkUserName(name: string): void {
  if (!NAME.test(name)) throw badName('user', name);
}

/** Throws `BAD_NAME` unless `id` may be a session's. */
export function checkSessionId(id: string): void {
  if (!NAME.test(id)) throw badName('session', id);
}

function badName(what: 'user' | 'session', name: string): BitacoraError {
  return new BitacoraError(
    'BAD_NAME',
    `Not a ${what} id: ${JSON.stringify(name.slice(0, 140))}. Use 1 to 128 of A-Z a-z 0-9 . _ @ + - and begin with a letter or digit.`,
    { details: { [what]: name.slice(0, 140) } },
  );
}

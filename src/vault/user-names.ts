import { BitacoraError } from '../base/index.js';

const USER_NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/;

/** Throws `BAD_NAME` unless `name` may be a user's. */
export function checkUserName(name: string): void {
  if (USER_NAME.test(name)) return;
  throw new BitacoraError(
    'BAD_NAME',
    `Not a user id: ${JSON.stringify(name.slice(0, 140))}. Use 1 to 128 of A-Z a-z 0-9 . _ @ + - and begin with a letter or digit.`,
    { details: { user: name.slice(0, 140) } },
  );
}

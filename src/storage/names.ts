/** A validated object name: components of `[A-Za-z0-9._-]+` joined by `/`. */
export type ObjectName = string;

/** Leaves room for a bucket's prefix below the 1,024 bytes that S3 allows for a key. */
export const OBJECT_NAME_LENGTH_MAX = 512;

/** What `NAME_MAX` is on every file system that a vault is likely to meet. */
const COMPONENT_LENGTH_MAX = 255;

/**
 * First components that never hold objects on any backend, so that a vault directory has places for what is not
 * part of the vault's content: unfinished writes, caches, the lock file.
 */
export const RESERVED_TOP_NAMES: readonly string[] = ['tmp', 'index', 'lock'];

const COMPONENT = /^[A-Za-z0-9._-]+$/;

/** Whether `component` may stand between two slashes of an object name. */
export function isNameComponent(component: string): boolean {
  return (
    component.length <= COMPONENT_LENGTH_MAX && COMPONENT.test(component) && component !== '.' && component !== '..'
  );
}

/**
 * Refuses anything that is not an object name; called by every backend before it acts.
 *
 * Names are ASCII, so that string comparison is byte order and every backend lists in the same order.
 *
 * @throws {TypeError} if `name` is none: names are made by this program, so a bad one is a programmer's mistake.
 */
export function checkObjectName(name: string): void {
  const components = name.split('/');
  if (name.length > OBJECT_NAME_LENGTH_MAX || !components.every(isNameComponent)) {
    throw new TypeError(
      `Not an object name: ${JSON.stringify(name.slice(0, 80))}, expected parts of [A-Za-z0-9._-] joined by "/".`,
    );
  }
  if (RESERVED_TOP_NAMES.includes(components[0]!)) {
    throw new TypeError(`Not an object name: ${JSON.stringify(name)}, "${components[0]}" is reserved.`);
  }
}

/** Refuses anything that cannot begin an object name; the empty prefix means every object. */
export function checkPrefix(prefix: string): void {
  if (prefix === '') return;
  const components = prefix.split('/');
  const last = components.pop()!;
  // The last component may be unfinished, so that "." or ".." may still grow into a valid name, as may "tmp" into "tmpx".
  const lastIsFine = last === '' || (last.length <= COMPONENT_LENGTH_MAX && COMPONENT.test(last));
  if (prefix.length > OBJECT_NAME_LENGTH_MAX || !lastIsFine || !components.every(isNameComponent)) {
    throw new TypeError(`Not the beginning of an object name: ${JSON.stringify(prefix.slice(0, 80))}.`);
  }
}

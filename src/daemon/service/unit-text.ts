import { BitacoraError } from '../../base/index.js';

/** A word of a command line in a unit (systemd.service(5), systemd.syntax(7)). */
export function commandWord(word: string): string {
  const text = unitText(word).replaceAll('$', () => '$$');
  return /^[\w@%+=:,./$-]+$/.test(text) ? text : `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** A path in a list of paths in a unit. */
export function pathWord(path: string): string {
  const text = unitText(path);
  return /[\s"'\\]/.test(text) ? `"${text.replace(/[\\"]/g, '\\$&')}"` : text;
}

/** A value that takes the rest of its line. */
export function unitText(value: string): string {
  if ([...value].some((char) => char < ' ' || char === '\x7f')) {
    throw new BitacoraError(
      'USAGE',
      `A unit of systemd cannot name ${JSON.stringify(value)}: it has control characters.`,
    );
  }
  return value.replaceAll('%', '%%');
}

/** `--name VALUE` pairs of a script's command line, all whole numbers, with what holds where one is left out. */
export function numbersFrom<Name extends string>(
  args: readonly string[],
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const numbers: Record<string, number> = { ...defaults };
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i]!.replace(/^--/, '');
    const value = Number(args[i + 1]);
    if (!(name in defaults) || !Number.isSafeInteger(value)) {
      throw new TypeError(
        `Not understood: "${args.slice(i, i + 2).join(' ')}". Known: ${Object.keys(defaults).join(', ')}.`,
      );
    }
    numbers[name] = value;
  }
  return numbers as Record<Name, number>;
}

/** All that an input asks for, under either name; nothing asks for everything. */
export function wantedOf({
  include = [],
  items = [],
}: {
  readonly include?: readonly string[] | undefined;
  readonly items?: readonly string[] | undefined;
}): string[] {
  return [...include, ...items];
}

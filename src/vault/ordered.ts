/** Runs `read` on up to `width` items at once and yields the results in the order of the items. */
export async function* readAhead<T, R>(
  items: AsyncIterable<T>,
  width: number,
  read: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const under: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = read(item);
      // It is awaited later; until then its failure is nobody's surprise.
      result.catch(() => undefined);
      under.push(result);
      if (under.length >= width) yield await under.shift()!;
    }
    while (under.length > 0) yield await under.shift()!;
  } finally {
    await Promise.allSettled(under);
  }
}

/** A column of a text table; numbers stand right. */
export interface Column<Row> {
  readonly title: string;
  readonly right?: boolean;
  cell(row: Row): string;
}

/** An aligned table, a line a row, the titles first. The last column is not padded. Cells must be printable. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map((column) => column.cell(row)))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => width(line[index]!))));
  return cells.map((line) =>
    line
      .map((cell, index) => pad(cell, widths[index]!, columns[index]!.right ?? false, index === line.length - 1))
      .join('  ')
      .trimEnd(),
  );
}

function pad(cell: string, to: number, right: boolean, last: boolean): string {
  const space = ' '.repeat(Math.max(0, to - width(cell)));
  if (right) return space + cell;
  return last ? cell : cell + space;
}

/** In characters, not UTF-16 units. */
function width(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The last column of each row: a file, and the name of a test in it, which may be a template. */
const NAMED = /\| `(test\/[^`]+\.ts)`: (?:`([^`]+)`|([^|`]+?)) \|$/;

t.test('each test that docs/reliability.md names is there', async (t) => {
  const rows = readFileSync(`${root}docs/reliability.md`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| what happened'));
  t.ok(rows.length > 40);
  for (const row of rows) {
    // A row without a test says why.
    if (row.endsWith('| |')) {
      t.match(row, /no counterpart: /);
      continue;
    }
    const [, file, template, plain] = NAMED.exec(row) ?? [];
    if (!file || !existsSync(`${root}${file}`)) {
      t.fail(`Not a test: ${row}`);
      continue;
    }
    const text = readFileSync(`${root}${file}`, 'utf8');
    const quoted = template ? `\`${template}\`` : `'${plain}'`;
    t.ok(
      new RegExp(`test\\(\\s*${quoted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`).test(text),
      `${file}: ${template ?? plain}`,
    );
  }
});

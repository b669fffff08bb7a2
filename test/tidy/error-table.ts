import type { Finding } from './source.js';

interface Row {
  readonly http: number;
  readonly exit: number;
  readonly meaning: string;
}

/** The page of errors says what the table in the program says: codes, numbers and meanings, in the same order. */
export function errorTableRule(page: string, codes: Readonly<Record<string, Row>>): Finding[] {
  const file = 'docs/errors.md';
  const rows = page.split('\n').flatMap((text, index) => {
    const cells = text.split('|').map((cell) => cell.trim());
    const code = /^`([A-Z_]+)`$/.exec(cells[1] ?? '')?.[1];
    return code ? [{ code, line: index + 1, exit: cells[2], http: cells[3], meaning: cells[4], next: cells[5] }] : [];
  });
  const findings: Finding[] = [];
  const tell = (line: number, why: string): number => findings.push({ file, line, rule: 'errors', why });
  for (const { code, line, exit, http, meaning, next } of rows) {
    const row = codes[code];
    if (!row) tell(line, `${code} is not a code of the program`);
    else if (exit !== String(row.exit)) tell(line, `${code} exits with ${row.exit}, not ${exit}`);
    else if (http !== String(row.http)) tell(line, `${code} answers ${row.http}, not ${http}`);
    else if (meaning !== row.meaning) tell(line, `the meaning of ${code} is "${row.meaning}"`);
    if (!next) tell(line, `${code} does not say what to do next`);
  }
  const written = rows.map(({ code }) => code);
  for (const code of Object.keys(codes)) if (!written.includes(code)) tell(1, `${code} is missing`);
  const order = Object.keys(codes).filter((code) => written.includes(code));
  const swapped = rows.find(({ code }, index) => code in codes && order.indexOf(code) !== index);
  if (findings.length === 0 && swapped) tell(swapped.line, `${swapped.code} is not where the program has it, or twice`);
  return findings;
}

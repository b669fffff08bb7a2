import ts from 'typescript';
import { type Finding, lineOf, type Source, walk } from './source.js';
import { FILE_LINES_MAX, FUNCTION_LINES_MAX } from './table.js';

/** `src/x.ts` or `src/x.ts#function` → its lines. Only what is over the limit is listed, and the number may only shrink. */
export type Lengths = Readonly<Record<string, number>>;

interface Measured {
  readonly key: string;
  readonly file: string;
  readonly line: number;
  readonly lines: number;
  readonly limit: number;
}

/** Nothing new passes the limits, and what is over them shrinks. */
export function lengthRule(sources: readonly Source[], listed: Lengths): Finding[] {
  const measured = sources.flatMap(measure);
  const findings = measured.flatMap(({ key, file, line, lines, limit }) => {
    const allowed = listed[key] ?? limit;
    if (lines > allowed)
      return [{ file, line, rule: 'lengths', why: `${key} has ${lines} lines; at most ${allowed} are allowed` }];
    if (key in listed && lines < allowed) {
      const wanted = lines > limit ? `lower its number in lengths.json to ${lines}` : 'take it out of lengths.json';
      return [{ file, line, rule: 'lengths', why: `${key} has shrunk to ${lines} lines: ${wanted}` }];
    }
    return [];
  });
  const known = new Set(measured.map(({ key }) => key));
  const stale = Object.keys(listed).filter((key) => !known.has(key));
  return [
    ...findings,
    ...stale.map((key) => ({
      file: 'test/tidy/lengths.json',
      line: 1,
      rule: 'lengths',
      why: `${key} no longer exists; take it out`,
    })),
  ];
}

function measure({ file, text, tree }: Source): Measured[] {
  const found: Measured[] = [
    { key: file, file, line: 1, lines: text.trimEnd().split('\n').length, limit: FILE_LINES_MAX },
  ];
  walk(tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return;
    const line = lineOf(tree, node);
    const lines = tree.getLineAndCharacterOfPosition(node.getEnd()).line + 2 - line;
    found.push({ key: `${file}#${nameOf(node)}`, file, line, lines, limit: FUNCTION_LINES_MAX });
  });
  return found;
}

function nameOf(node: ts.SignatureDeclaration): string {
  const named = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined);
  return named?.getText() ?? 'anonymous';
}

import ts from 'typescript';
import { type Finding, isAt, lineOf, type Source, walk } from './source.js';
import { AMBIENT } from './table.js';

/** Clock, randomness and environment only in the files that keep them. */
export function ambientRule(sources: readonly Source[]): Finding[] {
  return sources.flatMap(({ file, tree }) => {
    const findings: Finding[] = [];
    walk(tree, (node) => {
      const name = ambientName(node);
      const keeper = AMBIENT.find(({ names }) => name !== undefined && names.includes(name));
      if (!keeper || isAt(file, keeper.places)) return;
      findings.push({
        file,
        line: lineOf(tree, node),
        rule: 'ambient',
        why: `${name} outside ${keeper.places.join(', ')}: ${keeper.why}`,
      });
    });
    return findings;
  });
}

function ambientName(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node)) {
    return node.expression.getText() === 'Date' && !node.arguments?.length ? 'new Date()' : undefined;
  }
  if (ts.isPropertyAccessExpression(node)) return `${node.expression.getText()}.${node.name.text}`;
  if (ts.isIdentifier(node)) return node.text;
  return undefined;
}

/** A door opens with its charter, only re-exports, and declares nothing. */
export function doorRule(sources: readonly Source[]): Finding[] {
  return sources
    .filter(({ file }) => file.endsWith('/index.ts'))
    .flatMap(({ file, text, tree }) => {
      const findings: Finding[] = tree.statements
        .filter((statement) => !(ts.isExportDeclaration(statement) && statement.moduleSpecifier))
        .map((statement) => ({ file, line: lineOf(tree, statement), rule: 'doors', why: 'a door only re-exports' }));
      if (text.startsWith('/**')) return findings;
      return [{ file, line: 1, rule: 'doors', why: 'a door opens with its charter in a doc comment' }, ...findings];
    });
}

/** Nothing left for later. The words are put together here, so that this file passes. */
const FOR_LATER = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);

export function laterRule(texts: readonly { readonly file: string; readonly text: string }[]): Finding[] {
  return texts.flatMap(({ file, text }) =>
    text.split('\n').flatMap((line, index) => {
      const word = FOR_LATER.exec(line)?.[0];
      return word
        ? [{ file, line: index + 1, rule: 'later', why: `"${word}": do it, or write it down elsewhere` }]
        : [];
    }),
  );
}

/** Types say something. */
export function anyRule(sources: readonly Source[]): Finding[] {
  return sources.flatMap(({ file, tree }) => {
    const findings: Finding[] = [];
    walk(tree, (node) => {
      if (node.kind !== ts.SyntaxKind.AnyKeyword) return;
      findings.push({
        file,
        line: lineOf(tree, node),
        rule: 'types',
        why: '"any" switches checking off; name the type or use unknown',
      });
    });
    return findings;
  });
}

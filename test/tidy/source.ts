import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';

/** Something found, told so that the reader knows where, what and why. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly why: string;
}

/** One file with its syntax tree; `file` is relative to the project. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** A module named in a file; `target` is the file of this project that it leads to, if any. */
export interface Import {
  readonly specifier: string;
  readonly target: string | undefined;
  readonly line: number;
}

export function parse(file: string, text: string): Source {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  walk(tree, (node) => {
    const name = moduleName(node);
    if (name) imports.push({ specifier: name.text, target: targetOf(file, name.text), line: lineOf(tree, name) });
  });
  return { file, text, tree, imports };
}

/** All TypeScript files below the given folders of the project at `root`. */
export function readSources(root: URL, folders: readonly string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('kernel/'))
      .map((name) => `${folder}/${name}`)
      .filter((file) => !file.startsWith('src/chunking/kernel/'))
      .sort()
      .map((file) => parse(file, readFileSync(new URL(file, root), 'utf8'))),
  );
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

export function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

/** The room of a file in `src/`, or undefined for other files. */
export function roomOf(file: string): string | undefined {
  const parts = file.split('/');
  return parts[0] === 'src' && parts.length > 2 ? parts[1] : undefined;
}

/** Whether `file` is one of `places`, or below one that ends in `/`. */
export function isAt(file: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place));
}

/** Imports and re-exports, typed or not, `import()` of both kinds, `require()`, and the `new URL()` by which a thread is started. */
function moduleName(node: ts.Node): ts.StringLiteralLike | undefined {
  const named = (expression: ts.Node | undefined): ts.StringLiteralLike | undefined =>
    expression && ts.isStringLiteralLike(expression) ? expression : undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return named(node.moduleSpecifier);
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? named(node.argument.literal) : undefined;
  if (ts.isCallExpression(node)) {
    const callee = node.expression.getText();
    const loads =
      node.expression.kind === ts.SyntaxKind.ImportKeyword || /^(require|createRequire\(.*\))$/s.test(callee);
    return loads ? named(node.arguments[0]) : undefined;
  }
  if (ts.isNewExpression(node) && node.expression.getText() === 'URL') {
    const path = named(node.arguments?.[0]);
    return path?.text.startsWith('.') && path.text.endsWith('.js') ? path : undefined;
  }
  return undefined;
}

function targetOf(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}

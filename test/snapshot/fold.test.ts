import t from 'tap';
import { foldAt } from '../../src/snapshot/index.js';

const manifest = (name: string, captured: number, scopes: string[], ended: string[] = []) => ({
  name,
  captured,
  scopes: scopes.map((scope) => ({ scope })),
  ended,
});

const log = [
  manifest('a', 10, ['path:/x', 'path:/y']),
  manifest('b', 20, ['path:/x']),
  manifest('c', 30, ['session:1'], ['path:/y']),
  manifest('d', 40, ['path:/y']),
];

const folded = (time: number) =>
  foldAt(log, time).scopes.map(({ scope, manifest: { name } }) => `${scope.scope} ${name}`);

t.test('each scope comes from the newest manifest that holds it', async (test) => {
  test.same(folded(25), ['path:/x b', 'path:/y a']);
  test.same(
    foldAt(log, 25).manifests.map(({ name }) => name),
    ['a', 'b'],
  );
});

t.test('a scope is gone once it ended, and back once it is captured again', async (test) => {
  test.same(folded(30), ['path:/x b', 'session:1 c']);
  test.same(folded(99), ['path:/x b', 'path:/y d', 'session:1 c']);
});

t.test('the end of the capture counts, the log order decides between equals', async (test) => {
  test.same(folded(9), []);
  test.same(folded(10), ['path:/x a', 'path:/y a']);
  const equal = [manifest('p', 5, ['s']), manifest('q', 5, ['s'])];
  test.same(
    foldAt(equal, 5).scopes.map((scope) => scope.manifest.name),
    ['q'],
  );
});

t.test('what ended is told with its end, until it is captured again', async (test) => {
  const ended = (time: number) => foldAt(log, time).ended.map(({ scope, manifest: { name } }) => `${scope} ${name}`);
  test.same(ended(20), []);
  test.same(ended(30), ['path:/y c']);
  test.same(ended(40), []);
});

t.test('a manifest that ends a scope and captures it holds it', async (test) => {
  const both = [manifest('p', 5, ['s']), manifest('q', 6, ['s'], ['s'])];
  const { scopes, ended } = foldAt(both, 9);
  test.same(
    scopes.map((scope) => scope.manifest.name),
    ['q'],
  );
  test.same(ended, []);
});

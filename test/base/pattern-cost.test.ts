import t from 'tap';
import { checkPatternCost } from '../../src/base/pattern-cost.js';

t.test('patterns that people write are taken', async (t) => {
  const usual = [
    '*.txt',
    '**/*.tar.*',
    '/srv/**/node_modules/**',
    '*a*b*c.txt',
    '**',
    '**/**/x',
    '**/node_modules/**/*.map.*',
  ];
  for (const pattern of usual) {
    checkPatternCost(pattern);
    t.pass(pattern);
  }
});

t.test('patterns that would keep the thread are refused', async (t) => {
  for (const pattern of [
    '*a*a*a*a*a*b',
    `${'*a'.repeat(40)}b`,
    `${'**/'.repeat(2000)}x`,
    '**/**/**/*a*a*b',
    '*a*b/*c*d*e',
  ]) {
    t.throws(() => checkPatternCost(pattern), { code: 'USAGE', details: { pattern } }, pattern.slice(0, 40));
  }
  checkPatternCost('\\*a\\*a\\*a\\*a\\*a\\*b');
});

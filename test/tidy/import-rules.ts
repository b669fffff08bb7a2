import { type Finding, isAt, roomOf, type Source } from './source.js';
import { NODE_MODULES, PACKAGES, RANKS, SAME_RANK_ALLOWED } from './table.js';

/** Imports between rooms go down, and through the door. */
export function roomRule(sources: readonly Source[]): Finding[] {
  return sources.flatMap(({ file, imports }) =>
    imports.flatMap(({ target, line }) => {
      const why = target === undefined ? undefined : roomProblem(file, target);
      return why === undefined ? [] : [{ file, line, rule: 'rooms', why }];
    }),
  );
}

function roomProblem(file: string, target: string): string | undefined {
  const from = roomOf(file);
  const to = roomOf(target);
  if (from === to) return undefined;
  if (from === undefined || to === undefined) return `"${target}" is not in a room of src`;
  const fromRank = RANKS[from];
  const toRank = RANKS[to];
  if (fromRank === undefined) return `the room "${from}" has no rank`;
  if (toRank === undefined) return `the room "${to}" has no rank`;
  if (toRank > fromRank) return `${from} (${fromRank}) imports ${to} (${toRank}), but imports go down only`;
  if (toRank === fromRank && !SAME_RANK_ALLOWED.includes(`${from} -> ${to}`)) {
    return `${from} and ${to} stand at the same height and do not know each other`;
  }
  return target === `src/${to}/index.ts` ? undefined : `"${target}" is behind the door of ${to}; import its index`;
}

/** Each restricted module only where the table has it. */
export function moduleRule(sources: readonly Source[]): Finding[] {
  return sources.flatMap(({ file, imports }) =>
    imports.flatMap(({ specifier, line }) => {
      const why = moduleProblem(file, specifier);
      return why === undefined ? [] : [{ file, line, rule: 'modules', why }];
    }),
  );
}

function moduleProblem(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return undefined;
  const ofNode = specifier.startsWith('node:');
  const name = ofNode ? specifier : packageName(specifier);
  const places = ofNode ? NODE_MODULES[name] : PACKAGES[name];
  if (places === undefined) return ofNode ? undefined : `the package "${name}" is not in the table of packages`;
  return isAt(file, places) ? undefined : `"${name}" belongs in ${places.join(', ')}`;
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** No file leads back to itself, through types either. */
export function cycleRule(sources: readonly Source[]): Finding[] {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const done = new Set<string>();
  const findings: Finding[] = [];
  const path: string[] = [];
  const visit = (file: string): void => {
    if (done.has(file)) return;
    path.push(file);
    for (const { target, line } of byFile.get(file)?.imports ?? []) {
      if (target === undefined) continue;
      const start = path.indexOf(target);
      if (start < 0) visit(target);
      else
        findings.push({
          file,
          line,
          rule: 'cycles',
          why: `leads back to itself: ${[...path.slice(start), target].join(' > ')}`,
        });
    }
    path.pop();
    done.add(file);
  };
  for (const { file } of sources) visit(file);
  return findings;
}

/** Every file is reached from an entry or from a room's door. */
export function reachRule(sources: readonly Source[], entries: readonly string[]): Finding[] {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const doors = sources.map(({ file }) => file).filter((file) => /^src\/[^/]+\/index\.ts$/.test(file));
  const reached = new Set<string>();
  const queue = [...entries, ...doors];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const { target } of byFile.get(file)?.imports ?? []) if (target !== undefined) queue.push(target);
  }
  return sources
    .filter(({ file }) => !reached.has(file))
    .map(({ file }) => ({ file, line: 1, rule: 'reach', why: 'no entry and no door leads here' }));
}

import { FIGURE_UNITS, type Figure, median, type Sample, valuesOf } from './sample.js';
import { FIGURE_NAMES, figureText } from './words.js';

export interface Plot {
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

const PLOTTED: readonly Figure[] = ['wall', 'cpu', 'memory', 'stored'];

/** One bar chart for each figure: all steps, all programs, medians, with a line from the least to the greatest run. */
export function plots(samples: readonly Sample[], prefix: string): Plot[] {
  return PLOTTED.flatMap((figure) => {
    const groups = groupsOf(samples, figure);
    if (groups.length === 0) return [];
    const title = `${FIGURE_NAMES[figure]} (${FIGURE_UNITS[figure]}), less is better`;
    return [
      { name: `${prefix}-${figure}.svg`, title, svg: barChart(title, groups, (value) => figureText(figure, value)) },
    ];
  });
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly greatest: number;
}

export interface Group {
  readonly label: string;
  readonly bars: readonly Bar[];
}

function groupsOf(samples: readonly Sample[], figure: Figure): Group[] {
  const programs = [...new Set(samples.map((sample) => sample.program))].sort();
  const steps = [...new Set(samples.map((sample) => sample.step))];
  return steps.flatMap((step) => {
    const bars = programs.flatMap((program): Bar[] => {
      const values = valuesOf(samples, step, program, figure);
      const value = median(values);
      if (value === undefined) return [];
      return [{ label: program, value, least: Math.min(...values), greatest: Math.max(...values) }];
    });
    return bars.length === 0 ? [] : [{ label: step, bars }];
  });
}

const WIDTH = 760;
const BAR_LEFT = 190;
const BAR_WIDTH_MAX = 470;
const BAR_STEP = 22;
const COLOURS = ['#1f6f8b', '#c0662b', '#7a8c3a', '#8d8d8d', '#6b4f8a'];

/** Horizontal bars in groups, each bar labelled with its program and its value. */
export function barChart(title: string, groups: readonly Group[], valueText: (value: number) => string): string {
  const labels = [...new Set(groups.flatMap((group) => group.bars.map((bar) => bar.label)))];
  const scale =
    BAR_WIDTH_MAX / Math.max(...groups.flatMap((group) => group.bars.map((bar) => bar.greatest)), Number.MIN_VALUE);
  const parts: string[] = [`<text x="10" y="24" font-size="15" font-weight="bold">${escaped(title)}</text>`];
  let y = 44;
  for (const group of groups) {
    parts.push(`<text x="10" y="${y + 14}">${escaped(group.label)}</text>`);
    for (const bar of group.bars) {
      parts.push(barShape(bar, y, scale, COLOURS[labels.indexOf(bar.label) % COLOURS.length] ?? '#888888', valueText));
      y += BAR_STEP;
    }
    y += 12;
  }
  const frame = `<rect width="${WIDTH}" height="${y}" fill="#ffffff"/>`;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" font-family="sans-serif" font-size="12">`;
  return [open, frame, ...parts, '</svg>', ''].join('\n');
}

function barShape(bar: Bar, y: number, scale: number, colour: string, valueText: (value: number) => string): string {
  const end = (value: number) => (BAR_LEFT + value * scale).toFixed(1);
  return [
    `<text x="${BAR_LEFT - 6}" y="${y + 14}" text-anchor="end">${escaped(bar.label)}</text>`,
    `<rect x="${BAR_LEFT}" y="${y}" width="${(bar.value * scale).toFixed(1)}" height="18" fill="${colour}"/>`,
    `<line x1="${end(bar.least)}" x2="${end(bar.greatest)}" y1="${y + 9}" y2="${y + 9}" stroke="#000000"/>`,
    `<text x="${Number(end(bar.greatest)) + 6}" y="${y + 14}">${escaped(valueText(bar.value))}</text>`,
  ].join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

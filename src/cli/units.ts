const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `0 B`, `1.23 MiB`, `456 GiB`: three significant digits, powers of 1024. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** `12,345` */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 file`, `12,345 files` */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `12 ms`, `3.4 s`, `2 m 05 s`, `3 h 07 m` */
export function formatDuration(ms: number): string {
  if (ms < 995) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} m`;
}

/** How much smaller `part` is than `whole`: `83.2 % smaller`, or undefined where that says nothing. */
export function formatSaving(part: number, whole: number): string | undefined {
  if (whole <= 0 || part >= whole) return undefined;
  const percent = Math.floor((1 - part / whole) * 1000) / 10;
  return `${percent.toFixed(1)} % smaller`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

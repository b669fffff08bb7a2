/** `2025-03-01 14:30:05` in local time. */
export function formatTime(ms: number): string {
  const d = new Date(ms);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** ISO 8601 with the local zone: `2025-03-01T14:30:05.123+01:00`. */
export function isoTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return isoWith(seconds, String(Math.floor(ms - seconds * 1000)).padStart(3, '0'));
}

/** The same to the nanosecond. */
export function isoNanoTime(seconds: number, nanoseconds: number): string {
  return isoWith(seconds, String(nanoseconds).padStart(9, '0'));
}

function isoWith(seconds: number, fraction: string): string {
  const offset = -new Date(seconds * 1000).getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${formatTime(seconds * 1000).replace(' ', 'T')}.${fraction}${zone}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

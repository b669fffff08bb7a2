/** What systemd tells a service alone, and what leads to the master key. */
const OWN = /^(NOTIFY_SOCKET|WATCHDOG_(USEC|PID)|LISTEN_(FDS|PID|FDNAMES)|CREDENTIALS_DIRECTORY|BITACORA_.*)$/;

/** The environment of programs that this one runs: its own, without what is nobody else's. The one place where this room reads it. */
export function commandEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name, value]) => value !== undefined && !OWN.test(name));
  return Object.fromEntries(entries) as Record<string, string>;
}

import { existsSync } from 'node:fs';

/** `BITACORA_NO_NATIVE=1` makes the room use plain Node only, so that both ways can be tested on one machine. */
export function nativeCallsForbidden(): boolean {
  return process.env.BITACORA_NO_NATIVE === '1';
}

/** A system tool at its usual place; never searched in PATH, which the caller's environment could bend. */
export function systemTool(name: string): string | undefined {
  return [`/usr/bin/${name}`, `/bin/${name}`].find((path) => existsSync(path));
}

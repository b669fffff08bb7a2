import { isIP } from 'node:net';
import { BitacoraError } from '../../base/index.js';

/** What a call over TCP says of where it goes, and the page that it comes from. */
export interface CallNames {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site` of browsers. */
  readonly site: string | undefined;
}

const OWN_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses calls that a browser makes for a page of somebody else: those to a name that somebody else had point here, and those
 * from another origin.
 *
 * @param listened - The address that is listened on, and the one that the connection came to.
 * @param hosts - Configured names, with or without a port.
 * @throws {BitacoraError} `NOT_ALLOWED`.
 */
export function checkNames(call: CallNames, listened: readonly string[], hosts: readonly string[]): void {
  const { host } = call;
  const name = host === undefined ? undefined : nameOf(host);
  const known =
    name !== undefined &&
    (OWN_NAMES.has(name) ||
      listened.some((address) => inUrl(address) === name) ||
      hosts.some((one) => isHost(one, host!)));
  if (!known) {
    throw new BitacoraError('NOT_ALLOWED', 'The call names another host than this one; see `[api] hosts`.', {
      details: { host: host ?? null },
    });
  }
  checkOrigin(call, hosts);
}

/** The same of the origin alone. Without one it is no browser that calls, or the page is this server's own. */
export function checkOrigin({ host, origin, site }: CallNames, hosts: readonly string[]): void {
  const from = origin === undefined ? undefined : /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1];
  const foreign =
    origin === undefined
      ? site === 'cross-site' || site === 'same-site'
      : from === undefined || (from !== host?.toLowerCase() && !hosts.some((one) => isHost(one, from)));
  if (!foreign) return;
  throw new BitacoraError('NOT_ALLOWED', 'The call comes from a page of another origin; see `[api] hosts`.', {
    details: { origin: origin ?? null },
  });
}

/** A configured name without a port stands for each of its ports. */
function isHost(configured: string, given: string): boolean {
  const wanted = configured.toLowerCase();
  const host = given.toLowerCase();
  return wanted === host || wanted === nameOf(host);
}

/** Without the port, in lower case; undefined where it is no host. */
function nameOf(host: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?$/.exec(host.toLowerCase())?.[1];
}

function inUrl(address: string): string {
  // An IPv4 address of a socket that takes both kinds.
  const plain = address.replace(/^::ffff:(?=[0-9.]+$)/, '').toLowerCase();
  return isIP(plain) === 6 ? `[${plain}]` : plain;
}

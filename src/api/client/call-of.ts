import { OPERATIONS, type OperationName } from '../operations.js';
import type { Exchange } from './exchange.js';

/** How the table says that an operation is asked for. */
export function callOf(name: OperationName, input: object, accept: string, body?: AsyncIterable<Uint8Array>): Exchange {
  const { method, path } = OPERATIONS[name];
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const filled = path.replace(/:(\w+)/g, (_, member: string) => {
    const value = String(rest.get(member));
    rest.delete(member);
    return encodeURIComponent(value);
  });
  if (method !== 'GET' && method !== 'DELETE' && !body)
    return { method, path: filled, accept, json: Object.fromEntries(rest) };
  const query = new URLSearchParams();
  for (const [member, value] of rest) for (const one of [value].flat()) query.append(member, String(one));
  return { method, path: query.size > 0 ? `${filled}?${query}` : filled, accept, body };
}

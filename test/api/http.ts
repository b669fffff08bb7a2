import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Whether the answer came to its proper end. */
  readonly complete: boolean;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Instead of `body`: as it is. */
  readonly raw?: string;
}

/** One request over a Unix socket, with a connection of its own, and all of its answer. */
export function ask(socketPath: string, path: string, options: Ask = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const call = request({
      socketPath,
      path,
      agent: false,
      method: options.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
    });
    call.on('error', reject);
    call.on('response', (response) => void collect(response).then(resolve, reject));
    call.end(body);
  });
}

export function collect(response: IncomingMessage): Promise<Reply> {
  return new Promise((resolve) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    const { statusCode: status = 0, headers } = response;
    response.on('error', () => {});
    response.on('close', () => resolve({ status, headers, text, complete: response.complete }));
  });
}

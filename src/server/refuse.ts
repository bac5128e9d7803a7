import type { ServerResponse } from 'node:http';

import { inertPolicy } from '../host/page-policy.ts';
import { commonHeaders } from './policy.ts';

/** Ends a request with a sentence. */
export function refuse(
  response: ServerResponse,
  status: number,
  sentence: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...commonHeaders,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Security-Policy': inertPolicy,
    // What a refused caller still wants to send is not read.
    Connection: 'close',
    ...headers,
  });
  response.end(`${sentence}\n`);
}

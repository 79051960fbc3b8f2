/** QPO from a browser: gRPC-Web through the edge. */

import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { Qpo } from "./client.js";
import { unaryWithin } from "./deadline.js";

export * from "./index.js";

export interface WebOptions {
  /** For calls with one request, one answer and no timeout of their own, in milliseconds; 30,000 if nothing is said. */
  readonly timeoutMs?: number;
}

/** QPO at this address; the page's own origin, if the edge serves the page, needs no CORS. */
export function connect(url: string = globalThis.location.origin, { timeoutMs = 30_000 }: WebOptions = {}): Qpo {
  return new Qpo((interceptors) => unaryWithin(timeoutMs, createGrpcWebTransport({ baseUrl: url, interceptors })));
}

/** QPO from Node: gRPC over HTTP/2. */

import { readFileSync } from "node:fs";

import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";

import { Qpo } from "./client.js";
import { unaryWithin } from "./deadline.js";
import type { IngestPricesResponse } from "./gen/qpo/marketdata/v1/marketdata_service_pb.js";
import { priceParts, type Upload } from "./prices.js";

export * from "./index.js";

export interface NodeOptions {
  /** For calls with one request, one answer and no timeout of their own, in milliseconds; 30,000 if nothing is said. */
  readonly timeoutMs?: number;
  /** A file of certificates that are trusted instead of the system's. */
  readonly authority?: string;
}

/** QPO at `https://host:port`, or `http://` on a machine of one's own. */
export function connect(url: string, { timeoutMs = 30_000, authority }: NodeOptions = {}): Qpo {
  const nodeOptions = authority === undefined ? {} : { ca: readFileSync(authority) };
  const sessionManager = new Http2SessionManager(url, { pingIntervalMs: 60_000 }, nodeOptions);
  return new Qpo(
    (interceptors) => unaryWithin(timeoutMs, createGrpcTransport({ baseUrl: url, sessionManager, interceptors })),
    () => sessionManager.abort(),
  );
}

/** Imports a file of prices, CSV (also by gzip) or Parquet; the answer says what was kept and what was not. */
export function importPrices(qpo: Qpo, upload: Upload): Promise<IngestPricesResponse> {
  return qpo.marketdata.ingestPrices(priceParts(upload), { timeoutMs: 300_000 });
}

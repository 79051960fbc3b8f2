/** A file of prices, as IngestPrices takes it. Browsers cannot stream to a server: there it is for Node alone. */

import { create } from "@bufbuild/protobuf";

import {
  type IngestPricesRequest,
  IngestPricesRequestSchema,
  PriceFormat,
} from "./gen/qpo/marketdata/v1/marketdata_service_pb.js";

const CHUNK = 256 << 10;

export interface Upload {
  /** Name of the dataset. */
  readonly dataset: string;
  /** The file's bytes, such as `createReadStream(path)` gives them. */
  readonly file: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** CSV if nothing is said. */
  readonly format?: PriceFormat;
  /** True: read and report, store nothing. */
  readonly validateOnly?: boolean;
}

/** The header, then the bytes in pieces that the contract takes. */
export async function* priceParts(upload: Upload): AsyncGenerator<IngestPricesRequest, void, undefined> {
  const { dataset, file, format = PriceFormat.CSV, validateOnly = false } = upload;
  yield create(IngestPricesRequestSchema, { part: { case: "header", value: { dataset, format, validateOnly } } });
  for await (const bytes of file) {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const value = bytes.slice(at, at + CHUNK);
      yield create(IngestPricesRequestSchema, { part: { case: "chunk", value } });
    }
  }
}

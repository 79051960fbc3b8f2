/** Golden messages: reads each from bytes and from JSON, and writes what TypeScript makes of it. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { createRegistry, fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { file_google_rpc_error_details } from "@qpo/client/gen/google/rpc/error_details_pb";
import { file_google_rpc_status } from "@qpo/client/gen/google/rpc/status_pb";
import { file_qpo_marketdata_v1_marketdata_service } from "@qpo/client/gen/qpo/marketdata/v1/marketdata_service_pb";
import { file_qpo_marketdata_v1_prices } from "@qpo/client/gen/qpo/marketdata/v1/prices_pb";
import { file_qpo_optimizer_v1_optimization } from "@qpo/client/gen/qpo/optimizer/v1/optimization_pb";
import { file_qpo_optimizer_v1_optimizer_service } from "@qpo/client/gen/qpo/optimizer/v1/optimizer_service_pb";
import { file_qpo_portfolio_v1_portfolio_service } from "@qpo/client/gen/qpo/portfolio/v1/portfolio_service_pb";
import { file_qpo_types_v1_moments } from "@qpo/client/gen/qpo/types/v1/moments_pb";

const registry = createRegistry(
  file_google_rpc_error_details,
  file_google_rpc_status,
  file_qpo_marketdata_v1_marketdata_service,
  file_qpo_marketdata_v1_prices,
  file_qpo_optimizer_v1_optimization,
  file_qpo_optimizer_v1_optimizer_service,
  file_qpo_portfolio_v1_portfolio_service,
  file_qpo_types_v1_moments,
);

export function golden(into: string, out: string): void {
  for (const line of readFileSync(join(into, "types.txt"), "utf8").trim().split("\n")) {
    const [name = "", typeName = ""] = line.split(" ");
    const schema = registry.getMessage(typeName);
    if (schema === undefined) throw new TypeError(`${typeName} is not known here`);
    const message = fromBinary(schema, readFileSync(join(into, `${name}.binpb`)));
    writeFileSync(join(out, `${name}.binpb`), toBinary(schema, message));
    writeFileSync(join(out, `${name}.json`), toJsonString(schema, message, { registry }));
    const told = fromJsonString(schema, readFileSync(join(into, `${name}.json`), "utf8"), { registry });
    writeFileSync(join(out, `${name}.from-json.binpb`), toBinary(schema, told));
  }
}

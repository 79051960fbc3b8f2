/** What a refused call says: google.rpc.Status with its details, read. */

import { type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";

import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";
import type { Status } from "./gen/google/rpc/status_pb.js";

/** A limit that stands in the way, and how far it would have to give. */
export interface Conflict {
  readonly type: string;
  readonly subject: string;
  readonly description: string;
}

/** Why a call was refused, or a job failed. */
export interface Refusal {
  readonly code: Code;
  readonly message: string;
  /** Of ErrorReason in the contract of the service, without its prefix; empty if whoever refused gave none. */
  readonly reason: string;
  /** Who refused, e.g. `optimizer.qpo`. */
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** What is wrong with the request, by field. */
  readonly fields: ReadonlyMap<string, string>;
  /** Which limits are in each other's way. */
  readonly conflicts: readonly Conflict[];
  /** When to try again, in seconds; undefined if nothing is said. */
  readonly retryAfter: number | undefined;
}

type Details = <Desc extends DescMessage>(schema: Desc) => MessageShape<Desc> | undefined;

/** Reads what a call threw. */
export function refusalOf(error: unknown): Refusal {
  const told = ConnectError.from(error);
  return read(told.code, told.rawMessage, (schema) => told.findDetails(schema)[0]);
}

/** Reads a status, such as that of a failed job. */
export function refusalOfStatus(status: Status): Refusal {
  return read(status.code, status.message, (schema) => {
    for (const detail of status.details) {
      const found = anyUnpack(detail, schema);
      if (found !== undefined) return found;
    }
    return undefined;
  });
}

function read(code: Code, message: string, details: Details): Refusal {
  const info = details(ErrorInfoSchema);
  const delay = details(RetryInfoSchema)?.retryDelay;
  return {
    code,
    message,
    reason: info?.reason ?? "",
    domain: info?.domain ?? "",
    metadata: info?.metadata ?? {},
    fields: new Map(details(BadRequestSchema)?.fieldViolations.map((each) => [each.field, each.description])),
    conflicts: (details(PreconditionFailureSchema)?.violations ?? []).map(({ type, subject, description }) => ({
      type,
      subject,
      description,
    })),
    retryAfter: delay === undefined ? undefined : Number(delay.seconds) + delay.nanos / 1e9,
  };
}

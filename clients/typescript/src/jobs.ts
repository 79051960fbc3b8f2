/** Jobs, waited for. */

import type { Client } from "@connectrpc/connect";

import { JobState, type Optimization, type OptimizationResult } from "./gen/qpo/optimizer/v1/optimization_pb.js";
import type { OptimizerService, WatchOptimizationResponse } from "./gen/qpo/optimizer/v1/optimizer_service_pb.js";
import { Patience } from "./pause.js";
import { type Refusal, refusalOfStatus } from "./refusal.js";

const ENDED: readonly JobState[] = [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED];

/** The job has an error instead of a result. */
export class JobFailed extends Error {
  override readonly name = "JobFailed";
  readonly refusal: Refusal;

  constructor(
    readonly job: Optimization,
    status: NonNullable<Optimization["error"]>,
  ) {
    super(status.message);
    this.refusal = refusalOfStatus(status);
  }
}

/** The job was cancelled before it had a result. */
export class JobCancelled extends Error {
  override readonly name = "JobCancelled";

  constructor(readonly job: Optimization) {
    super(`job ${job.jobId} was cancelled`);
  }
}

export interface Waiting {
  /** In milliseconds; ten minutes if nothing is said. */
  readonly timeoutMs?: number;
  /** Is given the job as it is, as often as something is told of it. */
  readonly onProgress?: (job: Optimization) => void;
  readonly signal?: AbortSignal;
  readonly patience?: Patience;
}

/**
 * The result of a job, as soon as it has one.
 *
 * A line that breaks is taken up again: the first message of a watch is the job as it is by then. Throws JobFailed,
 * JobCancelled, and ConnectError for what the watch is refused for, DeadlineExceeded in the end.
 */
export async function waitFor(
  optimizer: Client<typeof OptimizerService>,
  jobId: string,
  { timeoutMs = 600_000, onProgress, signal, patience = new Patience() }: Waiting = {},
): Promise<OptimizationResult> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const ended = new AbortController();
    const asked = {
      timeoutMs: Math.max(1, Math.ceil(until - performance.now())),
      signal: signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]),
    };
    const watched = optimizer.watchOptimization({ jobId }, asked)[Symbol.asyncIterator]();
    let last: WatchOptimizationResponse | undefined;
    let broken: unknown;
    try {
      for (;;) {
        // What the reader of progress throws is its own, and not the line's.
        const next = await watched.next().catch((error: unknown) => void (broken = error));
        if (next === undefined || next.done) break;
        patience.renew();
        last = next.value;
        if (last.job !== undefined) onProgress?.(last.job);
      }
    } finally {
      ended.abort();
    }
    if (broken === undefined && last?.job !== undefined && ENDED.includes(last.job.state)) return resultOf(last, last.job);
    await patience.endure(broken, signal);
  }
}

function resultOf(last: WatchOptimizationResponse, job: Optimization): OptimizationResult {
  if (last.result !== undefined) return last.result;
  throw job.error === undefined ? new JobCancelled(job) : new JobFailed(job, job.error);
}

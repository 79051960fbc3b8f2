/** Waiting between tries. */

import { Code, ConnectError } from "@connectrpc/connect";

/** How often in a row a stream is taken up in vain before its error is the caller's. */
export const TRIES = 8;

/** Before the next try, in milliseconds: 100, doubling up to `longest`, each between half and the whole of it. */
export function pauseBefore(failed: number, longest: number): number {
  return (Math.min(100 * 2 ** (failed - 1), longest) * (1 + Math.random())) / 2;
}

/** Waits; rejects as soon as the signal says so. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Counts what failed in a row. */
export class Patience {
  private failed = 0;

  constructor(
    private readonly tries: number = TRIES,
    private readonly wait: typeof pause = pause,
  ) {}

  /** Something came: all tries are there again. */
  renew(): void {
    this.failed = 0;
  }

  /** Waits. Throws what broke if that is not for want of a server, or too often in a row; undefined: the stream ended. */
  async endure(broken: unknown, signal?: AbortSignal): Promise<void> {
    this.failed += 1;
    if (broken !== undefined) {
      const unavailable = ConnectError.from(broken).code === Code.Unavailable;
      if (!unavailable || this.failed >= this.tries) throw broken;
    }
    await this.wait(pauseBefore(this.failed, 5000), signal);
  }
}

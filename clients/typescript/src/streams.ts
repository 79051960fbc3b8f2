/** Streams without an end, taken up again behind the last message. */

import type { CallOptions } from "@connectrpc/connect";

import { Patience } from "./pause.js";

export interface Following {
  /** Ends the stream, which then throws. */
  readonly signal?: AbortSignal;
  readonly patience?: Patience;
}

/**
 * The messages of a Subscribe method, for as long as they are asked for: `break` ends the stream.
 *
 * When the server ends the stream, as it does after its maximum age, or cannot be reached, the stream is taken up behind
 * the cursor of the last message. A message with `snapshot` set says that this place is no longer kept: what was told
 * before is out of date. Throws ConnectError for every other refusal, and when the server stays away.
 */
export async function* follow<Request extends { cursor?: string }, Answer extends { cursor: string }>(
  method: (request: Request, options?: CallOptions) => AsyncIterable<Answer>,
  request: Request,
  { signal, patience = new Patience() }: Following = {},
): AsyncGenerator<Answer, void, undefined> {
  let asked = request;
  for (;;) {
    const ended = new AbortController();
    const stop = () => ended.abort(signal?.reason);
    signal?.throwIfAborted();
    signal?.addEventListener("abort", stop, { once: true });
    let broken: unknown;
    try {
      for await (const message of method(asked, { signal: ended.signal })) {
        patience.renew();
        if (message.cursor !== "") asked = { ...asked, cursor: message.cursor };
        yield message;
      }
    } catch (error) {
      broken = error;
    } finally {
      signal?.removeEventListener("abort", stop);
      ended.abort();
    }
    signal?.throwIfAborted();
    await patience.endure(broken, signal);
  }
}

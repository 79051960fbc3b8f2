/** Which calls end by themselves. */

import type { Transport } from "@connectrpc/connect";

/**
 * A transport whose calls with one request and one answer have a timeout, in milliseconds, unless they are given one of
 * their own; 0: none. A stream ends when it is over: a library's own default would end it too.
 */
export function unaryWithin(timeoutMs: number, transport: Transport): Transport {
  return {
    unary: (method, signal, given, ...rest) => transport.unary(method, signal, given ?? timeoutMs, ...rest),
    stream: (...call) => transport.stream(...call),
  };
}

/**
 * Which calls are repeated: those that the contract lets be repeated.
 *
 * A method is repeated if it declares itself without side effects or idempotent, or if its request has a `requestId`,
 * which every request is given that has none. Every other method is called once: whether it was done is not known if its
 * answer is lost. Repeated is only what was unavailable, thrice at most, and less when much fails.
 */

import { clone, type DescMethod, type Message } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

import { pause, pauseBefore } from "./pause.js";

export const ATTEMPTS = 3;
/**
 * A failure costs a token and a success gives a tenth back; below half of them nothing is repeated. So a server that
 * fails is not called more than a tenth oftener for it, but for the first few calls.
 */
const TOKENS = 10;
const RATIO = 0.1;

/** Whether the contract lets a call be repeated whose answer was lost. What the client streams cannot be sent twice. */
export function mayBeRepeated(method: DescMethod): boolean {
  if (method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming") return false;
  return method.idempotency === Level.NO_SIDE_EFFECTS || method.idempotency === Level.IDEMPOTENT || takesId(method);
}

function takesId(method: DescMethod): boolean {
  return "requestId" in method.input.field;
}

/** Names what has no id, and repeats what may be repeated. A stream is taken up by `follow` and `wait` instead. */
export function repeating(newId: () => string = randomUuid, wait: typeof pause = pause): Interceptor {
  let tokens = TOKENS;
  return (next) => async (request) => {
    if (request.stream || !mayBeRepeated(request.method)) return next(request);
    const named = takesId(request.method) ? { ...request, message: withId(request.method, request.message, newId) } : request;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await next(named);
        tokens = Math.min(TOKENS, tokens + RATIO);
        return answer;
      } catch (error) {
        if (ConnectError.from(error).code !== Code.Unavailable) throw error;
        tokens = Math.max(0, tokens - 1);
        if (attempt === ATTEMPTS || tokens <= TOKENS / 2) throw error;
        await wait(pauseBefore(attempt, 1000), request.signal);
      }
    }
  };
}

function withId(method: DescMethod, message: Message, newId: () => string): Message {
  const copy = clone(method.input, message) as Message & { requestId: string };
  copy.requestId ||= newId();
  return copy;
}

/** A random UUID; `crypto.randomUUID` is not there on pages without TLS. */
export function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte, at) => {
    const marked = at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte;
    return marked.toString(16).padStart(2, "0");
  }).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

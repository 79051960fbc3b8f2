/** Who calls: tokens, renewed before they end. */

import type { Client, Interceptor } from "@connectrpc/connect";

import type { ApiKeyService } from "./gen/qpo/auth/v1/api_key_service_pb.js";
import type { AuthService } from "./gen/qpo/auth/v1/auth_service_pb.js";
import { randomUuid } from "./retries.js";

/** Milliseconds before its end at which a token is given up. */
const RENEW_BEFORE = 30_000;

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly expiresIn: number;
}

/** A caller; the tokens are kept in memory alone. */
export class Session {
  private tokens: Tokens | undefined;
  private until = -Infinity;
  private renewing: Promise<string> | undefined;

  private constructor(private readonly renew: (spent: Tokens | undefined) => Promise<Tokens>) {}

  /** Somebody who logs in. Throws ConnectError as Login refuses. */
  static async ofPerson(
    door: Client<typeof AuthService>,
    login: { email: string; password: string; code?: string },
  ): Promise<Session> {
    // Of the refresh under way. Asked for again under another id, a token that was spent would end every session.
    let requestId = randomUuid();
    const session = new Session(async (spent) => {
      const answer =
        spent === undefined
          ? await door.login(login)
          : await door.refresh({ refreshToken: spent.refreshToken ?? "", requestId });
      if (answer.tokens === undefined) throw new TypeError("the answer holds no tokens");
      requestId = randomUuid();
      return answer.tokens;
    });
    await session.token();
    return session;
  }

  /** A program with an API key, which is exchanged as often as a token ends. */
  static ofMachine(door: Client<typeof ApiKeyService>, key: string): Session {
    return new Session(() => door.exchangeApiKey({ key }));
  }

  /** A token that is good for a while. It is renewed once for all who ask: a refresh token counts once. */
  token(): Promise<string> {
    if (this.tokens !== undefined && performance.now() < this.until - RENEW_BEFORE) {
      return Promise.resolve(this.tokens.accessToken);
    }
    this.renewing ??= this.renewed().finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  private async renewed(): Promise<string> {
    const began = performance.now();
    this.tokens = await this.renew(this.tokens);
    this.until = began + this.tokens.expiresIn * 1000;
    return this.tokens.accessToken;
  }
}

/** Adds the caller's token to every call. */
export function signing(session: () => Session | undefined): Interceptor {
  return (next) => async (request) => {
    const caller = session();
    if (caller === undefined) throw new TypeError("nobody is logged in here: call logIn or useKey first");
    request.header.set("authorization", `Bearer ${await caller.token()}`);
    return next(request);
  };
}

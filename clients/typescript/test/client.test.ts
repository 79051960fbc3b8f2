/** What @qpo/client does for its user, before a server in this process that answers as a test says. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { create } from "@bufbuild/protobuf";
import { anyPack, MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";

import { ErrorInfoSchema } from "../src/gen/google/rpc/error_details_pb.js";
import { AuthService } from "../src/gen/qpo/auth/v1/auth_service_pb.js";
import { MarketDataService, type SubscribeTicksRequest } from "../src/gen/qpo/marketdata/v1/marketdata_service_pb.js";
import { JobState } from "../src/gen/qpo/optimizer/v1/optimization_pb.js";
import { OptimizerService } from "../src/gen/qpo/optimizer/v1/optimizer_service_pb.js";
import { PortfolioService } from "../src/gen/qpo/portfolio/v1/portfolio_service_pb.js";
import { every, follow, JobCancelled, JobFailed, mayBeRepeated, Patience, Qpo, refusalOf, waitFor } from "../src/index.js";
import { unaryWithin } from "../src/deadline.js";
import { randomUuid } from "../src/retries.js";

const AWAY = new ConnectError("as the test says", Code.Unavailable);
const unhurried = (tries = 8) => new Patience(tries, () => Promise.resolve());

interface Services {
  auth?: Partial<ServiceImpl<typeof AuthService>>;
  portfolios?: Partial<ServiceImpl<typeof PortfolioService>>;
  marketdata?: Partial<ServiceImpl<typeof MarketDataService>>;
  optimizer?: Partial<ServiceImpl<typeof OptimizerService>>;
}

/** Somebody who is logged in at a server of these methods. */
async function loggedIn(services: Services, timeoutMs = 0): Promise<Qpo> {
  const login = () => ({ tokens: { accessToken: "first", refreshToken: "r", expiresIn: 900 } });
  const qpo = new Qpo((interceptors) =>
    unaryWithin(
      timeoutMs,
      createRouterTransport(
        (router) => {
          router.service(AuthService, { login, ...services.auth });
          router.service(PortfolioService, services.portfolios ?? {});
          router.service(MarketDataService, services.marketdata ?? {});
          router.service(OptimizerService, services.optimizer ?? {});
        },
        { transport: { interceptors } },
      ),
    ),
  );
  await qpo.logIn("mary@example.com", "a-long-pass-phrase-50");
  return qpo;
}

/** A method that gives one answer after the other, the last for good, and remembers what it was asked. */
function scripted<Request, Answer>(...answers: (Answer | ConnectError)[]) {
  const asked: Request[] = [];
  const method = (request: Request): Answer => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push(request);
    if (answer instanceof ConnectError) throw answer;
    return answer;
  };
  return { asked, method };
}

test("a call without side effects is repeated to success", async () => {
  const { asked, method } = scripted<unknown, object>(AWAY, AWAY, {});
  const qpo = await loggedIn({ portfolios: { getPortfolio: method } });
  await qpo.portfolios.getPortfolio({});
  assert.equal(asked.length, 3);
});

test("a call is made thrice at most", async () => {
  const { asked, method } = scripted<unknown, object>(AWAY);
  const qpo = await loggedIn({ portfolios: { getPortfolio: method } });
  await assert.rejects(qpo.portfolios.getPortfolio({}), { code: Code.Unavailable });
  assert.equal(asked.length, 3);
});

test("a call that may not be repeated is made once", async () => {
  const { asked, method } = scripted<unknown, object>(AWAY, {});
  const qpo = await loggedIn({ auth: { register: method } });
  await assert.rejects(qpo.register("mary@example.com", "a-long-pass-phrase-50"));
  assert.equal(asked.length, 1);
});

test("a call that takes an id is repeated under the same one", async () => {
  const { asked, method } = scripted<{ requestId: string }, object>(AWAY, {});
  const qpo = await loggedIn({ portfolios: { createPortfolio: method } });
  await qpo.portfolios.createPortfolio({ name: "first" });
  await qpo.portfolios.createPortfolio({ name: "first" });
  await qpo.portfolios.createPortfolio({ requestId: "mine" });
  const [first, again, other, own] = asked.map((each) => each.requestId);
  assert.match(first ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(first, again);
  assert.notEqual(first, other);
  assert.equal(own, "mine");
});

test("what is refused for another reason is not repeated", async () => {
  const { asked, method } = scripted<unknown, object>(new ConnectError("no", Code.Aborted));
  const qpo = await loggedIn({ portfolios: { getPortfolio: method } });
  await assert.rejects(qpo.portfolios.getPortfolio({}), { code: Code.Aborted });
  assert.equal(asked.length, 1);
});

test("a server that fails is hardly called oftener for it", async () => {
  const { asked, method } = scripted<unknown, object>(AWAY);
  const qpo = await loggedIn({ portfolios: { getPortfolio: method } });
  for (let call = 0; call < 20; call += 1) await assert.rejects(qpo.portfolios.getPortfolio({}));
  assert.ok(asked.length > 20 && asked.length <= 24, String(asked.length));
});

test("repeated is what the contract says", () => {
  for (const service of [AuthService, PortfolioService, MarketDataService, OptimizerService]) {
    for (const method of service.methods) {
      const safe = method.idempotency !== Level.IDEMPOTENCY_UNKNOWN || "requestId" in method.input.field;
      const streams = method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming";
      assert.equal(mayBeRepeated(method), safe && !streams, method.name);
    }
  }
  assert.equal(mayBeRepeated(AuthService.method.login), false);
  assert.equal(mayBeRepeated(PortfolioService.method.createPortfolio), true);
});

test("a list is walked through page by page", async () => {
  const { asked, method } = scripted<{ pageToken: string; pageSize: number }, object>(
    { instruments: [{ symbol: "A" }], nextPageToken: "second" },
    { nextPageToken: "third" },
    { instruments: [{ symbol: "B" }, { symbol: "C" }] },
  );
  const qpo = await loggedIn({ marketdata: { listInstruments: method } });
  const symbols: string[] = [];
  for await (const each of every(qpo.marketdata.listInstruments, { dataset: "closes", pageSize: 2 })) {
    if (symbols.length === 0) assert.equal(asked.length, 1);
    symbols.push(each.symbol);
  }
  assert.deepEqual(symbols, ["A", "B", "C"]);
  assert.deepEqual(
    asked.map((each) => [each.pageToken, each.pageSize]),
    [["", 2], ["second", 2], ["third", 2]],
  );
});

test("a stream that breaks goes on behind its last message", async () => {
  const rounds = [["1", "2", AWAY], [AWAY], ["3"], ["4"]];
  const cursors: string[] = [];
  async function* subscribeTicks({ cursor }: SubscribeTicksRequest) {
    for (const each of rounds[Math.min(cursors.push(cursor), rounds.length) - 1] ?? []) {
      if (each instanceof ConnectError) throw each;
      yield { cursor: each };
    }
  }
  const qpo = await loggedIn({ marketdata: { subscribeTicks } });
  const told: string[] = [];
  for await (const message of follow(qpo.marketdata.subscribeTicks, { dataset: "closes" }, { patience: unhurried() })) {
    told.push(message.cursor);
    if (told.length === 4) break;
  }
  assert.deepEqual(told, ["1", "2", "3", "4"]);
  assert.deepEqual(cursors, ["", "2", "2", "3"]);
});

test("a stream is not taken up when it is refused, or the server stays away", async () => {
  for (const [code, times] of [[Code.PermissionDenied, 1], [Code.Unavailable, 3]] as const) {
    let asked = 0;
    // eslint-disable-next-line require-yield
    async function* subscribeTicks() {
      asked += 1;
      throw new ConnectError("no", code);
    }
    const qpo = await loggedIn({ marketdata: { subscribeTicks } });
    const following = follow(qpo.marketdata.subscribeTicks, {}, { patience: unhurried(3) });
    await assert.rejects(following.next(), { code });
    assert.equal(asked, times);
  }
});

test("a stream that its reader gives up ends", async () => {
  async function* subscribeTicks() {
    for (;;) yield { cursor: "1" };
  }
  const qpo = await loggedIn({ marketdata: { subscribeTicks } });
  const ending = new AbortController();
  const following = follow(qpo.marketdata.subscribeTicks, {}, { signal: ending.signal });
  await following.next();
  ending.abort(new Error("enough"));
  await assert.rejects(async () => {
    for (;;) await following.next();
  }, /enough/);
});

test("a job is waited for over a line that breaks", async () => {
  const running = { job: { jobId: "j", state: JobState.RUNNING } };
  const done = { job: { jobId: "j", state: JobState.SUCCEEDED }, result: { sharpeRatio: 1.5 } };
  let round = 0;
  async function* watchOptimization() {
    yield running;
    if ((round += 1) === 1) throw AWAY;
    yield done;
  }
  const qpo = await loggedIn({ optimizer: { watchOptimization } });
  const told: JobState[] = [];
  const result = await waitFor(qpo.optimizer, "j", { onProgress: (job) => told.push(job.state), patience: unhurried() });
  assert.equal(result.sharpeRatio, 1.5);
  assert.deepEqual(told, [JobState.RUNNING, JobState.RUNNING, JobState.SUCCEEDED]);
});

test("what a reader of progress throws is not taken for the line's", async () => {
  let watched = 0;
  async function* watchOptimization() {
    watched += 1;
    yield { job: { jobId: "j", state: JobState.RUNNING } };
  }
  const qpo = await loggedIn({ optimizer: { watchOptimization } });
  const onProgress = () => {
    throw AWAY;
  };
  await assert.rejects(waitFor(qpo.optimizer, "j", { timeoutMs: 1000, onProgress, patience: unhurried() }), {
    code: Code.Unavailable,
  });
  assert.equal(watched, 1);
});

test("a job that failed says why, and one that was cancelled has no result", async () => {
  const info = create(ErrorInfoSchema, { reason: "INFEASIBLE", domain: "optimizer.qpo", metadata: { mend: "any" } });
  const error = { code: 9, message: "no weights", details: [anyPack(ErrorInfoSchema, info)] };
  let job: object = { jobId: "j", state: JobState.FAILED, error };
  async function* watchOptimization() {
    yield { job };
  }
  const qpo = await loggedIn({ optimizer: { watchOptimization } });
  await assert.rejects(qpo.wait("j"), (failed) => {
    assert.ok(failed instanceof JobFailed);
    assert.equal(failed.refusal.reason, "INFEASIBLE");
    assert.equal(failed.refusal.metadata["mend"], "any");
    assert.equal(failed.refusal.code, Code.FailedPrecondition);
    return true;
  });
  job = { jobId: "j", state: JobState.CANCELLED };
  await assert.rejects(qpo.wait("j"), JobCancelled);
});

test("what has one answer ends in time, and a stream when it is over", async () => {
  let now = () => {};
  const later = new Promise<void>((resolve) => (now = resolve));
  async function* subscribeTicks() {
    yield { cursor: "1" };
    await later;
    yield { cursor: "2" };
  }
  const getPortfolio = async (_: unknown, { signal }: { signal: AbortSignal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    now();
    return {};
  };
  const qpo = await loggedIn({ marketdata: { subscribeTicks }, portfolios: { getPortfolio } }, 20);
  const following = follow(qpo.marketdata.subscribeTicks, { dataset: "closes" });
  assert.equal((await following.next()).value?.cursor, "1");
  await assert.rejects(qpo.portfolios.getPortfolio({}), { code: Code.DeadlineExceeded });
  assert.equal((await following.next()).value?.cursor, "2");
  await following.return();
});

test("a refresh whose answer was lost is asked for again under the same id", async () => {
  const login = () => ({ tokens: { accessToken: "old", refreshToken: "r", expiresIn: 20 } });
  const renewed = (accessToken: string, expiresIn: number) => ({ tokens: { accessToken, refreshToken: "s", expiresIn } });
  const late = new ConnectError("as the test says", Code.DeadlineExceeded);
  const { asked, method: refresh } = scripted<{ requestId: string }, object>(late, renewed("b", 20), renewed("c", 900));
  const qpo = await loggedIn({ auth: { login, refresh }, portfolios: { getPortfolio: () => ({}) } });
  await assert.rejects(qpo.portfolios.getPortfolio({}), { code: Code.DeadlineExceeded });
  await qpo.portfolios.getPortfolio({});
  await qpo.portfolios.getPortfolio({});
  const [first, again, other] = asked.map((each) => each.requestId);
  assert.equal(first, again);
  assert.notEqual(first, other);
});

test("a token is renewed once for all who ask", async () => {
  let given = 0;
  const login = () => ({ tokens: { accessToken: "old", refreshToken: "r", expiresIn: 20 } });
  const { asked, method: refresh } = scripted<{ refreshToken: string; requestId: string }, object>({
    tokens: { accessToken: "new", refreshToken: "s", expiresIn: 900 },
  });
  const tokens: (string | null)[] = [];
  const getPortfolio = (_: unknown, context: { requestHeader: Headers }) => {
    given += 1;
    tokens.push(context.requestHeader.get("authorization"));
    return {};
  };
  const qpo = await loggedIn({ auth: { login, refresh }, portfolios: { getPortfolio } });
  await Promise.all([qpo.portfolios.getPortfolio({}), qpo.portfolios.getPortfolio({}), qpo.portfolios.getPortfolio({})]);
  assert.equal(given, 3);
  assert.deepEqual(new Set(tokens), new Set(["Bearer new"]));
  assert.equal(asked.length, 1);
  assert.equal(asked[0]?.refreshToken, "r");
  assert.notEqual(asked[0]?.requestId, "");
});

test("nobody calls before a login", async () => {
  const qpo = new Qpo((interceptors) =>
    createRouterTransport((router) => router.service(PortfolioService, {}), { transport: { interceptors } }),
  );
  await assert.rejects(qpo.portfolios.getPortfolio({}), /logIn/);
  assert.equal(refusalOf(new Error("else")).reason, "");
  assert.notEqual(randomUuid(), randomUuid());
});

/** The main job once, as every language does it; the same in Node and in a browser. */
import { follow, refusalOf } from "@qpo/client";
import { PortfolioSchema } from "@qpo/client/gen/qpo/portfolio/v1/portfolio_pb";
import { JobStateSchema } from "@qpo/client/gen/qpo/optimizer/v1/optimization_pb";
import { Objective } from "@qpo/client/gen/qpo/types/v1/mandate_pb";
/** What was seen; the prices are there already. */
export async function walk(qpo, task) {
    const { id, ...portfolio } = await createPortfolio(qpo, task);
    return {
        email: task.email,
        portfolio,
        ...(await optimize(qpo, id)),
        ticks: await readTicks(qpo, task),
        infeasible: await beInfeasible(qpo, task),
        refused: await beRefused(qpo),
    };
}
async function createPortfolio(qpo, { dataset, symbols }) {
    const request = {
        name: "Émigré 投資 🚀",
        initialCash: { value: "100000.00" },
        strategy: { dataset, universe: symbols, goal: { objective: Objective.SHARPE, riskFreeRate: 0.01 } },
        constraints: { defaultBounds: { max: 0.4 } },
        requestId: newId(),
    };
    const made = (await qpo.portfolios.createPortfolio(request)).portfolio;
    const again = (await qpo.portfolios.createPortfolio(request)).portfolio;
    if (made === undefined)
        throw new TypeError(`no ${PortfolioSchema.typeName} came back`);
    return { id: made.id, name: made.name, cash: made.cash?.value, repeated: again?.id === made.id };
}
async function optimize(qpo, portfolioId) {
    const { jobId } = await qpo.optimizer.optimize({ portfolioId, stop: { timeBudgetMs: 60_000 } });
    const told = [];
    const found = await qpo.wait(jobId, {
        timeoutMs: 60_000,
        onProgress: (job) => told.push(JobStateSchema.value[job.state]?.name ?? ""),
    });
    return {
        watched: { messages: told.length, state: told.at(-1) },
        optimum: {
            sharpe_ratio: found.sharpeRatio,
            expected_return: found.expectedReturn,
            volatility: found.volatility,
            gap: found.gap,
            weights: found.weights,
            input_hash: found.inputHash,
            result_hash: found.run?.resultHash,
        },
    };
}
async function readTicks(qpo, { dataset, symbols }) {
    const { replay } = await qpo.marketdata.startReplay({ dataset, speed: 50 });
    const snapshots = [];
    const ticks = [];
    let cursor = "";
    for (let round = 0; round < 2; round += 1) {
        for await (const message of follow(qpo.marketdata.subscribeTicks, { dataset, symbols, cursor })) {
            if (message.ticks.length === 0)
                continue;
            snapshots.push(message.snapshot);
            if (message.snapshot)
                continue;
            cursor = message.cursor;
            for (const { symbol, session, price } of message.ticks) {
                const [year, month, day] = [session?.year ?? 0, session?.month ?? 0, session?.day ?? 0];
                const two = (number) => String(number).padStart(2, "0");
                ticks.push({ symbol, session: `${year}-${two(month)}-${two(day)}`, price });
            }
            break;
        }
    }
    await qpo.marketdata.stopReplay({ replayId: replay?.id ?? "" });
    return { snapshots, ticks };
}
async function beInfeasible(qpo, { dataset, symbols }) {
    const universe = { case: "universe", value: { dataset, symbols } };
    const told = await refused(qpo.optimizer.solve({ source: { source: universe }, constraints: { defaultBounds: { max: 0.1 } } }));
    const { code, reason, domain, metadata, conflicts } = told;
    return { code, reason, domain, mend: metadata["mend"], conflicts };
}
async function beRefused(qpo) {
    const { code, reason, fields } = await refused(qpo.portfolios.createPortfolio({ baseCurrency: "EUR" }));
    return { code, reason, fields: [...fields.keys()] };
}
async function refused(call) {
    const answer = await call.then(() => undefined, (error) => refusalOf(error));
    if (answer === undefined)
        throw new TypeError("the call should have been refused");
    return answer;
}
function newId() {
    const hex = Array.from(crypto.getRandomValues(new Uint8Array(15)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-8${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
}

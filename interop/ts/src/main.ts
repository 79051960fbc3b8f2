/** QPO from Node: `node main.js walk < task.json`, `node main.js golden IN OUT`. */

import { createReadStream, readFileSync } from "node:fs";

import { connect, importPrices } from "@qpo/client/node";

import { golden } from "./golden.js";
import { type Task, walk } from "./walk.js";

async function main([what, into, out]: string[]): Promise<void> {
  if (what === "golden" && into !== undefined && out !== undefined) return golden(into, out);
  if (what !== "walk") throw new TypeError("say `walk < task.json` or `golden IN OUT`");
  const task = JSON.parse(readFileSync(0, "utf8")) as Task;
  const qpo = connect(`http://${task.edge}`);
  try {
    await qpo.register(task.email, task.password);
    await qpo.logIn(task.email, task.password);
    const { barsStored } = await importPrices(qpo, { dataset: task.dataset, file: createReadStream(task.prices) });
    console.log(JSON.stringify({ language: "typescript", bars: barsStored, ...(await walk(qpo, task)) }));
  } finally {
    qpo.close();
  }
}

await main(process.argv.slice(2));

/** QPO from a browser, through gRPC-Web: `interop(task)` of the page keeps its promise with what it saw. */
import { connect } from "@qpo/client/web";
import { walk } from "./walk.js";
async function interop(task) {
    const qpo = connect(`http://${task.edge}`);
    await qpo.logIn(task.email, task.password);
    return JSON.stringify({ language: "browser", ...(await walk(qpo, task)) });
}
Object.assign(globalThis, { interop });

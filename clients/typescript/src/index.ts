/**
 * QPO from TypeScript: `connect` of `@qpo/client/node` or `@qpo/client/web` gives a `Qpo` with a typed client of every
 * service; the messages are in `@qpo/client/gen/…`.
 */

export { type Dial, Qpo } from "./client.js";
export { JobCancelled, JobFailed, type Waiting, waitFor } from "./jobs.js";
export { every, type ItemOf, type Page } from "./pages.js";
export { Patience } from "./pause.js";
export { type Conflict, type Refusal, refusalOf, refusalOfStatus } from "./refusal.js";
export { mayBeRepeated, repeating } from "./retries.js";
export { type Following, follow } from "./streams.js";

// One event to a thousand sockets: Eddy's cloud beside `graphql-ws` on Node.
import { bench } from "./lib.mjs";
import { inTurn, rowsOf } from "./side-by-side.mjs";
import { SERVERS } from "./subscribers.mjs";

const SOCKETS = 1_000;
const ROUNDS = Number(process.env.EDDY_ROUNDS ?? 3);
/** How many times the Node server's rate is aimed at. */
const AIM = 3;
const PHASES = [
  { name: "warm", events: 30, rate: null, window: 4 },
  { name: "full", events: 150, rate: null, window: 4 },
  { name: "calm", events: 50, rate: 10, window: null },
];

await bench("fanout", `Fan-out: one event to ${SOCKETS} sockets`, async () => {
  const figures = await inTurn(SERVERS, { rounds: ROUNDS, sockets: SOCKETS, phases: PHASES });
  const rows = rowsOf(figures, { server: "server", things: "events" });
  const ratio = rows[1].at(-1);
  rows.push([`aim: at least ${AIM} times as many deliveries a second of CPU`, "", ratio >= AIM ? "yes" : "no", null, ratio]);
  return {
    columns: ["what", "unit", "eddy-cloud", "graphql-ws on Node", "ratio"],
    rows,
    notes: [
      `medians of ${ROUNDS} rounds, in turn; each server alone on the first core, the same generator on the second; the ratio says how many times better the cloud is`,
      "the same order, query and way of publishing (a mutation over HTTP); the cloud's are signed, Node's are not; as fast as it goes: at most 4 events are not yet with everyone",
    ],
  };
});

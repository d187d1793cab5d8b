// One event to a thousand sockets: Eddy's cloud beside `graphql-ws` on Node.
import { bench, median, round, say } from "./lib.mjs";
import { SERVERS, subscribe } from "./subscribers.mjs";

const SOCKETS = 1_000;
const ROUNDS = 3;
/** How many times the Node server's rate is aimed at. */
const AIM = 3;
const PHASES = [
  { name: "warm", events: 30, rate: null, window: 4 },
  { name: "full", events: 150, rate: null, window: 4 },
  { name: "calm", events: 50, rate: 10, window: null },
];

await bench("fanout", `Fan-out: one event to ${SOCKETS} sockets`, async () => {
  const rounds = { "eddy-cloud": [], "graphql-ws on Node": [] };
  for (let number = 1; number <= ROUNDS; number += 1) {
    for (const server of SERVERS) {
      const { name, phases } = await subscribe(server, { sockets: SOCKETS, phases: PHASES });
      const { full, calm } = phases;
      const missing = full.missing + calm.missing;
      rounds[name].push({
        rate: full.deliveries / full.seconds,
        perCpu: full.deliveries / full.server,
        micros: (1e6 * full.server) / full.deliveries,
        fullP50: full.p50,
        fullP99: full.p99,
        calmP50: calm.p50,
        calmP99: calm.p99,
        calmMicros: (1e6 * calm.server) / calm.deliveries,
        generator: full.own / full.seconds,
        busy: full.server / full.seconds,
        missing,
      });
      const now = rounds[name].at(-1);
      say(`round ${number}, ${name}: ${round(now.rate, 0)} deliveries/s, ${round(now.micros, 2)} µs of CPU each, missing ${missing}`);
    }
  }
  const [ours, theirs] = Object.values(rounds);
  const row = (what, key, unit, better, digits = 1) => {
    const [a, b] = [ours, theirs].map((rounds) => median(rounds.map((round) => round[key])));
    return [what, unit, round(a, digits), round(b, digits), better && round(better === "more" ? a / b : b / a, 2)];
  };
  const rows = [
    row("as fast as it goes: deliveries/s on one core", "rate", "/s", "more", 0),
    row("as fast as it goes: deliveries a second of the server's CPU", "perCpu", "/s", "more", 0),
    row("as fast as it goes: CPU a delivery", "micros", "µs", "less", 2),
    row("as fast as it goes: from publishing, p50", "fullP50", "ms", "less"),
    row("as fast as it goes: from publishing, p99", "fullP99", "ms", "less"),
    row("10 events/s: from publishing, p50", "calmP50", "ms", "less"),
    row("10 events/s: from publishing, p99", "calmP99", "ms", "less"),
    row("10 events/s: CPU a delivery", "calmMicros", "µs", "less", 2),
    row("deliveries that are missing", "missing", "", null, 0),
    row("part of its core that the server used", "busy", "", null, 2),
    row("part of its core that the load generator used", "generator", "", null, 2),
  ];
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

// One MQTT message to a thousand subscribers over WebSocket: Eddy's broker beside Mosquitto.
import { BROKERS } from "./brokers.mjs";
import { bench, median, round, say } from "./lib.mjs";
import { subscribe } from "./subscribers.mjs";

const SOCKETS = 1_000;
const ROUNDS = Number(process.env.EDDY_ROUNDS ?? 3);
/** How many times Mosquitto's rate is aimed at. */
const AIM = 1;
const PHASES = [
  { name: "warm", events: 50, rate: null, window: 4 },
  { name: "full", events: 300, rate: null, window: 4 },
  { name: "calm", events: 50, rate: 10, window: null },
];

await bench("mqtt-fanout", `MQTT fan-out: one message to ${SOCKETS} subscribers`, async () => {
  const rounds = { "eddy-cloud": [], Mosquitto: [] };
  for (let number = 1; number <= ROUNDS; number += 1) {
    for (const broker of BROKERS) {
      const { name, phases } = await subscribe(broker, { sockets: SOCKETS, phases: PHASES });
      const { full, calm } = phases;
      rounds[name].push({
        rate: full.deliveries / full.seconds,
        perCpu: full.deliveries / full.server,
        micros: (1e6 * full.server) / full.deliveries,
        fullP50: full.p50,
        fullP99: full.p99,
        calmP50: calm.p50,
        calmP99: calm.p99,
        busy: full.server / full.seconds,
        generator: full.own / full.seconds,
        missing: full.missing + calm.missing,
      });
      const now = rounds[name].at(-1);
      say(`round ${number}, ${name}: ${round(now.rate, 0)} deliveries/s, p99 ${round(now.fullP99)} ms, missing ${now.missing}`);
    }
  }
  const [ours, theirs] = Object.values(rounds);
  const row = (what, key, unit, better, digits = 1) => {
    const [a, b] = [ours, theirs].map((rounds) => median(rounds.map((round) => round[key])));
    return [what, unit, round(a, digits), round(b, digits), better && round(better === "more" ? a / b : b / a, 2)];
  };
  const rows = [
    row("as fast as it goes: deliveries/s on one core", "rate", "/s", "more", 0),
    row("as fast as it goes: deliveries a second of the broker's CPU", "perCpu", "/s", "more", 0),
    row("as fast as it goes: CPU a delivery", "micros", "µs", "less", 2),
    row("as fast as it goes: from publishing, p50", "fullP50", "ms", "less"),
    row("as fast as it goes: from publishing, p99", "fullP99", "ms", "less"),
    row("10 messages/s: from publishing, p50", "calmP50", "ms", "less"),
    row("10 messages/s: from publishing, p99", "calmP99", "ms", "less"),
    row("deliveries that are missing", "missing", "", null, 0),
    row("part of its core that the broker used", "busy", "", null, 2),
    row("part of its core that the load generator used", "generator", "", null, 2),
  ];
  const [rate, perCpu] = [rows[0].at(-1), rows[1].at(-1)];
  const reached = rate >= AIM && perCpu >= AIM;
  rows.push([`aim: at least ${AIM} times as many deliveries a second, and a second of CPU`, "", reached ? "yes" : "no", null, rate]);
  return {
    columns: ["what", "unit", "eddy-cloud", "Mosquitto", "ratio"],
    rows,
    notes: [
      `medians of ${ROUNDS} rounds, in turn; each broker alone on the first core, the same generator on the second; the ratio says how many times better the cloud is`,
      "MQTT 3.1.1 over WebSocket, QoS 0, the same messages; the cloud's connections are signed, and it asks its policy of each message; as fast as it goes: at most 4 messages are not yet with everyone",
    ],
  };
});

// One MQTT message to a thousand subscribers over WebSocket: Eddy's broker beside Mosquitto.
import { BROKERS } from "./brokers.mjs";
import { bench } from "./lib.mjs";
import { inTurn, rowsOf } from "./side-by-side.mjs";

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
  const figures = await inTurn(BROKERS, { rounds: ROUNDS, sockets: SOCKETS, phases: PHASES });
  const rows = rowsOf(figures, { server: "broker", things: "messages" });
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

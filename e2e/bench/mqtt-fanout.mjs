// One MQTT message to a thousand subscribers over WebSocket: Eddy's broker beside Mosquitto, in both qualities of service.
import { brokers } from "./brokers.mjs";
import { bench, say } from "./lib.mjs";
import { inTurn, rowsOf } from "./side-by-side.mjs";

const SOCKETS = Number(process.env.EDDY_SUBSCRIBERS ?? 1_000);
const ROUNDS = Number(process.env.EDDY_ROUNDS ?? 3);
/** How many times Mosquitto's rate is aimed at. */
const AIM = 1;
const PHASES = [
  { name: "warm", events: 50, rate: null, window: 4 },
  { name: "full", events: 300, rate: null, window: 4 },
  { name: "calm", events: 50, rate: 10, window: null },
];

await bench("mqtt-fanout", `MQTT fan-out: one message to ${SOCKETS} subscribers`, async () => {
  const rows = [];
  for (const qos of [0, 1]) {
    say(`QoS ${qos}`);
    const figures = await inTurn(brokers(qos), { rounds: ROUNDS, sockets: SOCKETS, phases: PHASES });
    const told = rowsOf(figures, { server: "broker", things: "messages" });
    const [rate, perCpu] = [told[0].at(-1), told[1].at(-1)];
    const reached = rate >= AIM && perCpu >= AIM;
    told.push([`aim: at least ${AIM} times as many deliveries a second, and a second of CPU`, "", reached ? "yes" : "no", null, rate]);
    rows.push(...told.map(([what, ...rest]) => [`QoS ${qos}, ${what}`, ...rest]));
  }
  return {
    columns: ["what", "unit", "eddy-cloud", "Mosquitto", "ratio"],
    rows,
    notes: [
      `medians of ${ROUNDS} rounds, in turn; each broker alone on the first core, the same generator on the second; the ratio says how many times better the cloud is`,
      "MQTT 3.1.1 over WebSocket, the same messages, with QoS 1 each acknowledged by its subscriber; the cloud's connections are signed, and it asks its policy of each message; as fast as it goes: at most 4 messages are not yet with everyone",
    ],
  };
});

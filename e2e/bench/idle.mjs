// Ten thousand sockets that wait: what they take, and that an event still reaches them all.
import { bench, round, say } from "./lib.mjs";
import { openFiles, SERVERS, subscribe } from "./subscribers.mjs";

const WANTED = 10_000;
/** Files that a process needs besides. */
const SPARE = 200;
const PHASES = [{ name: "event", events: 5, rate: 1, window: 1 }];

await bench("idle", `${WANTED} sockets that wait, with a subscription each`, async () => {
  const limit = await openFiles();
  const sockets = Math.min(WANTED, limit - SPARE);
  if (sockets < WANTED) say(`only ${limit} open files are allowed here: ${sockets} sockets`);
  const columns = ["what", "unit"];
  const results = [];
  for (const server of SERVERS) {
    const result = await subscribe(server, { sockets, phases: PHASES, pinned: false });
    const { opened } = result;
    say(`${result.name}: ${opened.sockets} sockets in ${round(opened.seconds)} s`);
    columns.push(result.name);
    results.push(result);
  }
  const row = (what, unit, value, digits = 1) => [what, unit, ...results.map((result) => round(value(result), digits))];
  return {
    columns,
    rows: [
      row("sockets open, subscribed", "", ({ opened }) => opened.sockets, 0),
      row("opening them all", "s", ({ opened }) => opened.seconds),
      row("server's memory before", "MiB", ({ opened }) => opened.before / 2 ** 20),
      row("server's memory with all of them", "MiB", ({ opened }) => opened.after / 2 ** 20),
      row("memory a socket", "KiB", ({ opened }) => (opened.after - opened.before) / opened.sockets / 1024),
      row("an event reached", "sockets", ({ phases }) => phases.event.deliveries / phases.event.events, 0),
      row("deliveries that are missing", "", ({ phases }) => phases.event.missing, 0),
      row("the median socket had it after", "ms", ({ phases }) => phases.event.p50),
      row("the last one after", "ms", ({ phases }) => phases.event.most),
    ],
    notes: [
      `server and sockets are a process each; ${limit} open files are allowed`,
      "memory: resident (VmRSS), two seconds after the last socket opened",
    ],
  };
});

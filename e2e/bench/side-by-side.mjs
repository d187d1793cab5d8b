// Two servers that send the same to many sockets, in turn, and what is told of both.
import { median, round, say } from "./lib.mjs";
import { subscribe } from "./subscribers.mjs";

/** Each server in each round: figures by its name, a list of a round's each. */
export async function inTurn(servers, { rounds, sockets, phases }) {
  const figures = {};
  for (let number = 1; number <= rounds; number += 1) {
    for (const server of servers) {
      const { name, phases: ran } = await subscribe(server, { sockets, phases });
      const { full, calm } = ran;
      const now = {
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
        missing: full.missing + calm.missing,
      };
      (figures[name] ??= []).push(now);
      say(
        `round ${number}, ${name}: ${round(now.rate, 0)} deliveries/s, ${round(now.micros, 2)} µs of CPU each, ` +
          `p99 ${round(now.fullP99)} ms, missing ${now.missing}`,
      );
    }
  }
  return figures;
}

/** The table's rows: medians of the first server and the second, and how many times better the first is. */
export function rowsOf(figures, { server, things }) {
  const [ours, theirs] = Object.values(figures);
  const row = (what, key, unit, better, digits = 1) => {
    const [a, b] = [ours, theirs].map((rounds) => median(rounds.map((round) => round[key])));
    return [what, unit, round(a, digits), round(b, digits), better && round(better === "more" ? a / b : b / a, 2)];
  };
  return [
    row("as fast as it goes: deliveries/s on one core", "rate", "/s", "more", 0),
    row(`as fast as it goes: deliveries a second of the ${server}'s CPU`, "perCpu", "/s", "more", 0),
    row("as fast as it goes: CPU a delivery", "micros", "µs", "less", 2),
    row("as fast as it goes: from publishing, p50", "fullP50", "ms", "less"),
    row("as fast as it goes: from publishing, p99", "fullP99", "ms", "less"),
    row(`10 ${things}/s: from publishing, p50`, "calmP50", "ms", "less"),
    row(`10 ${things}/s: from publishing, p99`, "calmP99", "ms", "less"),
    row(`10 ${things}/s: CPU a delivery`, "calmMicros", "µs", "less", 2),
    row("deliveries that are missing", "missing", "", null, 0),
    row(`part of its core that the ${server} used`, "busy", "", null, 2),
    row("part of its core that the load generator used", "generator", "", null, 2),
  ];
}

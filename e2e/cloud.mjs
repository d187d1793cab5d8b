// The real cloud as a child process, on a port of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const BINARY = process.env.EDDY_CLOUD ?? fileURLToPath(new URL("../target/debug/eddy-cloud", import.meta.url));
const READY = /^Eddy's cloud is ready at (http:\/\/\S+)$/m;
const SECURE = /^Over TLS it is at (https:\/\/\S+)$/m;
const ADMIN = /^Its admin port is (http:\/\/\S+)$/m;
const START_DEADLINE_MS = 20_000;

const running = new Set();
// Whatever ends the tests also ends their clouds.
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/**
 * Starts a cloud and waits until it says where it is.
 * @param {{listen?: string, data?: string, site?: string, tls?: boolean, admin?: boolean, flags?: string[]}} [options]
 */
export async function startCloud({ listen = "127.0.0.1:0", data = ":memory:", site, tls, admin, flags = [] } = {}) {
  const words = ["--listen", listen, "--data", data, ...flags];
  if (site) words.push("--site", site);
  if (tls) words.push("--tls", "127.0.0.1:0");
  if (admin) words.push("--admin", "127.0.0.1:0");
  const child = spawn(BINARY, words, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const ended = new Promise((resolve) => child.once("close", resolve)).then(() => running.delete(child));
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const lines = [READY, ...(admin ? [ADMIN] : []), ...(tls ? [SECURE] : [])];
  const [url, ...others] = await ready(child, lines, () => log);
  const adminUrl = admin && others.shift();
  const secureUrl = tls && others.shift();
  return {
    /** Its process. */
    pid: child.pid,
    /** Where it answers, with a slash at the end. */
    url,
    /** Host and port where it speaks TLS, if it does. */
    secure: secureUrl && new URL(secureUrl).host,
    /** Host and port, to start another one in the same place. */
    listen: new URL(url).host,
    /** Asks its admin port, if it has one, for something, such as `admin("faults/drop", {})`. */
    async admin(path, body) {
      const response = await fetch(new URL(path, adminUrl), { method: "POST", body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.json();
    },
    /** What its admin port tells, such as `told("counters")`. */
    async told(path) {
      const response = await fetch(new URL(path, adminUrl));
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.json();
    },
    /** What it logged so far. */
    log: () => log,
    /** Lets it finish what it does. */
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
    /** Ends it at once, as a power cut would. */
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Runs one of the cloud's commands and returns what it prints. */
export async function cloudCommand(...words) {
  const child = spawn(BINARY, words, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`eddy-cloud ${words.join(" ")} ended with ${code}`);
  return output;
}

/** The addresses that it prints, one a line. */
function ready(child, lines, log) {
  return new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`the cloud did not start: ${why}\n${log()}`));
    const deadline = setTimeout(() => fail("no address in time"), START_DEADLINE_MS);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      const addresses = lines.map((line) => line.exec(output)?.[1]);
      if (addresses.every(Boolean)) {
        clearTimeout(deadline);
        resolve(addresses);
      }
    });
    child.once("error", (error) => fail(error.message));
    child.once("close", (code) => {
      clearTimeout(deadline);
      fail(`ended with ${code}`);
    });
  });
}

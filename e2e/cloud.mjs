// The real cloud as a child process, on a port of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const BINARY = process.env.EDDY_CLOUD ?? fileURLToPath(new URL("../target/debug/eddy-cloud", import.meta.url));
const READY = /^Eddy's cloud is ready at (http:\/\/\S+)$/m;
const START_DEADLINE_MS = 20_000;

const running = new Set();
// Whatever ends the tests also ends their clouds.
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/**
 * Starts a cloud and waits until it says where it is.
 * @param {{listen?: string, data?: string, site?: string, flags?: string[]}} [options]
 */
export async function startCloud({ listen = "127.0.0.1:0", data = ":memory:", site, flags = [] } = {}) {
  const words = ["--listen", listen, "--data", data, ...(site ? ["--site", site] : []), ...flags];
  const child = spawn(BINARY, words, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const ended = new Promise((resolve) => child.once("close", resolve)).then(() => running.delete(child));
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const url = await ready(child, () => log);
  return {
    /** Where it answers, with a slash at the end. */
    url,
    /** Host and port, to start another one in the same place. */
    listen: new URL(url).host,
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

function ready(child, log) {
  return new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`the cloud did not start: ${why}\n${log()}`));
    const deadline = setTimeout(() => fail("no address in time"), START_DEADLINE_MS);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      const address = READY.exec(output)?.[1];
      if (address) {
        clearTimeout(deadline);
        resolve(address);
      }
    });
    child.once("error", (error) => fail(error.message));
    child.once("close", (code) => {
      clearTimeout(deadline);
      fail(`ended with ${code}`);
    });
  });
}

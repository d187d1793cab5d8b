// The two servers under many sockets, driven by the same program (`crates/cloud/examples/sockets.rs`).
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";

import { guest, REGION } from "../aws.mjs";
import { cloudCommand, startCloud } from "../cloud.mjs";

const SOCKETS = process.env.EDDY_SOCKETS ?? fileURLToPath(new URL("../../target/release/examples/sockets", import.meta.url));
const SERVER = fileURLToPath(new URL("node-server.mjs", import.meta.url));

const FIELDS =
  "orderId currency customerId items { itemId description quantity unitPrice } numItems status total createdAt updatedAt revision";
const SUBSCRIPTION = `subscription EveryOrder { onCreateOrUpdateOrder { ${FIELDS} } }`;
/** Whatever ends the benchmark also ends these. */
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

export function start(words, hold) {
  const child = spawn(words[0], words.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  child.once("close", () => running.delete(child));
  return hold(child, () => child.kill("SIGKILL"));
}

const MUTATION = `mutation Publish($input: CreateOrderInput!) { createOrder(input: $input) { ${FIELDS} } }`;

/** The same orders for both. */
function order(number) {
  const at = new Date(Date.UTC(2026, 1, 2, 20, 0, 0, number % 1000)).toISOString();
  return {
    orderId: `2026-02-02-bench-${String(number).padStart(6, "0")}`,
    currency: "EUR",
    customerId: "7d8f0a5e-2f5b-4a53-9a55-6f5a6f0f0c11",
    items: [
      { itemId: "0", description: "Pizza Margherita", quantity: 2, unitPrice: 9.5 },
      { itemId: "1", description: "Insalata mista", quantity: 1, unitPrice: 7.25 },
      { itemId: "2", description: "Acqua minerale", quantity: 2, unitPrice: 2.75 },
    ],
    numItems: 5,
    status: "SUBMITTED",
    total: 31.75,
    createdAt: at,
    updatedAt: at,
    revision: 1,
  };
}

/** Marks an event among others. */
const marker = (number) => order(number).orderId;

const request = (path, headers, body) =>
  [`POST ${path} HTTP/1.1`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join("\r\n") +
  `\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const publication = (number) => JSON.stringify({ query: MUTATION, variables: { input: order(number) } });

/** Eddy's cloud, and how to speak with it. */
async function eddy(hold) {
  const data = hold(await mkdtemp(join(tmpdir(), "eddy-bench-")), (folder) => rm(folder, { recursive: true, force: true }));
  const cloud = hold(await startCloud({ data }), (cloud) => cloud.kill());
  const host = new URL(cloud.url).host;
  const backend = JSON.parse(await cloudCommand("credentials", "--role", "backend", "--format", "json", "--data", data));
  const publisher = {
    accessKeyId: backend.AccessKeyId,
    secretAccessKey: backend.SecretAccessKey,
    sessionToken: backend.SessionToken,
  };
  const reader = await guest(cloud.url);
  const sign = async (credentials, path, body, headers = {}) => {
    const signer = new SignatureV4({ credentials, region: REGION, service: "appsync", sha256: Sha256 });
    const [hostname, port] = host.split(":");
    const signed = await signer.sign({
      method: "POST",
      protocol: "http:",
      hostname,
      port: Number(port),
      path,
      headers: { host, "content-type": "application/json", ...headers },
      body,
    });
    return signed.headers;
  };
  const connect = await sign(reader, "/orders/graphql/connect", "{}");
  const query = JSON.stringify({ query: SUBSCRIPTION, variables: {} });
  const authorization = await sign(reader, "/orders/graphql", query);
  return {
    name: "eddy-cloud",
    pid: cloud.pid,
    spec: async (events) => ({
      address: host,
      path: "/orders/graphql/realtime",
      protocols: `graphql-ws, header-${Buffer.from(JSON.stringify(connect)).toString("base64url")}`,
      pid: cloud.pid,
      init: '{"type":"connection_init"}',
      acknowledged: '"connection_ack"',
      start: [JSON.stringify({ id: "sub-{n}", type: "start", payload: { data: query, extensions: { authorization } } })],
      started: '"start_ack"',
      data: '"type":"data"',
      publications: await Promise.all(
        Array.from({ length: events }, async (_, number) => {
          const body = publication(number);
          const headers = await sign(publisher, "/orders/graphql", body);
          return { request: request("/orders/graphql", headers, body), marker: marker(number) };
        }),
      ),
    }),
  };
}

/** The server on Node. */
async function node(hold) {
  const child = start([process.execPath, SERVER], hold);
  child.stdout.setEncoding("utf8");
  const [line] = await once(child.stdout, "data");
  const address = line.match(/ready at (\S+)/)[1];
  return {
    name: "graphql-ws on Node",
    pid: child.pid,
    spec: async (events) => ({
      address,
      path: "/graphql",
      protocols: "graphql-transport-ws",
      pid: child.pid,
      init: '{"type":"connection_init"}',
      acknowledged: '"connection_ack"',
      // That protocol does not acknowledge a subscription; what answers the ping comes after it.
      start: [JSON.stringify({ id: "sub-{n}", type: "subscribe", payload: { query: SUBSCRIPTION } }), '{"type":"ping"}'],
      started: '"type":"pong"',
      data: '"type":"next"',
      publications: Array.from({ length: events }, (_, number) => {
        const body = publication(number);
        return { request: request("/graphql", { host: address, "content-type": "application/json" }, body), marker: marker(number) };
      }),
    }),
  };
}

export const SERVERS = [eddy, node];

/** How many files a process may have open. */
export async function openFiles() {
  const limits = await readFile("/proc/self/limits", "utf8");
  return Number(limits.match(/Max open files\s+(\d+)/)[1]);
}

const pin = (core, pid) => execFileSync("taskset", ["-acp", String(core), String(pid)], { stdio: "ignore" });

/** Starts a server and runs the phases against it. The server has the first core, the sockets the second. */
export async function subscribe(serve, { sockets, phases, pinned = true }) {
  const ends = [];
  const hold = (thing, end) => (ends.push(() => end(thing)), thing);
  try {
    const server = await serve(hold);
    const folder = hold(await mkdtemp(join(tmpdir(), "eddy-bench-")), (folder) => rm(folder, { recursive: true, force: true }));
    const spec = await server.spec(phases.reduce((sum, { events }) => sum + events, 0));
    const file = join(folder, "spec.json");
    await writeFile(file, JSON.stringify({ ...spec, sockets, phases }));
    const words = pinned ? ["taskset", "-c", "1", SOCKETS, file] : [SOCKETS, file];
    if (pinned) pin(0, server.pid);
    const child = start(words, hold);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`the sockets of ${server.name} ended with ${code}`);
    const lines = output.trim().split("\n").map((line) => JSON.parse(line));
    return { name: server.name, opened: lines[0], phases: Object.fromEntries(lines.slice(1).map((line) => [line.name, line])) };
  } finally {
    for (const end of ends.reverse()) await Promise.resolve(end()).catch(() => {});
  }
}

// The two MQTT brokers under many sockets: what each is told, as bytes written here letter by letter.
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";

import { guest, REGION } from "../aws.mjs";
import { cloudCommand, startCloud } from "../cloud.mjs";
import { sleep } from "./lib.mjs";
import { start } from "./subscribers.mjs";

const MOSQUITTO = process.env.EDDY_MOSQUITTO ?? "/usr/sbin/mosquitto";
const TOPIC = "orders/events";

// A letter is a byte, up to U+00FF.
const two = (number) => String.fromCharCode(number >> 8, number & 0xff);
const text = (text) => two(text.length) + text;
const packet = (first, inside) => {
  let length = "";
  for (let rest = inside.length; ; rest >>= 7) {
    length += String.fromCharCode((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    if (rest <= 0x7f) break;
  }
  return String.fromCharCode(first) + length + inside;
};
/** MQTT 3.1.1, a clean session, a minute of keep-alive. */
const connect = (id) => packet(0x10, text("MQTT") + "\x04\x02" + two(60) + text(id));

/** What an order's change is told as. */
const notice = (number) =>
  JSON.stringify({
    orderId: marker(number),
    status: "SUBMITTED",
    updatedAt: new Date(Date.UTC(2026, 1, 2, 20, 0, 0, number % 1000)).toISOString(),
    event: "CREATED",
    revision: 1,
  });
const marker = (number) => `2026-02-02-bench-${String(number).padStart(6, "0")}`;

/** Where a PUBLISH of QoS 1 has its id: after the first byte, a length of two, and the topic with its own. */
const ID = 1 + 2 + 2 + TOPIC.length;

/** The same for both but for the addresses. The generator knows no protocol: it is told what acknowledges a message. */
const spec = (address, path, publisher, pid, qos) => async (events) => ({
  address,
  path,
  protocols: "mqtt",
  pid,
  binary: true,
  publisher: { path: publisher, init: connect("bench-publisher"), acknowledged: "\x20\x02\x00\x00" },
  // The number becomes five digits, so that the lengths before it hold.
  init: connect("eddy-00000").replace("00000", "{n}"),
  acknowledged: "\x20\x02\x00\x00",
  start: [packet(0x82, two(1) + text(TOPIC) + String.fromCharCode(qos))],
  started: "\x90\x03\x00\x01" + String.fromCharCode(qos),
  answer: qos > 0 ? { head: "\x40\x02", from: ID, to: ID + 2 } : undefined,
  data: TOPIC,
  publications: Array.from({ length: events }, (_, number) => ({
    request: packet(0x30 | (qos << 1), text(TOPIC) + (qos > 0 ? two(number + 1) : "") + notice(number)),
    marker: marker(number),
  })),
});

/** Eddy's cloud: subscribers are guests, the publisher is the backend. */
async function eddy(hold, qos) {
  const data = hold(await mkdtemp(join(tmpdir(), "eddy-bench-")), (folder) => rm(folder, { recursive: true, force: true }));
  const cloud = hold(await startCloud({ data }), (cloud) => cloud.kill());
  const { host, hostname, port } = new URL(cloud.url);
  const backend = JSON.parse(await cloudCommand("credentials", "--role", "backend", "--format", "json", "--data", data));
  const signed = async ({ sessionToken, ...credentials }) => {
    const signer = new SignatureV4({ credentials, region: REGION, service: "iotdevicegateway", sha256: Sha256 });
    const request = { method: "GET", protocol: "http:", hostname, port: Number(port), path: "/mqtt", headers: { host } };
    const { query } = await signer.presign(request, { expiresIn: 300 });
    // The token is no part of what is signed.
    return `/mqtt?${new URLSearchParams({ ...query, "X-Amz-Security-Token": sessionToken })}`;
  };
  const publisher = await signed({
    accessKeyId: backend.AccessKeyId,
    secretAccessKey: backend.SecretAccessKey,
    sessionToken: backend.SessionToken,
  });
  const reader = await signed(await guest(cloud.url));
  return { name: "eddy-cloud", pid: cloud.pid, spec: spec(host, reader, publisher, cloud.pid, qos) };
}

/** Debian's Mosquitto, on loopback, without a log and with nothing kept. */
async function mosquitto(hold, qos) {
  const folder = hold(await mkdtemp(join(tmpdir(), "eddy-bench-")), (folder) => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const file = join(folder, "mosquitto.conf");
  const lines = [
    `listener ${port} 127.0.0.1`,
    "protocol websockets",
    // With WebSockets alone, this version says that it listens nowhere, and ends.
    `listener ${await freePort()} 127.0.0.1`,
    "allow_anonymous true",
    "persistence false",
    "set_tcp_nodelay true",
    "log_type none",
  ];
  await writeFile(file, lines.join("\n"));
  const child = start([MOSQUITTO, "-c", file], hold);
  await answers(child, port);
  return { name: "Mosquitto", pid: child.pid, spec: spec(`127.0.0.1:${port}`, "/mqtt", "/mqtt", child.pid, qos) };
}

/** A port that is free now. Mosquitto takes none of its own choice. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function answers(child, port) {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) {
    if (child.exitCode !== null) throw new Error(`${MOSQUITTO} ended with ${child.exitCode}`);
    // Whatever it answers, it is there.
    if (await fetch(`http://127.0.0.1:${port}/`).then(() => true, (error) => error.cause?.code !== "ECONNREFUSED")) return;
  }
  throw new Error(`${MOSQUITTO} does not answer`);
}

/** Both, at this quality of service. */
export const brokers = (qos) => [eddy, mosquitto].map((broker) => (hold) => broker(hold, qos));

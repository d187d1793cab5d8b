// AWS's IoT device SDK in Chromium, where the services' names are mapped to the cloud's TLS port: its build for browsers,
// in its SigV4 mode, told nothing but the service's own endpoint.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";

import { chromium } from "@playwright/test";
import { build } from "esbuild";

import { REGION, guest, startSimulation } from "../aws.mjs";
import { startCloud } from "../cloud.mjs";
import { endpoints } from "../names.mjs";

let folder;
let cloud;
let told;
let browser;
let page;
let credentials;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "eddy-mqtt-browser-"));
  cloud = await startCloud({ data: folder, tls: true, flags: ["--pace", "0.5"] });
  credentials = await guest(cloud.url);
  told = await endpoints(cloud, folder);
  const flags = JSON.parse(await readFile(new URL("../chromium-flags.json", import.meta.url), "utf8"));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "chromium",
    // Just the two flags that `eddy-cloud endpoints` prints.
    args: [
      ...flags,
      `--host-resolver-rules=${told.mapping.hostResolverRules}`,
      `--ignore-certificate-errors-spki-list=${told.mapping.spki}`,
    ],
  });
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("iot-in-page.js", import.meta.url))],
    bundle: true,
    format: "iife",
    platform: "browser",
    define: { global: "window" },
    write: false,
    logLevel: "error",
  });
  // A page of this machine: Chromium lets no other one reach a loopback address. The cloud's own has a policy under which
  // nothing is added to it.
  page = await browser.newPage({ bypassCSP: true });
  const loaded = await page.goto(`https://localhost:${cloud.secure.split(":")[1]}/`);
  assert.equal(loaded.status(), 200);
  await page.addScriptTag({ content: outputFiles[0].text });
});

after(async () => {
  await browser?.close();
  await cloud?.stop();
  await rm(folder, { recursive: true, force: true });
});

function follow(clientId, filters, given = credentials) {
  const { hostname: endpoint } = new URL(told.endpoints.find(({ service }) => service === "MQTT").name);
  return page.evaluate((asked) => window.follow(asked), {
    endpoint,
    region: REGION,
    credentials: given,
    clientId,
    filters,
  });
}

describe("aws-iot-device-sdk-v2 in Chromium", () => {
  test("subscribes and hears of orders", async () => {
    assert.deepEqual(await follow("eddy-page", ["orders/events", "orders/events/+"]), [1, 1]);
    const { orderId } = await startSimulation(cloud.url, credentials);
    for (const topic of ["orders/events", `orders/events/${orderId}`]) {
      for (const status of ["SUBMITTED", "COMPLETED"]) {
        const heard = ([topic, orderId, status]) =>
          window.followed.messages.some(
            (message) => message.topic === topic && message.orderId === orderId && message.status === status,
          );
        await page.waitForFunction(heard, [topic, orderId, status]);
      }
    }
  });

  test("gets a filter refused, alone", async () => {
    assert.deepEqual(await follow("eddy-page-refused", ["orders/events", "somebody/else"]), [1, 0x87]);
  });

  test("is taken over by its own id", async () => {
    await follow("eddy-page-twice", ["orders/events"]);
    await page.evaluate(() => {
      window.over = new Promise((resolve) =>
        window.followed.client.once("disconnection", ({ disconnect }) => resolve(disconnect?.reasonCode)),
      );
      window.first = window.followed.client;
    });
    await follow("eddy-page-twice", ["orders/events"]);
    assert.equal(await page.evaluate(() => window.over), 0x8e);
    await page.evaluate(() => window.first.stop());
  });

  test("is refused with forged credentials", async () => {
    const forged = { ...credentials, secretAccessKey: "not the one that was given" };
    // The page hears no more than that the socket did not open; its console says why.
    const said = page.waitForEvent("console", (message) => message.text().includes("WebSocket"));
    await assert.rejects(follow("eddy-page-forged", ["orders/events"], forged));
    assert.match((await said).text(), /Unexpected response code: 403/);
  });
});

// MQTT as others' clients speak it, unmodified, to the service's own name over TLS: MQTT.js with a URL presigned by AWS's
// signer, and AWS's IoT device SDK, natively under Node. The SDK in a browser is in `mqtt-browser.test.mjs`.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { auth, http, iot, mqtt5 } from "aws-iot-device-sdk-v2";
import mqtt from "mqtt";

import { REGION, guest, startSimulation } from "../aws.mjs";
import { startCloud } from "../cloud.mjs";
import { mapNames } from "../names.mjs";
import { proxy } from "../proxy.mjs";

let folder;
let cloud;
let names;
let credentials;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "eddy-mqtt-"));
  cloud = await startCloud({ data: folder, tls: true, flags: ["--pace", "0.5"] });
  names = await mapNames(cloud, folder);
  credentials = await guest(cloud.url);
});

after(async () => {
  names?.unmap();
  await cloud?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What was published, as it came in; `until` waits for a message that fits. */
function inbox() {
  const messages = [];
  const waiting = new Set();
  return {
    put(topic, payload) {
      messages.push({ topic, ...JSON.parse(Buffer.from(payload).toString()) });
      waiting.forEach((look) => look());
    },
    until: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          const found = messages.find(fits);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Starts a simulation and waits until this inbox has heard of its beginning and its end, under both topics. */
async function hearsOrders(received) {
  const { orderId } = await startSimulation(cloud.url, credentials);
  const own = (topic, status) => (message) =>
    message.orderId === orderId && message.topic === topic && message.status === status;
  for (const topic of ["orders/events", `orders/events/${orderId}`]) {
    const first = await received.until(own(topic, "SUBMITTED"));
    assert.equal(first.event, "CREATED");
    assert.equal(first.revision, 1);
    const last = await received.until(own(topic, "COMPLETED"));
    assert.equal(last.event, "UPDATED");
  }
}

describe("MQTT.js", () => {
  /** IoT Core's way: the token comes after the signature, and is no part of it. */
  async function presigned({ secretAccessKey, accessKeyId, sessionToken }) {
    const { protocol, hostname, pathname: path } = new URL(names.url("MQTT"));
    const signer = new SignatureV4({
      credentials: { accessKeyId, secretAccessKey },
      region: REGION,
      service: "iotdevicegateway",
      sha256: Sha256,
    });
    const { query } = await signer.presign({ method: "GET", protocol, hostname, path, query: {}, headers: { host: hostname } });
    query["X-Amz-Security-Token"] = sessionToken;
    return `${protocol}//${hostname}${path}?${new URLSearchParams(query)}`;
  }

  async function connected(options) {
    return mqtt.connectAsync(await presigned(credentials), { reconnectPeriod: 0, ...options });
  }

  for (const protocolVersion of [4, 5]) {
    const version = protocolVersion === 4 ? "3.1.1" : "5";

    test(`subscribes and hears of orders in version ${version}`, async () => {
      const client = await connected({ protocolVersion, clientId: `eddy-js-${version}` });
      const received = inbox();
      client.on("message", (topic, payload) => received.put(topic, payload));
      const granted = await client.subscribeAsync(["orders/events", "orders/events/+"], { qos: 1 });
      assert.deepEqual(
        granted.map(({ qos }) => qos),
        [1, 1],
      );
      await hearsOrders(received);
      await client.unsubscribeAsync("orders/events/+");
      await client.endAsync();
    });

    test(`gets a filter refused, alone, in version ${version}`, async () => {
      const client = await connected({ protocolVersion, clientId: `eddy-refused-${version}` });
      const asked = await new Promise((resolve) =>
        client.subscribe(["orders/events", "somebody/else"], (error, _, packet) => resolve({ error, packet })),
      );
      assert.deepEqual([...asked.packet.granted], [0, protocolVersion === 4 ? 0x80 : 0x87]);
      assert.match(asked.error.message, /Unspecified error|Not authorized/);
      const received = inbox();
      client.on("message", (topic, payload) => received.put(topic, payload));
      const { orderId } = await startSimulation(cloud.url, credentials);
      await received.until((message) => message.orderId === orderId);
      await client.endAsync();
    });

    test(`is taken over by its own id in version ${version}`, async () => {
      const clientId = `eddy-twice-${version}`;
      const first = await connected({ protocolVersion, clientId });
      const told = protocolVersion === 5 && new Promise((resolve) => first.once("disconnect", resolve));
      const closed = new Promise((resolve) => first.once("close", resolve));
      const second = await connected({ protocolVersion, clientId });
      if (told) assert.equal((await told).reasonCode, 0x8e);
      await closed;
      assert.ok(second.connected);
      await second.endAsync();
    });

    test(`is refused with a client id that is not a guest's in version ${version}`, async () => {
      await assert.rejects(connected({ protocolVersion, clientId: "somebody" }), (error) => {
        assert.match(String(error), /Not authorized|Connection refused|closed/i);
        return true;
      });
    });
  }

  test("is refused with forged credentials before it speaks MQTT", async () => {
    const url = await presigned({ ...credentials, secretAccessKey: "not the one that was given" });
    const client = mqtt.connect(url, { reconnectPeriod: 0, clientId: "eddy-forged" });
    // It takes a refused upgrade for a broken network, and says no more than that it is over.
    const first = ["connect", "close"].map((event) => new Promise((resolve) => client.once(event, () => resolve(event))));
    assert.equal(await Promise.race(first), "close");
    await client.endAsync(true);
  });
});

describe("aws-iot-device-sdk-v2, natively", () => {
  let tunnel;
  before(async () => (tunnel = await proxy(cloud.secure)));
  after(() => tunnel?.close());

  // Its own TLS and name lookup are out of Node's reach: what maps the names is a proxy, which it takes as an option.
  function client(clientId, { secretAccessKey, accessKeyId, sessionToken } = credentials) {
    const credentialsProvider = auth.AwsCredentialsProvider.newStatic(accessKeyId, secretAccessKey, sessionToken);
    const { hostname } = new URL(names.url("MQTT"));
    const builder = iot.AwsIotMqtt5ClientConfigBuilder.newWebsocketMqttBuilderWithSigv4Auth(hostname, {
      credentialsProvider,
      region: REGION,
    });
    builder.withCertificateAuthority(names.ca);
    const { HttpProxyOptions, HttpProxyConnectionType, HttpProxyAuthenticationType } = http;
    const nobody = [HttpProxyAuthenticationType.None, undefined, undefined, undefined];
    const tunneling = HttpProxyConnectionType.Tunneling;
    builder.withHttpProxyOptions(new HttpProxyOptions("127.0.0.1", tunnel.port, ...nobody, tunneling));
    builder.withConnectProperties({ clientId, keepAliveIntervalSeconds: 30 });
    return new mqtt5.Mqtt5Client(builder.build());
  }

  const heard = (client, event) => new Promise((resolve) => client.once(event, resolve));

  async function stopped(client) {
    const stopped = heard(client, "stopped");
    client.stop();
    await stopped;
    client.close();
  }

  test("subscribes and hears of orders", async () => {
    const sdk = client("eddy-sdk");
    const received = inbox();
    sdk.on("messageReceived", ({ message }) => received.put(message.topicName, message.payload));
    const connected = heard(sdk, "connectionSuccess");
    sdk.start();
    await connected;
    const qos = mqtt5.QoS.AtLeastOnce;
    const subscriptions = ["orders/events", "orders/events/+"].map((topicFilter) => ({ topicFilter, qos }));
    const { reasonCodes } = await sdk.subscribe({ subscriptions });
    assert.deepEqual(reasonCodes, [1, 1]);
    await hearsOrders(received);
    await stopped(sdk);
  });

  test("gets a filter refused, alone", async () => {
    const sdk = client("eddy-sdk-refused");
    const connected = heard(sdk, "connectionSuccess");
    sdk.start();
    await connected;
    const qos = mqtt5.QoS.AtMostOnce;
    const subscriptions = ["orders/events", "somebody/else"].map((topicFilter) => ({ topicFilter, qos }));
    const { reasonCodes } = await sdk.subscribe({ subscriptions });
    assert.deepEqual(reasonCodes, [0, mqtt5.SubackReasonCode.NotAuthorized]);
    await stopped(sdk);
  });

  test("is taken over by its own id", async () => {
    const first = client("eddy-sdk-twice");
    let connected = heard(first, "connectionSuccess");
    const lost = heard(first, "disconnection");
    first.start();
    await connected;
    const second = client("eddy-sdk-twice");
    connected = heard(second, "connectionSuccess");
    second.start();
    await connected;
    const { disconnect } = await lost;
    assert.equal(disconnect.reasonCode, mqtt5.DisconnectReasonCode.SessionTakenOver);
    // It would come back and take over in its turn.
    await stopped(first);
    await stopped(second);
  });

  test("is refused with forged credentials", async () => {
    const forged = client("eddy-sdk-forged", { ...credentials, secretAccessKey: "not the one that was given" });
    const failed = heard(forged, "connectionFailure");
    forged.start();
    assert.match(String((await failed).error), /WEBSOCKET_UPGRADE_FAILURE/);
    await stopped(forged);
  });
});

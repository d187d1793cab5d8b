// AWS's Amplify, unmodified and told no more than an app of its own is: guest credentials, queries, subscriptions signed
// and with an API key, and its PubSub, which speaks MQTT 3.1, under the services' own names over TLS.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { PubSub } from "@aws-amplify/pubsub";
import { Amplify } from "aws-amplify";
import { generateClient } from "aws-amplify/api";
import { fetchAuthSession } from "aws-amplify/auth";
import { Hub } from "aws-amplify/utils";
import { WebSocket } from "ws";

import { POOL, REGION, signedFetch, startSimulation } from "../aws.mjs";
import { startCloud } from "../cloud.mjs";
import { mapNames } from "../names.mjs";

// Node before 22 has none of its own.
globalThis.WebSocket ??= WebSocket;

const KEY = "da2-for-the-calendar-alone";

let folder;
let cloud;
let names;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "eddy-amplify-"));
  cloud = await startCloud({ data: folder, tls: true, flags: ["--pace", "0.5", "--calendar-key", KEY] });
  names = await mapNames(cloud, folder);
});

after(async () => {
  names?.unmap();
  await cloud?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** An app's configuration, and its client. */
function app(service, auth) {
  Amplify.configure({
    Auth: { Cognito: { identityPoolId: POOL, allowGuestAccess: true } },
    API: { GraphQL: { endpoint: names.url(service), region: REGION, ...auth } },
  });
  return generateClient();
}

const signed = { defaultAuthMode: "iam" };
const byKey = (apiKey) => ({ defaultAuthMode: "apiKey", apiKey });

/** What happens on one of Amplify's channels, once it fits. */
function happens(channel, fits) {
  return new Promise((resolve) => {
    const stop = Hub.listen(channel, ({ payload }) => {
      if (!fits(payload)) return;
      stop();
      resolve();
    });
  });
}

/** Subscribes, does something once the subscription stands, and waits for what fits. */
async function hears(client, query, then, fits) {
  const stands = happens("api", ({ event }) => event === "Subscription ack");
  let subscription;
  const heard = new Promise((resolve, reject) => {
    const next = ({ data }) => {
      const [told] = Object.values(data);
      if (fits(told)) resolve(told);
    };
    subscription = client.graphql({ query }).subscribe({ next, error: reject });
  });
  // What fails before it stands is told by the subscription itself.
  await Promise.race([stands.then(then), heard]);
  const told = await heard;
  subscription.unsubscribe();
  return told;
}

/** What a call or a subscription is refused with. */
const refusal = (call) => call.then(() => assert.fail("it was not refused"), ({ errors }) => errors[0]);

const EVENTS = "subscription Events { onCreateEventsTableWithLocalResolver(user_id: 1) { id name } }";

describe("Amplify as a guest", () => {
  let client;
  before(() => (client = app("orders API", signed)));

  test("gets credentials", async () => {
    const { credentials, identityId } = await fetchAuthSession();
    assert.match(identityId, /^eu-west-1:[0-9a-f-]{36}$/);
    assert.ok(credentials.sessionToken);
  });

  test("queries, and is refused what is the backend's", async () => {
    const { data } = await client.graphql({ query: "query Orders { orders(limit: 5) { items { orderId } } }" });
    assert.deepEqual(data.orders.items, []);
    const query = 'mutation Create { createOrder(input: { orderId: "mine" }) { orderId } }';
    assert.equal((await refusal(client.graphql({ query }))).errorType, "Unauthorized");
  });

  test("subscribes, and hears of an order from its beginning to its end", async () => {
    const { credentials } = await fetchAuthSession();
    const states = [];
    let orderId;
    await hears(
      client,
      "subscription Orders { onCreateOrUpdateOrder { orderId status revision } }",
      async () => ({ orderId } = await startSimulation(names.url("order simulations"), credentials)),
      (order) => {
        states.push([order.orderId, order.status]);
        return states.some(([id, status]) => id === orderId && status === "COMPLETED");
      },
    );
    const own = states.filter(([id]) => id === orderId).map(([, status]) => status);
    assert.equal(own[0], "SUBMITTED");
  });

  test("gets a subscription refused for what is wrong with it", async () => {
    const wrong = hears(client, "subscription Wrong { onNothing { orderId } }", () => {}, Boolean);
    assert.match((await refusal(wrong)).message, /does not have a field `onNothing`/);
  });
});

describe("Amplify with an API key", () => {
  test("queries, subscribes, and hears of an event", async () => {
    const client = app("calendar API", byKey(KEY));
    const { data } = await client.graphql({ query: "query Events { listEventsTables { items { id } } }" });
    assert.ok(data.listEventsTables.items.length > 0);
    const { credentials } = await fetchAuthSession();
    const create = async () => {
      const event = { user_id: 1, name: "Amplified", dt_start: "2026-02-02T20:00:00", dt_end: "2026-02-02T21:00:00", location: "" };
      const url = names.url("calendar function");
      const response = await signedFetch(url, { service: "lambda", credentials, method: "POST", body: JSON.stringify(event) });
      assert.equal(response.status, 200);
    };
    const told = await hears(client, EVENTS, create, Boolean);
    assert.equal(told.name, "Amplified");
  });

  test("is refused with another one", async () => {
    const client = app("calendar API", byKey("da2-of-another-calendar"));
    const query = "query Events { listEventsTables { items { id } } }";
    assert.match((await refusal(client.graphql({ query }))).message, /Unauthorized/);
    assert.match((await refusal(hears(client, EVENTS, () => {}, Boolean))).message, /UnauthorizedException/);
  });
});

describe("Amplify's PubSub", () => {
  test("subscribes and hears of an order under both of its topics", async () => {
    app("orders API", signed);
    const { credentials } = await fetchAuthSession();
    const pubsub = new PubSub({ region: REGION, endpoint: names.url("MQTT"), clientId: "eddy-amplify" });
    const connected = happens("pubsub", ({ data }) => data?.connectionState === "Connected");
    const told = new Set();
    let simulation;
    let subscription;
    const ended = new Promise((resolve, reject) => {
      const next = (message) => {
        // It keeps the topic under a symbol of its own.
        const topic = message[Object.getOwnPropertySymbols(message)[0]];
        told.add(`${topic} ${message.orderId} ${message.status}`);
        const topics = ["orders/events", `orders/events/${simulation?.orderId}`];
        if (topics.every((topic) => told.has(`${topic} ${simulation?.orderId} COMPLETED`))) resolve();
      };
      const topics = ["orders/events", "orders/events/+"];
      subscription = pubsub.subscribe({ topics }).subscribe({ next, error: reject });
    });
    await connected;
    simulation = await startSimulation(names.url("order simulations"), credentials);
    await ended;
    subscription.unsubscribe();
  });
});

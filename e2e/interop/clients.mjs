// What AWS's own packages do with the cloud, unmodified and only configured, in place of ours. What they and the cloud
// agree on, the real services and our page agree on as well.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { before, describe, test } from "node:test";

import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from "@aws-sdk/client-cognito-identity";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { WebSocket } from "ws";

import { POOL, REGION } from "../aws.mjs";
import { cloudCommand } from "../cloud.mjs";

// As CommonJS: the ES module of aws-appsync-auth-link 4.0.2 does not find its own hash function under Node.
const require = createRequire(import.meta.url);
const { ApolloClient, ApolloLink, InMemoryCache, gql } = require("@apollo/client");
const { CombinedGraphQLErrors } = require("@apollo/client/errors");
const { BaseHttpLink } = require("@apollo/client/link/http");
const { AUTH_TYPE, createAuthLink } = require("aws-appsync-auth-link");
const { createSubscriptionHandshakeLink } = require("aws-appsync-subscription-link");
const { tap } = require("rxjs");

// Node before 22 has none of its own.
globalThis.WebSocket ??= WebSocket;

const EVERY_ORDER = gql`
  subscription EveryOrder {
    onCreateOrUpdateOrder {
      orderId
      currency
      customerId
      items {
        itemId
        description
        quantity
        unitPrice
      }
      numItems
      status
      total
      createdAt
      updatedAt
      revision
    }
  }
`;

const ONE_ORDER = gql`
  subscription OneOrder($orderId: ID!) {
    onCreateOrUpdateOrder(orderId: $orderId) {
      orderId
      status
      revision
    }
  }
`;

/**
 * The tests, for a cloud that is somewhere: what a client is told of where, as functions, since the cloud is started
 * later.
 * @param {{
 *   cognito(): object, events(): object, graphql(): string, startSimulation(credentials: object): Promise<object>,
 *   folder(): string,
 * }} at
 */
export function clients(at) {
  let credentials;

  before(async () => (credentials = await guestCredentials()));

  async function guestCredentials() {
    const cognito = new CognitoIdentityClient({ region: REGION, ...at.cognito() });
    const { IdentityId } = await cognito.send(new GetIdCommand({ IdentityPoolId: POOL }));
    assert.match(IdentityId, /^eu-west-1:[0-9a-f-]{36}$/);
    const answer = await cognito.send(new GetCredentialsForIdentityCommand({ IdentityId }));
    assert.equal(answer.IdentityId, IdentityId);
    const { AccessKeyId, SecretKey, SessionToken, Expiration } = answer.Credentials;
    assert.ok(Expiration > new Date(), `they expire at ${Expiration}`);
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretKey, sessionToken: SessionToken };
  }

  /**
   * Apollo with the two AppSync links, as their documentation puts them together; `BaseHttpLink`, because Apollo 4's
   * `HttpLink` adds to the body after it is signed (awslabs/aws-mobile-appsync-sdk-js, issue 773).
   */
  function apollo(auth = { type: AUTH_TYPE.AWS_IAM, credentials: async () => credentials }) {
    const url = at.graphql();
    const options = { url, region: REGION, auth };
    // Apollo 4 drops what has no data: the subscription link's word that a subscription stands is heard here.
    const control = new ApolloLink((operation, forward) =>
      forward(operation).pipe(
        tap(({ extensions }) => {
          if (extensions?.controlMsgType === "CONNECTED") operation.getContext().established();
        }),
      ),
    );
    const link = ApolloLink.from([
      control,
      createAuthLink(options),
      createSubscriptionHandshakeLink(options, new BaseHttpLink({ uri: url })),
    ]);
    return new ApolloClient({ link, cache: new InMemoryCache(), defaultOptions: { query: { fetchPolicy: "no-cache" } } });
  }

  /** Subscribes and collects. */
  function subscribe(client, query, variables = {}) {
    const events = [];
    const watchers = new Set();
    let failure;
    let established;
    const ready = new Promise((resolve) => (established = resolve));
    const tell = () => watchers.forEach((watcher) => watcher());
    const context = { controlMessages: { "@@controlEvents": true }, established };
    const subscription = client.subscribe({ query, variables, context, fetchPolicy: "no-cache" }).subscribe({
      next({ data, error }) {
        if (error) failure = error;
        else events.push(data.onCreateOrUpdateOrder);
        tell();
      },
      error(error) {
        failure = error;
        tell();
      },
    });
    return {
      events,
      ready,
      /** Waits until the condition holds for what came so far; node's own time limit ends a vain wait. */
      until: (condition) =>
        new Promise((resolve, reject) => {
          const watcher = () => {
            if (failure) reject(failure);
            else if (condition(events)) resolve(events);
            else return;
            watchers.delete(watcher);
          };
          watchers.add(watcher);
          watcher();
        }),
      /** Waits for the subscription to fail. */
      failed() {
        return this.until(() => false).catch((error) => error);
      },
      stop: () => subscription.unsubscribe(),
    };
  }

  describe("@aws-sdk/client-cognito-identity", () => {
    test("gets a guest's credentials", async () => {
      const { accessKeyId, secretAccessKey, sessionToken } = await guestCredentials();
      assert.ok(accessKeyId && secretAccessKey && sessionToken);
    });

    test("gets an unknown identity refused in the service's shape", async () => {
      const cognito = new CognitoIdentityClient({ region: REGION, ...at.cognito() });
      const IdentityId = "eu-west-1:00000000-0000-4000-8000-000000000000";
      await assert.rejects(cognito.send(new GetCredentialsForIdentityCommand({ IdentityId })), {
        name: "ResourceNotFoundException",
      });
    });
  });

  describe("aws-appsync-auth-link", () => {
    test("queries, signed", async () => {
      const { data } = await apollo().query({
        query: gql`
          query ListOrders($limit: Int) {
            orders(limit: $limit) {
              items {
                orderId
                status
              }
              nextToken
            }
          }
        `,
        variables: { limit: 5 },
      });
      assert.ok(Array.isArray(data.orders.items));
    });

    test("gets a mutation refused to a guest", async () => {
      const mutation = gql`
        mutation Create($input: CreateOrderInput!) {
          createOrder(input: $input) {
            orderId
          }
        }
      `;
      const call = apollo().mutate({ mutation, variables: { input: { orderId: "mine" } } });
      await assert.rejects(call, (error) => {
        assert.ok(CombinedGraphQLErrors.is(error), String(error));
        const [refusal] = error.errors;
        assert.equal(refusal.errorType, "Unauthorized");
        assert.deepEqual(refusal.path, ["createOrder"]);
        return true;
      });
    });

    test("gets forged credentials refused", async () => {
      const forged = { ...credentials, secretAccessKey: "not the one that was given" };
      const client = apollo({ type: AUTH_TYPE.AWS_IAM, credentials: async () => forged });
      const query = gql`
        query One {
          order(orderId: "any") {
            orderId
          }
        }
      `;
      await assert.rejects(client.query({ query }), (error) => {
        assert.ok([401, 403].includes(error.statusCode), String(error));
        return true;
      });
    });
  });

  describe("aws-appsync-subscription-link", () => {
    test("subscribes and receives whole orders as a simulation moves", async () => {
      const every = subscribe(apollo(), EVERY_ORDER);
      await every.ready;
      const { orderId, status } = await at.startSimulation(credentials);
      assert.equal(status, "SUBMITTED");
      const done = (events) => events.some((order) => order.orderId === orderId && order.status === "COMPLETED");
      const own = (await every.until(done)).filter((order) => order.orderId === orderId);
      every.stop();
      // Delivery is at least once and unordered on the bus, ordered by key from the table on.
      const latest = own.at(-1);
      assert.equal(latest.status, "COMPLETED");
      assert.equal(own[0].status, "SUBMITTED");
      for (const { items, numItems, createdAt, revision } of own) {
        assert.equal(
          numItems,
          items.reduce((sum, item) => sum + item.quantity, 0),
        );
        assert.ok(createdAt && revision > 0);
      }
    });

    test("receives one order only when it names it", async () => {
      const client = apollo();
      const { orderId } = await at.startSimulation(credentials);
      const one = subscribe(client, ONE_ORDER, { orderId });
      await one.ready;
      const events = await one.until((events) => events.some((order) => order.status === "COMPLETED"));
      one.stop();
      assert.deepEqual([...new Set(events.map((order) => order.orderId))], [orderId]);
    });

    test("gets a subscription with forged credentials refused", async () => {
      const forged = { ...credentials, sessionToken: "someone else's" };
      const denied = subscribe(apollo({ type: AUTH_TYPE.AWS_IAM, credentials: async () => forged }), EVERY_ORDER);
      const error = await denied.failed();
      // The link tells of a refused connection in an object of its own, which Apollo wraps.
      assert.match(error.cause.errors[0].message, /UnauthorizedException/);
    });
  });

  describe("@aws-sdk/client-eventbridge", () => {
    const entry = (detail) => ({
      EventBusName: "orders.events",
      Source: "orders.events.ordering",
      DetailType: "New order created",
      Detail: JSON.stringify(detail),
    });
    const basket = (orderId) => ({
      orderId,
      customerId: "interop",
      currency: "EUR",
      items: [{ itemId: "1", description: "Soup", quantity: 2, unitPrice: 4.5 }],
    });

    test("puts an event as the backend, and the subscribers hear of the order", async () => {
      const every = subscribe(apollo(), EVERY_ORDER);
      await every.ready;
      const backend = JSON.parse(
        await cloudCommand("credentials", "--role", "backend", "--format", "json", "--data", at.folder()),
      );
      const { FailedEntryCount } = await bridge(backend).send(new PutEventsCommand({ Entries: [entry(basket("interop-1"))] }));
      assert.equal(FailedEntryCount, 0);
      const events = await every.until((events) => events.some((order) => order.orderId === "interop-1"));
      every.stop();
      const order = events.find((order) => order.orderId === "interop-1");
      assert.equal(order.total, 9);
      assert.equal(order.status, "SUBMITTED");
    });

    test("is refused as a guest", async () => {
      const put = bridge(credentials).send(new PutEventsCommand({ Entries: [entry(basket("interop-2"))] }));
      await assert.rejects(put, { name: "AccessDeniedException" });
    });

    function bridge(given) {
      const credentials = {
        accessKeyId: given.accessKeyId ?? given.AccessKeyId,
        secretAccessKey: given.secretAccessKey ?? given.SecretAccessKey,
        sessionToken: given.sessionToken ?? given.SessionToken,
      };
      return new EventBridgeClient({ region: REGION, ...at.events(), credentials });
    }
  });
}

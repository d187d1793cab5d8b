// What the cloud's fan-out is compared with: the same schema served by `graphql-ws` over `ws`, as its documentation
// has it, publishing through an ordinary mutation. Started as a process of its own; prints its address.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { buildSchema, graphql } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const read = (path) => readFileSync(new URL(`../../graphql/${path}`, import.meta.url), "utf8");
const schema = buildSchema(read("prelude.graphql") + read("orders/schema.graphql"));

/** Everyone who listens: an async iterator each, with what has not been taken yet. */
const listeners = new Set();

function publish(order) {
  for (const { wants, push } of listeners) if (wants === undefined || wants === order.orderId) push({ onCreateOrUpdateOrder: order });
  return order;
}

function listen(wants) {
  const queue = [];
  let wake = null;
  let ended = false;
  const listener = {
    wants,
    push(event) {
      if (!wake) return queue.push(event);
      wake({ value: event, done: false });
      wake = null;
    },
  };
  listeners.add(listener);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () =>
      queue.length || ended
        ? Promise.resolve({ value: queue.shift(), done: ended })
        : new Promise((resolve) => (wake = resolve)),
    return() {
      ended = true;
      listeners.delete(listener);
      wake?.({ value: undefined, done: true });
      return Promise.resolve({ value: undefined, done: true });
    },
  };
}

const rootValue = {
  createOrder: ({ input }) => publish(input),
  updateOrder: ({ input }) => publish(input),
};
const subscriptions = { onCreateOrUpdateOrder: ({ orderId }) => listen(orderId) };

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { query, variables } = JSON.parse(Buffer.concat(chunks));
  const result = await graphql({ schema, source: query, rootValue, variableValues: variables });
  const body = JSON.stringify(result);
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
});
useServer(
  { schema, roots: { subscription: subscriptions } },
  // Without compression, as browsers and this server agree on by default, too.
  new WebSocketServer({ server, path: "/graphql", perMessageDeflate: false }),
);
server.listen(0, "127.0.0.1", () => console.log(`ready at 127.0.0.1:${server.address().port}`));
process.on("SIGTERM", () => process.exit(0));

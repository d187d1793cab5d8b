// Ways to keep a page from its cloud, or a cloud from its page.
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import type { Page } from "@playwright/test";

import { configure } from "./tests/fixtures";

export const NOBODYS_KEY = "da2-nobodys";

/** What Chromium writes by itself when something is refused. */
export const REFUSED = /Failed to load resource: .* 40[13]/;

/** An address of this machine at which nothing listens. */
async function nowhere(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

/** The page is served, but the cloud that its configuration names is not there; its policy names it too. */
export async function withoutCloud(page: Page) {
  const host = await nowhere();
  await configure(page, (configuration) => {
    configuration.identity.endpoint = `http://${host}/cognito/`;
    configuration.orders.graphql = `http://${host}/orders/graphql`;
    configuration.orders.mqtt.url = `ws://${host}/mqtt`;
    configuration.orders.simulation.url = `http://${host}/order`;
    configuration.movies.graphql = `http://${host}/movies/graphql`;
    configuration.restaurant.graphql = `http://${host}/restaurant/graphql`;
    configuration.calendar.graphql = `http://${host}/calendar/graphql`;
    configuration.calendar.function.url = `http://${host}/calendar/events`;
    configuration.calendar.holidays = `http://${host}/holidays/api/v3`;
  });
  await page.route(
    (url) => url.pathname === "/" || /^\/(orders|compare|movies|restaurant|calendar)(\/|$)/.test(url.pathname),
    async (route) => {
      const response = await route.fetch();
      const headers = response.headers();
      const policy = headers["content-security-policy"];
      headers["content-security-policy"] = policy.replace("connect-src", `connect-src http://${host} ws://${host}`);
      await route.fulfill({ response, headers });
    },
  );
}

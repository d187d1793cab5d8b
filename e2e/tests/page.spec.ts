import { Orders, configure, expect, test } from "./fixtures";

type Configuration = Record<string, any>;

const MISTAKES: [what: string, key: string, change: (configuration: Configuration) => void][] = [
  ["lacks an address", "orders.graphql", (configuration) => delete configuration.orders.graphql],
  ["lacks a table", "identity", (configuration) => delete configuration.identity],
  ["holds a wrong type", "orders.simulation.url", (configuration) => (configuration.orders.simulation.url = 7)],
  ["holds what is no identity pool", "identity.pool", (configuration) => (configuration.identity.pool = "mine")],
];

for (const [what, key, change] of MISTAKES) {
  test(`a configuration that ${what} is told by its key, ${key}`, async ({ start, visit }) => {
    const cloud = await start();
    const { page } = await visit({ before: (page) => configure(page, change) });
    await page.goto(cloud.url);
    const alert = page.getByTestId("config-error");
    await expect(alert).toHaveRole("alert");
    await expect(alert).toContainText(key);
  });
}

test("the page loads under its own policy and asks nobody else", async ({ start, visit }) => {
  const cloud = await start();
  const asked = new Set<string>();
  const { page } = await visit({
    before: async (page) => void page.on("request", (request) => asked.add(new URL(request.url()).origin)),
  });
  const response = await page.goto(cloud.url);
  const policy = response!.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe-inline");
  await new Orders(page).live("orders");
  expect([...asked]).toEqual([new URL(cloud.url).origin]);
});

test("large files come compressed", async ({ start, visit }) => {
  const cloud = await start();
  const { page } = await visit();
  const wasm = page.waitForResponse((response) => response.url().endsWith(".wasm"));
  await page.goto(cloud.url);
  expect((await wasm).headers()["content-encoding"]).toBe("br");
  await new Orders(page).live("orders");
});

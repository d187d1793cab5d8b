import type { Page } from "@playwright/test";

import { type Cloud, Orders, configure, expect, test } from "./fixtures";

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

test("the page loads under a strict policy of its own and asks nobody else", async ({ start, visit }) => {
  const cloud = await start();
  const asked = new Set<string>();
  const { page } = await visit({
    before: async (page) => {
      page.on("request", (request) => asked.add(new URL(request.url()).origin));
      page.on("websocket", (socket) => asked.add(new URL(socket.url().replace(/^ws/, "http")).origin));
    },
  });
  const response = await page.goto(new URL("orders", cloud.url).href);
  const policy = (response!.headers()["content-security-policy"] ?? "").split(";").map((rule) => rule.trim());
  // Scripts: our own files, what the build has hashed, and WebAssembly.
  const scripts = policy.find((rule) => rule.startsWith("script-src "))!.split(" ").slice(1);
  expect(scripts.filter((source) => !/^'sha256-[\w+/]{43}='$/.test(source))).toEqual(["'self'", "'wasm-unsafe-eval'"]);
  // The configuration that it was built with names no other origin.
  expect(policy.filter((rule) => !rule.startsWith("script-src ")).sort()).toEqual([
    "base-uri 'none'",
    "connect-src 'self'",
    "default-src 'none'",
    "font-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "img-src 'self' data:",
    "manifest-src 'self'",
    "style-src 'self'",
  ]);
  expect(response!.headers()["x-content-type-options"]).toBe("nosniff");
  await new Orders(page).live("orders");
  expect([...asked]).toEqual([new URL(cloud.url).origin]);
});

test("what has a hash in its name is kept for ever, all else is asked for each time", async ({ start, visit }) => {
  const cloud = await start();
  const kept = new Map<string, string>();
  const { page } = await visit({
    before: async (page) =>
      void page.on("response", (response) => {
        const { pathname } = new URL(response.url());
        if (response.request().resourceType() !== "fetch" || /\.(bin|json)$/.test(pathname)) {
          kept.set(pathname, response.headers()["cache-control"]);
        }
      }),
  });
  // A screen without posters: those come with the film of the moment.
  await new Orders(page).open(cloud, "orders");
  const named = [...kept].map(([path, value]) => [path.replace(/^\/(eddy|page)-[0-9a-f]{16}/, "hashed"), value]);
  expect(Object.fromEntries(named)).toEqual({
    "/orders": "no-cache",
    "/appconfig.json": "no-cache",
    "hashed.css": "public, max-age=31536000, immutable",
    "hashed.js": "public, max-age=31536000, immutable",
    "hashed.bin": "public, max-age=31536000, immutable",
  });
});

test("large files come compressed", async ({ start, visit }) => {
  const cloud = await start();
  const { page } = await visit();
  const program = page.waitForResponse((response) => response.url().endsWith(".bin"));
  await page.goto(cloud.url);
  expect((await program).headers()["content-encoding"]).toBe("br");
  await new Orders(page).live("orders");
});

test("a program that does not arrive whole is said not to start", async ({ start, visit, expected }) => {
  expected.push(/RangeError|CompileError|the packed module|Failed to load resource|answers 404/);
  const cloud = await start();
  const { page } = await visit();
  const program = (url: URL) => url.pathname.endsWith(".bin");
  const whole = await (await page.request.get(new URL(await programOf(page, cloud), cloud.url).href)).body();
  const broken = Buffer.from(whole);
  // Among the codes, which take the most room.
  broken.fill(0x0b, broken.length >> 2, (broken.length >> 2) + 16);
  const contentType = "application/octet-stream";
  for (const answer of [
    { contentType, body: whole.subarray(0, whole.length / 2) },
    { contentType, body: whole.subarray(0, 10) },
    { contentType, body: broken },
    { status: 404 },
  ]) {
    await page.route(program, (route) => route.fulfill(answer));
    await page.goto(cloud.url);
    await expect(page.getByRole("alert")).toHaveText(/could not start/);
    await page.unroute(program);
  }
});

/** The address of the page's program. */
async function programOf(page: Page, cloud: Cloud) {
  const html = await (await page.request.get(cloud.url)).text();
  return /\/eddy-[0-9a-f]{16}\.bin/.exec(html)![0];
}

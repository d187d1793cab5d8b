import type { Page } from "@playwright/test";

import { AWAY, Orders, expect, test } from "./fixtures";

function colours(page: Page) {
  return page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
}

test("the theme is the system's until one is chosen, which is kept and there at the first paint", async ({
  start,
  visit,
}) => {
  const cloud = await start();
  const { page } = await visit({ browser: { colorScheme: "light" } });
  await new Orders(page).open(cloud, "");
  const light = await colours(page);
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await colours(page);
  expect(dark).not.toBe(light);

  const theme = page.getByRole("combobox", { name: "Theme" });
  await theme.selectOption("Light");
  expect(await colours(page)).toBe(light);
  await page.reload();
  await expect(theme).toHaveValue("light");
  expect(await colours(page)).toBe(light);

  // Without the program: what is painted before it has started.
  const program = (url: URL) => url.pathname.endsWith(".bin");
  await page.route(program, () => new Promise(() => {}));
  await page.goto(cloud.url, { waitUntil: "commit" });
  await expect(page.getByText("Eddy is starting…")).toBeVisible();
  expect(await colours(page)).toBe(light);
  await page.unroute(program);

  await page.goto(cloud.url);
  await theme.selectOption("System");
  expect(await colours(page)).toBe(dark);
  await page.reload();
  await expect(theme).toHaveValue("");
  expect(await colours(page)).toBe(dark);
});

test("the panel of the links tells the guest, how long its credentials last, and each link", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--credential-ttl", "3600"] });
  const { page } = await visit();
  const orders = new Orders(page);
  await orders.open(cloud, "");
  await expect(orders.state).toHaveAccessibleName("Links: Live");
  await expect(orders.links).toBeHidden();
  await orders.state.click();
  await expect(orders.links).toBeVisible();
  await expect(orders.links).toContainText(/eu-west-1:[0-9a-f-]{36}/);
  await expect(orders.links).toContainText(/valid for 59 min/);
  const lines = orders.links.getByRole("listitem");
  await expect(lines.nth(0)).toContainText(/^Orders · Live/);
  await expect(lines.nth(1)).toContainText(/^Orders · MQTT · Live/);
  await expect(page.getByTestId("journal")).toContainText("Nothing, since this page was opened.");
  await page.keyboard.press("Escape");
  await expect(orders.links).toBeHidden();
  await expect(orders.state).toBeFocused();
});

test("credentials that have expired are renewed, and nobody notices", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--credential-ttl", "20"] });
  const { page } = await visit();
  const orders = new Orders(page);
  await orders.open(cloud);
  await orders.state.click();
  const left = async () =>
    Number(/valid for (\d+)/.exec((await orders.links.textContent())!)?.[1] ?? Number.NaN);
  await expect.poll(left).toBeLessThan(18);
  await expect.poll(left, { timeout: 30_000 }).toBeGreaterThan(18);
  await page.keyboard.press("Escape");
  await orders.start();
  await expect(orders.rows).not.toHaveCount(0);
  await orders.live("orders");
});

test("the journal tells what went wrong, when, how it healed, and how many rows were caught up", async ({
  start,
  visit,
  expected,
}) => {
  expected.push(AWAY);
  const cloud = await start({ flags: ["--pace", "0.1"] });
  const { page, context } = await visit();
  const orders = new Orders(page);
  const others = new Orders((await visit()).page);
  await orders.open(cloud);
  await others.open(cloud);

  await context.setOffline(true);
  await expect(orders.link("orders")).toHaveAttribute("data-state", "offline");
  await orders.state.click();
  // Each link tells its own.
  const told = page.getByTestId("journal").getByRole("listitem");
  const of = (link: string) => told.filter({ has: page.getByText(link, { exact: true }) });
  const incident = of("Orders");
  await expect(incident).toHaveCount(1);
  await expect(of("Orders · MQTT")).toHaveCount(1);
  await expect(incident).toContainText(/\d+:\d\d.*Orders.*No network.*Not over yet\./);
  await others.start();
  await expect(others.table.locator("tr[data-status='COMPLETED']")).toHaveCount(6);
  await context.setOffline(false);
  await orders.live("orders");
  await expect(incident).toContainText(/Back after [\d.]+ (s|ms|min), caught up 6 rows\./);
  // What is not there cannot be dropped.
  await expect(of("Orders · MQTT")).toContainText(/Back after/);

  await cloud.admin("faults/drop", { how: "close" });
  await expect(incident).toHaveCount(2);
  await expect(incident.first()).toContainText(/Back after .* caught up 0 rows\./);
  await expect(of("Orders · MQTT").first()).toContainText(/Back after .* caught up 0 rows\./);
});

test("the overview counts, shows the newest and how busy it is", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0.5"] });
  const { page } = await visit();
  const { page: other } = await visit();
  const orders = new Orders(other);
  await orders.open(cloud);
  await new Orders(page).open(cloud, "");
  const figure = (name: string) => page.locator(".figures > div").filter({ hasText: name }).getByRole("definition");
  await expect(figure("Events a second")).toHaveText("0");
  const delays = ["AppSync", "MQTT"].map((way) => figure(`Median delay, ${way}`));
  for (const delay of delays) await expect(delay).toHaveText("–");
  const explanation = page.locator("[data-flow]");
  await expect(explanation).toHaveAttribute("data-flow", "");

  // Recorded in the page: both change too often to be met.
  await page.evaluate(() => {
    const seen = { rates: new Set<string>(), flows: new Set<string>() };
    (window as any).seen = seen;
    new MutationObserver(() => {
      seen.rates.add(document.querySelector(".figures dd")?.textContent ?? "");
      seen.flows.add(document.querySelector("[data-flow]")?.getAttribute("data-flow") ?? "");
    }).observe(document.body, { attributes: true, characterData: true, childList: true, subtree: true });
  });
  await orders.start();
  const tally = page.getByRole("list", { name: "Orders by status" });
  await expect(tally.locator("[data-status='COMPLETED'] b")).toHaveText("6");
  await expect(page.getByRole("list", { name: "The newest orders" }).getByRole("listitem")).toHaveCount(6);
  for (const delay of delays) await expect(delay).toHaveText(/^\d+(\.\d+)? m?s$/);
  const seen = await page.evaluate(() => {
    const { rates, flows } = (window as any).seen;
    return { rates: [...rates].map(Number), flows: [...flows] };
  });
  expect(Math.max(...seen.rates), "events were counted").toBeGreaterThan(0);
  expect(seen.flows, "the way lit up, and again").toEqual(expect.arrayContaining(["even", "odd"]));
  await expect(figure("Events a second")).toHaveText("0");

  await page.getByRole("heading", { name: "Orders" }).getByRole("link").click();
  await expect(page).toHaveURL(/\/orders$/);
  await page.goBack();
  await page.getByRole("link", { name: "Compare the two" }).click();
  await expect(page).toHaveURL(/\/compare$/);
});

// Every screen in every state: what it says, and that nothing about it keeps anyone out.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { STATES_OF_THE_PAGE } from "../states";
import { Orders, WAYS, agree, expect, settled, test } from "./fixtures";

/** What each state has to say; what says nothing of its own is not here. */
const SAYS: Record<string, (page: Page, orders: Orders) => Promise<void>> = {
  "orders-empty": async (page, orders) => {
    await expect(page.getByRole("heading", { name: "No orders yet" })).toBeVisible();
    await expect(orders.status("SUBMITTED")).toContainText("0");
  },
  "orders-loading": async (page, orders) => {
    await expect(orders.table).toHaveAttribute("aria-busy", "true");
    await expect(orders.status("SUBMITTED")).toContainText("–");
    await expect(page.getByRole("heading", { name: "No orders yet" })).toHaveCount(0);
  },
  "orders-retrying": countsDown,
  "overview-retrying": countsDown,
  "orders-offline": async (page, orders) => {
    await expect(orders.link("orders")).toContainText("Offline, waiting for a network");
    await expect(orders.state).toHaveAccessibleName(/Offline/);
    await expect(orders.rows).toHaveCount(6);
  },
  "orders-denied": async (page, orders) => {
    await expect(orders.link("orders")).toContainText(/Failed because .*Unauthorized/);
    const alert = page.getByRole("alert").filter({ hasText: "The cloud refuses this page" });
    await expect(alert).toContainText("appconfig.toml");
    await expect(orders.table).not.toHaveAttribute("aria-busy", "true");
  },
  "overview-empty": async (page) => {
    await expect(page.getByRole("heading", { name: "No orders yet" })).toBeVisible();
  },
  "overview-denied": async (page, orders) => {
    await expect(orders.link("orders")).toContainText("Unauthorized");
    await expect(page.getByRole("heading", { name: "The cloud refuses this page" })).toBeVisible();
  },
  "orders-no-cloud": async (page) => {
    await expect(page.getByRole("heading", { name: "There is no cloud here yet" })).toBeVisible();
    await expect(page.getByText("cargo xtask demo")).toBeVisible();
  },
  "overview-no-cloud": async (page, orders) => {
    await expect(orders.link("orders")).toContainText(/Retrying/);
    for (const name of ["Orders", "Movies", "Restaurant"]) {
      const panel = page.getByRole("region", { name });
      await expect(panel.getByRole("heading", { name: "There is no cloud here yet" })).toBeVisible();
    }
  },
  "movies-empty": async (page) => {
    await expect(page.getByText("Nobody has said anything in the last day.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Love 0" })).toBeVisible();
    await expect(page.getByLabel("To join in, choose a name")).toBeVisible();
  },
  "movies-loading": async (page) => {
    await expect(page.getByRole("heading", { name: "The film is on its way…" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Love –" })).toBeVisible();
  },
  "movies-denied": async (page) => {
    const alert = page.getByRole("alert").filter({ hasText: "The cloud refuses this page" });
    await expect(alert).toContainText("appconfig.toml");
  },
  "movies-no-cloud": async (page) => {
    await expect(page.getByRole("heading", { name: "There is no cloud here yet" })).toBeVisible();
  },
  "restaurant-empty": async (page) => {
    await expect(page.getByRole("heading", { name: "Nothing ordered so far" })).toBeVisible();
    await expect(page.getByText("Nobody has been told anything yet.")).toBeVisible();
  },
  "restaurant-loading": async (page) => {
    await expect(page.locator(".orders-placed [aria-busy='true']")).toHaveText("The orders are on their way…");
    await expect(page.locator("[data-figure] b")).toHaveText(["–", "–", "–"]);
  },
  "restaurant-denied": async (page) => {
    const alert = page.getByRole("alert").filter({ hasText: "The cloud refuses this page" });
    await expect(alert).toContainText("appconfig.toml");
  },
  "restaurant-no-cloud": async (page) => {
    await expect(page.getByRole("heading", { name: "There is no cloud here yet" })).toBeVisible();
  },
  "compare-empty": async (page) => {
    await expect(page.getByRole("heading", { name: "No orders yet" })).toHaveCount(2);
    await expect(page.getByText("Nothing has come by both ways in the last five minutes.")).toBeVisible();
    await expect(page.locator("[data-figure='p50'] td")).toHaveText(["–", "–"]);
  },
  "compare-loading": async (page) => {
    for (const way of WAYS) await expect(new Orders(page, way).table).toHaveAttribute("aria-busy", "true");
    await expect(page.getByRole("heading", { name: "No orders yet" })).toHaveCount(0);
  },
  "compare-live": async (page) => {
    const [appsync, mqtt] = WAYS.map((way) => new Orders(page, way));
    await expect(page.getByRole("table", { name: "How long each way takes" })).toContainText(/Median p50\d/);
    await agree(appsync, mqtt);
  },
  "compare-retrying": async (page) => {
    for (const way of WAYS) await countsDown(page, new Orders(page, way));
  },
  "compare-offline": async (page) => {
    for (const way of WAYS) {
      const orders = new Orders(page, way);
      await expect(orders.link("orders")).toContainText("Offline, waiting for a network");
      await expect(orders.rows).toHaveCount(6);
    }
  },
  "compare-denied": async (page) => {
    // The topic may be followed; the rows may not be read.
    await expect(new Orders(page, "mqtt").link("orders")).toContainText(/because .*Unauthorized/);
    await expect(page.getByRole("heading", { name: "The cloud refuses this page" })).toHaveCount(2);
  },
  "compare-no-cloud": async (page) => {
    await expect(page.getByRole("heading", { name: "There is no cloud here yet" })).toHaveCount(2);
  },
  "compare-followed": async (page) => {
    const [appsync, mqtt] = WAYS.map((way) => new Orders(page, way));
    // The order moves on while it is looked at.
    for (const [one, other] of [[appsync, mqtt], [mqtt, appsync]]) {
      const reached = await one.reached();
      await expect.poll(() => other.reached()).toEqual(expect.arrayContaining(reached));
    }
  },
  "configuration-wrong": async (page) => {
    await expect(page.getByRole("alert")).toContainText("orders.graphql");
  },
  "not-found": async (page) => {
    await expect(page).toHaveTitle("Nothing here · Eddy");
    await page.getByRole("main").getByRole("link", { name: "overview" }).click();
    await expect(page).toHaveURL(/\/$/);
    await page.goBack();
  },
};

/** The state is told in words, and how long until the next attempt, which gets less. */
async function countsDown(page: Page, orders: Orders) {
  const seconds = async () => Number(/in (\d+) s/.exec((await orders.link("orders").textContent())!)?.[1]);
  const before = await seconds();
  await expect.poll(seconds).not.toBe(before);
  await expect(orders.state).toHaveAccessibleName(/Links: Retrying/);
}

for (const { name, reach, expected: known = [] } of STATES_OF_THE_PAGE) {
  test(`${name}: it says so, fits every window, and axe finds nothing`, async ({ start, visit, expected }) => {
    test.setTimeout(120_000);
    expected.push(...known);
    const page = await reach({ start, visit });
    await SAYS[name]?.(page, new Orders(page));
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await settled(page);
        expect(await findings(page), `${width} px, ${colorScheme}`).toEqual([]);
      }
    }
    for (const width of [360, 820, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `sticks out of ${width} px`).toBeLessThanOrEqual(0);
    }
  });
}

/** Each of axe's findings in a line. There are no frames, for which axe would open pages of its own. */
async function findings(page: Page): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ preload: false, resultTypes: ["violations"] });
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary?.replace(/\s+/g, " ")}`),
  );
}

test("nothing moves when the orders have come", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0"] });
  const before = new Orders((await visit()).page);
  await before.open(cloud);
  await before.start();
  await expect(before.table.locator("tr[data-status='COMPLETED']")).toHaveCount(6);

  for (const width of [390, 820, 1440]) {
    const { page } = await visit({ browser: { viewport: { width, height: 900 } } });
    let letGo = () => {};
    const gone = new Promise<void>((resolve) => (letGo = resolve));
    await page.route("**/orders/graphql", async (route) => {
      await gone;
      await route.continue();
    });
    for (const path of ["orders", "compare", ""]) {
      await page.goto(new URL(path, cloud.url).href);
      const orders = new Orders(page);
      await expect(orders.link("orders")).toHaveAttribute("data-state", "connecting");
      const loading = await places(page);
      letGo();
      await expect(orders.state).toHaveAccessibleName("Links: Live");
      expect(await places(page), `/${path}, ${width} px`).toEqual(loading);
    }
  }
});

/** Where the parts stand that are there before and after. */
function places(page: Page) {
  const parts = ["h1", ".start", ".tally", ".panel-head", ".panel-head .light", ".field", ".rows", "tbody", ".figures", ".feed", ".compare-body", ".ways", ".restaurant-now", ".explain"];
  return page.evaluate((parts) => {
    return parts.flatMap((part) => {
      const box = document.querySelector(part)?.getBoundingClientRect();
      return box ? [`${part} ${Math.round(box.top)}`] : [];
    });
  }, parts);
}

for (const denied of [
  ["Query.orders", "Subscription.onCreateOrUpdateOrder"],
  ["Query.orders"],
  ["Subscription.onCreateOrUpdateOrder"],
]) {
  test(`what a guest may not ask for is told, and nothing untrue: ${denied}`, async ({ start, visit }) => {
    const cloud = await start();
    for (const field of denied) await cloud.admin("faults/deny", { field });
    const orders = new Orders((await visit()).page);
    await orders.page.goto(new URL("orders", cloud.url).href);
    await expect(orders.link("orders")).toContainText("Not Authorized");
    await expect(orders.page.getByRole("heading", { name: "The cloud refuses this page" })).toBeVisible();
  });
}

for (const [screen, field] of [
  ["movies", "Query.getMovies"],
  ["movies", "Subscription.onUpdateMovies"],
  ["calendar", "Query.listEventsTables"],
  ["calendar", "Subscription.onCreateEventsTableWithLocalResolver"],
  ["restaurant", "Query.orders"],
  ["restaurant", "Subscription.onOrderChanged"],
]) {
  test(`what a guest may not ask for is told: ${screen}, ${field}`, async ({ start, visit }) => {
    const cloud = await start();
    await cloud.admin("faults/deny", { field, api: screen });
    const { page } = await visit();
    await page.goto(new URL(screen, cloud.url).href);
    await expect(page.locator(`[data-testid="link"][data-link="${screen}"]`).first()).toContainText("Not Authorized");
    // What can be read is shown, though it does not move.
    if (!field.startsWith("Query")) return;
    await expect(page.getByRole("heading", { name: "The cloud refuses this page" })).toBeVisible();
  });
}

test("the page goes on by itself when it may ask again", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0"] });
  await cloud.admin("faults/deny", { field: "Query.orders" });
  const orders = new Orders((await visit()).page);
  await orders.page.goto(new URL("orders", cloud.url).href);
  await expect(orders.link("orders")).toContainText(/Retrying in \d+ s because Unauthorized/);
  await cloud.admin("faults/reset", {});
  await orders.live("orders");
  await orders.start();
  await expect(orders.rows).toHaveCount(6);
});

// What every browser test starts with: a cloud of its own, visitors whose consoles stay empty, and screenshots.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test as base, expect, type BrowserContext, type BrowserContextOptions, type Page } from "@playwright/test";

import { startCloud } from "../cloud.mjs";

export { expect };
export type Cloud = Awaited<ReturnType<typeof startCloud>>;

const SITE = process.env.EDDY_SITE ?? fileURLToPath(new URL("../../dist", import.meta.url));
const SCREENSHOTS = fileURLToPath(new URL("../screenshots", import.meta.url));

/** The states of an order from its submission on, in order. */
export const STATES = [
  "SUBMITTED",
  "ACCEPTED_BY_STORE",
  "IN_KITCHEN",
  "READY_FOR_PICKUP",
  "PICKED_UP_BY_DRIVER",
  "OUT_FOR_DELIVERY",
  "DELIVERED",
  "COMPLETED",
];

/** What Chromium writes by itself when a server is away or the network is off. */
export const AWAY = /WebSocket connection to|Failed to load resource: net::ERR_/;

/** How many baskets a simulation orders. */
export const BASKETS = 6;

type Fixtures = {
  /** Starts a cloud that serves the page; it is stopped with the test. */
  start: (options?: { listen?: string; data?: string; flags?: string[] }) => Promise<Cloud>;
  /** A folder that goes with the test. */
  folder: string;
  /** Opens a browser context of its own and reports what its console says. */
  visit: (options?: Visit) => Promise<Visitor>;
  /** What consoles may say in this test, because the test itself breaks something. */
  expected: RegExp[];
};

export type Visit = {
  /** What is to be done before the page is opened. */
  before?: (page: Page, context: BrowserContext) => Promise<void>;
  browser?: BrowserContextOptions;
};
export type Visitor = { page: Page; context: BrowserContext };

export const test = base.extend<Fixtures>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), "eddy-e2e-"));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },

  start: async ({}, use, info) => {
    const clouds: Cloud[] = [];
    await use(async (options = {}) => {
      const cloud = await startCloud({ site: SITE, admin: true, ...options });
      clouds.push(cloud);
      return cloud;
    });
    await Promise.all(clouds.map((cloud) => cloud.kill()));
    if (info.status !== info.expectedStatus) {
      for (const cloud of clouds) await info.attach("cloud.log", { body: cloud.log(), contentType: "text/plain" });
    }
  },

  expected: async ({}, use) => {
    await use([]);
  },

  visit: async ({ browser, expected }, use) => {
    const said: string[] = [];
    const contexts: BrowserContext[] = [];
    await use(async ({ before, browser: options } = {}) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      context.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) said.push(`${message.type()}: ${message.text()}`);
      });
      context.on("weberror", (error) => said.push(`uncaught: ${error.error()}`));
      const page = await context.newPage();
      await before?.(page, context);
      return { page, context };
    });
    await Promise.all(contexts.map((context) => context.close()));
    expect(said.filter((text) => !expected.some((pattern) => pattern.test(text)))).toEqual([]);
  },
});

/** By what a table is told, as the page's ids name it: AppSync is plainly the orders. */
export const WAYS = ["orders", "mqtt"] as const;
export type Way = (typeof WAYS)[number];

/** The page object: what a person sees there. Where both ways have a table, it is of one of them. */
export class Orders {
  constructor(
    readonly page: Page,
    readonly way: Way = "orders",
  ) {}

  get table() {
    return this.page.getByTestId(`${this.way}-table`);
  }

  get panel() {
    return this.page.locator("section").filter({ has: this.table });
  }

  get rows() {
    return this.table.locator("tr[data-order-id]");
  }

  get follower() {
    return this.page.getByTestId(this.name("follower"));
  }

  /** How many orders there are in a status, and the button that shows only those. */
  status(status: string) {
    return this.page.getByRole("group", { name: "Show only one status" }).locator(`[data-status="${status}"]`);
  }

  get search() {
    return this.panel.getByRole("searchbox", { name: "Find an order by its id" });
  }

  get pause() {
    return this.panel.getByRole("button", { name: /^Pause/ });
  }

  get newer() {
    return this.panel.getByRole("button", { name: /^\d+ newer$/ });
  }

  /** The state in the header, which opens the panel of the links. */
  get state() {
    return this.page.getByRole("banner").getByRole("button", { name: /^Links: / });
  }

  get links() {
    return this.page.getByRole("complementary", { name: "Links" });
  }

  link(name: "orders" | "follower") {
    return this.page.locator(`[data-testid="link"][data-link="${this.name(name)}"]`);
  }

  private name(name: "orders" | "follower") {
    if (this.way === "orders") return name;
    return name === "orders" ? this.way : `${this.way}-${name}`;
  }

  async open(cloud: Cloud, path = this.way === "orders" ? "orders" : "compare") {
    await this.page.goto(new URL(path, cloud.url).href);
    await this.live("orders");
  }

  async live(name: "orders" | "follower") {
    await expect(this.link(name)).toHaveAttribute("data-state", "live");
  }

  start() {
    return this.page.getByRole("button", { name: "Start simulation" }).click();
  }

  /** Follows an order; then the mouse leaves the table, which holds still while one is over it. */
  async follow(orderId: string) {
    await this.table.getByRole("button", { name: `Follow ${orderId}` }).click();
    await this.page.mouse.move(0, 0);
  }

  /** The orders as the table shows them: `[orderId, status]`. */
  shown(): Promise<string[][]> {
    return this.rows.evaluateAll((rows) =>
      rows.map((row) => [row.getAttribute("data-order-id")!, row.getAttribute("data-status")!]),
    );
  }

  /** The states that the followed order has reached. */
  reached(): Promise<string[]> {
    return this.follower
      .locator('li[data-reached="true"]')
      .evaluateAll((items) => items.map((item) => item.getAttribute("data-status")!));
  }
}

/**
 * Waits until each of the tables shows what another one did, or has overtaken it: while orders move, two that are read one
 * after the other need never be the same.
 */
export async function agree(...all: Orders[]) {
  for (const one of all) {
    const told = await one.shown();
    for (const other of all) await expect.poll(async () => lacks(await other.shown(), told)).toEqual([]);
  }
}

/** What of these orders a table shows earlier on their way, in another place, or not at all. */
function lacks(shown: string[][], told: string[][]): string[][] {
  const ids = told.map(([orderId]) => orderId);
  const same = shown.filter(([orderId]) => ids.includes(orderId));
  const reached = (status: string) => STATES.indexOf(status);
  return told.filter(([orderId, status], place) => {
    const [otherId, other] = same[place] ?? [];
    return otherId !== orderId || reached(other) < reached(status);
  });
}

/**
 * Records, inside the page, each state that the follower shows as the present one, in order. A state that was skipped is
 * marked as reached all the same, so what counts is what was once the present one.
 */
export async function recordFollower(page: Page) {
  await page.evaluate(() => {
    const seen: Record<string, string[]> = {};
    (window as any).followerSaw = seen;
    const look = () => {
      const follower = document.querySelector('[data-testid="follower"]');
      const orderId = follower?.getAttribute("data-order-id");
      const status = follower?.querySelector('li[aria-current="step"]')?.getAttribute("data-status");
      if (!orderId || !status) return;
      const states = (seen[orderId] ??= []);
      if (status !== states.at(-1)) states.push(status);
    };
    new MutationObserver(look).observe(document.body, { attributes: true, childList: true, subtree: true });
  });
}

/** What the follower showed of an order so far. */
export function followerSaw(page: Page, orderId: string): Promise<string[]> {
  return page.evaluate((orderId) => (window as any).followerSaw[orderId] ?? [], orderId);
}

/** Has the page read another configuration than the one it was built with. */
export async function configure(page: Page, change: (configuration: Record<string, any>) => void) {
  await page.route("**/appconfig.json", async (route) => {
    const configuration = await (await route.fetch()).json();
    change(configuration);
    await route.fulfill({ json: configuration });
  });
}

/** Waits until colours have faded to what they shall be. */
export async function settled(page: Page) {
  await page.evaluate(async () => {
    const fading = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    // What was given up has ended too.
    await Promise.all(fading.map((animation) => animation.finished.catch(() => {})));
  });
}

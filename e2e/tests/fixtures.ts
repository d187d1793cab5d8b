// What every browser test starts with: a cloud of its own, visitors whose consoles stay empty, and screenshots.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test as base, expect, type BrowserContext, type Page } from "@playwright/test";

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

/** How many baskets a simulation orders. */
export const BASKETS = 6;

type Fixtures = {
  /** Starts a cloud that serves the page; it is stopped with the test. */
  start: (options?: { listen?: string; data?: string; flags?: string[] }) => Promise<Cloud>;
  /** A folder that goes with the test. */
  folder: string;
  /** Opens a browser context of its own and reports what its console says. */
  visit: (options?: { before?: (page: Page, context: BrowserContext) => Promise<void> }) => Promise<Visitor>;
  /** What consoles may say in this test, because the test itself breaks something. */
  expected: RegExp[];
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
      const cloud = await startCloud({ site: SITE, ...options });
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
    await use(async ({ before } = {}) => {
      const context = await browser.newContext();
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

/** The page object: what a person sees there. */
export class Orders {
  constructor(readonly page: Page) {}

  get table() {
    return this.page.getByTestId("orders-table");
  }

  get rows() {
    return this.table.locator("tr[data-order-id]");
  }

  get follower() {
    return this.page.getByTestId("follower");
  }

  link(name: "orders" | "follower") {
    return this.page.locator(`[data-testid="link"][data-link="${name}"]`);
  }

  async open(cloud: Cloud) {
    await this.page.goto(cloud.url);
    await this.live("orders");
  }

  async live(name: "orders" | "follower") {
    await expect(this.link(name)).toHaveAttribute("data-state", "live");
  }

  start() {
    return this.page.getByRole("button", { name: "Start simulation" }).click();
  }

  follow(orderId: string) {
    return this.page.getByRole("button", { name: `Follow ${orderId}` }).click();
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

/** Saves what the page looks like in both colour schemes, wide and narrow, and checks that nothing sticks out. */
export async function shoot(page: Page, state: string) {
  const before = page.viewportSize()!;
  for (const [size, width] of [["wide", 1280], ["360px", 360]] as const) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(SCREENSHOTS, `${state}-${colorScheme}-${size}.png`), fullPage: true });
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, `${state} is wider than a window of ${width} px`).toBeLessThanOrEqual(0);
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(before);
}

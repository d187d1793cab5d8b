// Takes pictures of every screen in every state, wide and narrow, light and dark, and those that the documents show.
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { Page } from "@playwright/test";

import { STATES_OF_THE_PAGE, busy, cinema, evening } from "../states";
import { planned } from "../states-calendar";
import { settled, test } from "../tests/fixtures";

const SHOTS = process.env.EDDY_SHOTS ?? fileURLToPath(new URL("../../target/shots", import.meta.url));
const DOCS = process.env.EDDY_DOCS ?? join(SHOTS, "docs");
const WIDTHS = (process.env.EDDY_WIDTHS ?? "390,820,1440").split(",").map(Number);
const SCHEMES = ["light", "dark"] as const;

for (const { name, reach, expected: known = [] } of STATES_OF_THE_PAGE) {
  test(name, async ({ start, visit, expected }) => {
    expected.push(...known);
    const page = await reach({ start, visit });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const scheme of SCHEMES) await shoot(page, scheme, join(SHOTS, `${name}-${width}-${scheme}.png`));
    }
  });
}

for (const [name, path] of [["orders", "orders"], ["compare", "compare"], ["overview", ""]] as const) {
  test(`for the documents: ${name}`, async ({ start, visit }) => {
    const { page, orders } = await busy({ start, visit }, path, 9, "5");
    await page.setViewportSize({ width: 1280, height: 800 });
    if (name === "orders") {
      const [orderId] = (await orders.shown()).find(([, status]) => status === "IN_KITCHEN") ?? (await orders.shown())[1];
      await orders.follow(orderId);
      await orders.live("follower");
    } else if (name === "overview") {
      await marked(page);
    }
    for (const scheme of SCHEMES) await shoot(page, scheme, join(DOCS, `${name}-${scheme}.png`), false);
  });
}

test("for the documents: movies", async ({ start, visit }) => {
  // A round with time left, and enough of it.
  const { page } = await cinema({ start, visit }, ["--rotate", "120"]);
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const scheme of SCHEMES) await shoot(page, scheme, join(DOCS, `movies-${scheme}.png`), false);
});

test("for the documents: restaurant", async ({ start, visit }) => {
  const { page } = await evening({ start, visit });
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const scheme of SCHEMES) await shoot(page, scheme, join(DOCS, `restaurant-${scheme}.png`), false);
});

test("for the documents: calendar", async ({ start, visit }) => {
  const page = await planned({ start, visit });
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const scheme of SCHEMES) await shoot(page, scheme, join(DOCS, `calendar-${scheme}.png`), false);
});

async function shoot(page: Page, colorScheme: (typeof SCHEMES)[number], path: string, fullPage = true) {
  await page.emulateMedia({ colorScheme });
  await settled(page);
  await page.screenshot({ path, fullPage });
}

/** Waits until the feed's rows have shown that they are new. */
async function marked(page: Page) {
  await page.evaluate(async () => {
    const marks = document.querySelector(".feed")!.getAnimations({ subtree: true });
    await Promise.all(marks.map((mark) => mark.finished.catch(() => {})));
  });
}

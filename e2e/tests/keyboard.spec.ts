// The whole page by keyboard alone: each thing can be reached and used, and where the focus is can always be seen.
import { BASKETS, Orders, WAYS, expect, test } from "./fixtures";
import type { Page } from "@playwright/test";

/** What has the focus, by its name; fails if that cannot be seen. */
async function focus(page: Page): Promise<string> {
  const { name, mark, covered } = await page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const name =
      element.getAttribute("aria-label") ?? element.closest("label")?.getAttribute("aria-label") ?? element.innerText;
    const outlined = (of: Element | null) => {
      const { outlineStyle, outlineWidth } = of ? getComputedStyle(of) : { outlineStyle: "none", outlineWidth: "0" };
      return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    };
    // A new screen as a whole needs no mark; a control under a picture has it around both.
    const mark = element.id === "main" || outlined(element) || outlined(element.closest("label"));
    const box = element.getBoundingClientRect();
    // In a list that scrolls sideways, browsers are content with a part of it.
    const points = [8, box.width / 2, box.width - 8].map((x) => [box.left + x, box.top + Math.min(box.height / 2, 20)]);
    const covered = points.every(([x, y]) => {
      const top = document.elementFromPoint(x, y);
      return element.id !== "main" && !(top && (element.contains(top) || top.contains(element)));
    });
    return { name: name.trim().replace(/\s+/g, " ").slice(0, 60), mark, covered };
  });
  expect(mark, `"${name}" shows that it has the focus`).toBe(true);
  expect(covered, `"${name}" is in sight`).toBe(false);
  return name;
}

/** Presses a key until something has the focus. */
async function reach(page: Page, name: string | RegExp, key = "Tab") {
  const met: string[] = [];
  for (let pressed = 0; pressed < 40; pressed++) {
    await page.keyboard.press(key);
    met.push(await focus(page));
    if (typeof name === "string" ? met.at(-1) === name : name.test(met.at(-1)!)) return;
  }
  throw new Error(`${key} does not lead to ${name}, but to: ${met.join(", ")}`);
}

for (const width of [1280, 390]) {
  test(`everything is reached and used by keyboard, ${width} px`, async ({ start, visit }) => {
    const cloud = await start({ flags: ["--pace", "0"] });
    const { page } = await visit({ browser: { viewport: { width, height: 800 } } });
    const orders = new Orders(page);
    await orders.open(cloud, "");

    // The way past the header.
    await page.keyboard.press("Tab");
    expect(await focus(page)).toBe("Skip to content");
    await page.keyboard.press("Enter");
    await expect(page.locator("#main")).toBeFocused();
    await page.keyboard.press("Tab");
    expect(await focus(page)).toBe("Orders");

    // Navigation: back to the header, and to the other screen.
    await reach(page, "Overview", "Shift+Tab");
    await reach(page, "Orders");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/orders$/);
    await expect(page.locator("#main")).toBeFocused();

    // The links' panel.
    await reach(page, /^Links: Live/, "Shift+Tab");
    await page.keyboard.press("Enter");
    await expect(orders.links).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(orders.links).toBeHidden();
    expect(await focus(page)).toMatch(/^Links: Live/);
    await page.keyboard.press("Space");
    await expect(orders.links).toBeVisible();
    await page.keyboard.press("Escape");

    // The theme.
    await reach(page, "Theme");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await expect(page.getByRole("combobox", { name: "Theme" })).toHaveValue("dark");
    await page.keyboard.press("Home");
    await expect(page.getByRole("combobox", { name: "Theme" })).toHaveValue("");

    // A simulation.
    await reach(page, "Start simulation");
    await page.keyboard.press("Enter");
    await expect(orders.table.locator("tr[data-status='COMPLETED']")).toHaveCount(BASKETS);
    expect(await focus(page)).toBe("Start simulation");

    // Status, search, pause.
    await reach(page, /Cancelled$/);
    await page.keyboard.press("Space");
    await expect(orders.rows).toHaveCount(0);
    await page.keyboard.press("Space");
    await expect(orders.rows).toHaveCount(BASKETS);
    await reach(page, "Find an order by its id");
    const [[first], [second]] = await orders.shown();
    await page.keyboard.type(second.slice(-6));
    await expect(orders.rows).toHaveCount(1);
    await page.keyboard.press("Escape");
    await expect(orders.rows).toHaveCount(BASKETS);
    await reach(page, "Pause");
    await page.keyboard.press("Space");
    await expect(orders.pause).toHaveAttribute("aria-pressed", "true");
    await page.keyboard.press("Space");
    await expect(orders.pause).toHaveAttribute("aria-pressed", "false");

    // The rows.
    await reach(page, "Orders");
    await reach(page, `Follow ${first}`);
    await page.keyboard.press("ArrowDown");
    expect(await focus(page)).toBe(`Follow ${second}`);
    await page.keyboard.press("End");
    await focus(page);
    await page.keyboard.press("Home");
    expect(await focus(page)).toBe(`Follow ${first}`);
    await page.keyboard.press("Enter");
    await expect(orders.follower).toHaveAttribute("data-order-id", first);
    expect(await focus(page)).toBe(`Follow ${first}`);
    await page.keyboard.press("ArrowDown");
    expect(await focus(page)).toBe(`Follow ${second}`);
    await page.keyboard.press("Space");
    await expect(orders.follower).toHaveAttribute("data-order-id", second);

    // The follower: where it is left, the row is that led there.
    await reach(page, "Close");
    await page.keyboard.press("Enter");
    await expect(orders.follower).toHaveCount(0);
    expect(await focus(page)).toBe(`Follow ${second}`);

    // All the way back: nothing holds the focus.
    await reach(page, "Skip to content", "Shift+Tab");
  });

  test(`both tables are reached and used by keyboard, ${width} px`, async ({ start, visit }) => {
    const cloud = await start({ flags: ["--pace", "0"] });
    const { page } = await visit({ browser: { viewport: { width, height: 800 } } });
    const [orders, mqtt] = WAYS.map((way) => new Orders(page, way));
    await orders.open(cloud, "");
    await reach(page, "Compare");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/compare$/);
    await expect(page.locator("#main")).toBeFocused();
    await reach(page, "Start simulation");
    await page.keyboard.press("Enter");
    for (const { table } of [orders, mqtt]) {
      await expect(table.locator("tr[data-status='COMPLETED']")).toHaveCount(BASKETS);
    }
    // Each table by its own: its search, its pause, its rows, and the order that is followed beneath it.
    await reach(page, "Find an order by its id");
    await reach(page, "Orders");
    const [[first], [second]] = await orders.shown();
    await reach(page, `Follow ${first}`);
    await reach(page, "Orders over MQTT");
    await reach(page, `Follow ${first}`);
    await page.keyboard.press("ArrowDown");
    expect(await focus(page)).toBe(`Follow ${second}`);
    await page.keyboard.press("Enter");
    await expect(orders.follower).toHaveAttribute("data-order-id", second);
    await expect(mqtt.follower).toHaveAttribute("data-order-id", second);
    expect(await focus(page)).toBe(`Follow ${second}`);
    // AppSync's follower comes first.
    await reach(page, "Close");
    await reach(page, "Close");
    await page.keyboard.press("Enter");
    await expect(mqtt.follower).toHaveCount(0);
    expect(await focus(page)).toBe(`Follow ${second}`);
    await expect(mqtt.table.getByRole("button", { name: `Follow ${second}` })).toBeFocused();
    await reach(page, "Skip to content", "Shift+Tab");
  });
}

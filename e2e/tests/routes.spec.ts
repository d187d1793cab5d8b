import { startSimulation, guest } from "../aws.mjs";
import { Calendar } from "./calendar";
import { Orders, WAYS, expect, test } from "./fixtures";

test("each screen has its address and its title, and back and forward lead through them", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0"] });
  const { page } = await visit();
  const orders = new Orders(page);
  await orders.open(cloud, "");
  await expect(page).toHaveTitle("Eddy");
  await expect(page.getByRole("link", { name: "Overview", exact: true })).toHaveAttribute("aria-current", "page");

  await page.getByRole("navigation").getByRole("link", { name: "Orders" }).click();
  await expect(page).toHaveURL(/\/orders$/);
  await expect(page).toHaveTitle("Orders · Eddy");
  await expect(page.getByRole("heading", { level: 1, name: "Orders" })).toBeVisible();
  await orders.start();
  await expect(orders.rows).toHaveCount(6);
  const [[first], [second]] = await orders.shown();
  await orders.follow(first);
  await orders.follow(second);
  await expect(page).toHaveURL(new RegExp(`/orders/${second}$`));
  await expect(orders.follower).toHaveAttribute("data-order-id", second);

  await page.goBack();
  await expect(orders.follower).toHaveAttribute("data-order-id", first);
  await expect(orders.table.locator("tr[aria-current='true']")).toHaveAttribute("data-order-id", first);
  await page.goBack();
  await expect(orders.follower).toHaveCount(0);
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Event-driven systems, live");
  await page.goForward();
  await page.goForward();
  await expect(orders.follower).toHaveAttribute("data-order-id", first);
  await expect(page).toHaveTitle("Orders · Eddy");
});

test("an order's address leads to it, in a new window too", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0"] });
  const { orderId } = await startSimulation(cloud.url, await guest(cloud.url));
  const { page } = await visit();
  const orders = new Orders(page);
  await orders.open(cloud, `orders/${orderId}`);
  await expect(orders.follower).toHaveAttribute("data-order-id", orderId);
  await expect(orders.follower.locator("li[data-reached='false']")).toHaveCount(0);
  await page.reload();
  await expect(orders.follower).toHaveAttribute("data-order-id", orderId);
  await orders.follower.getByRole("button", { name: "Close" }).click();
  await expect(page).toHaveURL(/\/orders$/);
});

test("whatever text an address holds as an id is shown as that text", async ({ start, visit }) => {
  const cloud = await start();
  const orders = new Orders((await visit()).page);
  await orders.open(cloud, "orders/%3Cb%3Eshop%2E17");
  await expect(orders.follower).toHaveAttribute("data-order-id", "<b>shop.17");
  await expect(orders.follower).toContainText("<b>shop.17");
  await expect(orders.follower).toContainText("There is no order under this id");
});

test("on the screen of both ways an order is followed by both, and its address leads there", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "0"] });
  const { page } = await visit();
  const [orders, mqtt] = WAYS.map((way) => new Orders(page, way));
  await mqtt.open(cloud);
  await expect(page).toHaveTitle("AppSync and MQTT · Eddy");
  await expect(page.getByRole("link", { name: "Compare", exact: true })).toHaveAttribute("aria-current", "page");
  await mqtt.start();
  for (const table of [orders, mqtt]) {
    await expect(table.table.locator("tr[data-status='COMPLETED']")).toHaveCount(6);
  }
  expect(await mqtt.shown()).toEqual(await orders.shown());
  const [[first], [second]] = await mqtt.shown();
  await orders.follow(first);
  await mqtt.follow(second);
  await expect(page).toHaveURL(new RegExp(`/compare/${second}$`));
  await page.reload();
  for (const { follower, table } of [orders, mqtt]) {
    await expect(follower).toHaveAttribute("data-order-id", second);
    await expect(follower.locator("li[data-reached='false']")).toHaveCount(0);
    await expect(table.locator("tr[aria-current='true']")).toHaveAttribute("data-order-id", second);
  }
  await mqtt.follower.getByRole("button", { name: "Close" }).click();
  await expect(page).toHaveURL(/\/compare$/);
  for (const { follower } of [orders, mqtt]) await expect(follower).toHaveCount(0);
  await expect(mqtt.table.getByRole("button", { name: `Follow ${second}` })).toBeFocused();
});

test("an id that no topic can hold is followed by AppSync, and MQTT says why it is not", async ({ start, visit }) => {
  const cloud = await start();
  const { page } = await visit();
  const [orders, mqtt] = WAYS.map((way) => new Orders(page, way));
  await orders.open(cloud, "compare/a%23b");
  await orders.live("follower");
  await expect(mqtt.link("follower")).toContainText("Failed because this id cannot be part of an MQTT topic");
});

test("the calendar's form and each event have addresses, and back leads through them", async ({ start, visit }) => {
  const cloud = await start();
  const { page } = await visit();
  const calendar = new Calendar(page);
  await calendar.open(cloud);
  await expect(page).toHaveTitle("Calendar · Eddy");
  await expect(page.getByRole("link", { name: "Calendar", exact: true })).toHaveAttribute("aria-current", "page");
  await page.getByRole("link", { name: "New event" }).click();
  await expect(page).toHaveURL(/\/calendar\/new$/);
  await calendar.chips("Choir practice").click();
  await expect(page).toHaveURL(/\/calendar\/1$/);
  await expect(calendar.field("Name")).toHaveValue("Choir practice");
  await page.goBack();
  await expect(calendar.button("Create event")).toBeVisible();
  await page.goto(new URL("calendar/1", cloud.url).href);
  await expect(calendar.field("Name")).toHaveValue("Choir practice");
  await calendar.button("Close").click();
  await expect(page).toHaveURL(/\/calendar$/);
  await expect(calendar.chips("Choir practice")).toBeFocused();
  await page.goto(new URL("calendar/99", cloud.url).href);
  await expect(calendar.form).toContainText("no longer there, or never was");
});

for (const path of ["nowhere", "orders/2abc/items", "orders/%FF", "restaurant/2abc", "calendar/today"]) {
  test(`/${path} is no screen, and says so`, async ({ start, visit }) => {
    const cloud = await start();
    const { page } = await visit();
    await page.goto(new URL(path, cloud.url).href);
    await expect(page.getByRole("heading", { level: 1, name: "Nothing here" })).toBeVisible();
    await page.getByRole("main").getByRole("link", { name: "overview" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Event-driven systems, live");
  });
}

test("a new screen has the focus and begins at its top", async ({ start, visit }) => {
  const cloud = await start();
  const { page } = await visit({ browser: { viewport: { width: 1280, height: 400 } } });
  const orders = new Orders(page);
  await orders.open(cloud, "");
  await page.getByRole("heading", { name: "How an order gets here" }).scrollIntoViewIfNeeded();
  await page.getByRole("navigation").getByRole("link", { name: "Orders" }).click();
  await expect(page.locator("#main")).toBeFocused();
  const [header, heading] = [page.getByRole("banner"), page.getByRole("heading", { level: 1, name: "Orders" })];
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(0);
  const [above, below] = [(await header.boundingBox())!, (await heading.boundingBox())!];
  expect(below.y, "the heading is not under the header").toBeGreaterThanOrEqual(above.y + above.height);
  await page.goBack();
  await expect(page.locator("#main")).toBeFocused();
});

test("a click with a key held down is the browser's", async ({ start, visit }) => {
  const cloud = await start();
  const { page, context } = await visit();
  const orders = new Orders(page);
  await orders.open(cloud, "");
  const opened = context.waitForEvent("page");
  await page.getByRole("navigation").getByRole("link", { name: "Orders" }).click({ modifiers: ["Control"] });
  const other = await opened;
  await expect(other).toHaveURL(/\/orders$/);
  await new Orders(other).live("orders");
  expect(new URL(page.url()).pathname).toBe("/");
});

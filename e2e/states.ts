// The page's screens and states, and the way to each: what tests look into and pictures are taken of.
import type { Page } from "@playwright/test";

import { AWAY, Orders, configure, expect, type Cloud, type Visit, type Visitor } from "./tests/fixtures";
import { NOBODYS_KEY, REFUSED, withoutCloud } from "./broken";
import { CALENDAR } from "./states-calendar";
import { Movies } from "./tests/movies";
import { Restaurant } from "./tests/restaurant";

/** What leads to a state is given: a cloud to start, a browser to open it in. */
export type World = {
  start: (options?: { flags?: string[] }) => Promise<Cloud>;
  visit: (options?: Visit) => Promise<Visitor>;
};

export type State = {
  name: string;
  /** Goes there, and is there when it returns. */
  reach: (world: World) => Promise<Page>;
  /** What the console may say on the way. */
  expected?: RegExp[];
};

/** Orders that have come as far as they will for now. */
const STILL = ["--pace", "0"];

async function open({ start, visit }: World, path: string, flags = STILL, options?: Visit) {
  const cloud = await start({ flags });
  const { page, context } = await visit(options);
  const orders = new Orders(page);
  await orders.open(cloud, path);
  // Every screen tells of both.
  await expect(orders.state).toHaveAccessibleName("Links: Live");
  return { cloud, orders, page, context };
}

const SCREENS: Record<string, string> = { "": "Overview", orders: "Orders", compare: "Compare" };

/** Orders in several statuses: they take their time, and no two the same. */
export async function busy(world: World, path: string, count = 7, pace = "2") {
  const opened = await open(world, path, ["--pace", pace]);
  const { orders, page, cloud } = opened;
  await page.goto(new URL("orders", cloud.url).href);
  await orders.start();
  await expect(orders.rows).not.toHaveCount(0);
  await orders.start();
  await expect.poll(() => orders.rows.count(), { timeout: 60_000 }).toBeGreaterThanOrEqual(count);
  const statuses = async () => new Set((await orders.shown()).map(([, status]) => status)).size;
  await expect.poll(statuses, { timeout: 60_000 }).toBeGreaterThanOrEqual(4);
  await page.getByRole("navigation").getByRole("link", { name: SCREENS[path] }).click();
  if (path === "compare") {
    // The figures come once a second.
    const medians = page.locator("[data-figure='p50'] td");
    await expect(medians.first()).toContainText(/\d/);
    await expect(medians.last()).toContainText(/\d/);
  }
  await page.mouse.move(0, 0);
  return opened;
}

/** Orders that are all completed: what stands still. */
async function done(world: World, path: string, options?: Visit) {
  const opened = await open(world, "orders", STILL, options);
  const { orders, page, cloud } = opened;
  await orders.start();
  await expect(orders.table.locator("tr[data-status='COMPLETED']")).toHaveCount(6);
  if (path !== "orders") await orders.open(cloud, path);
  return opened;
}

/** Cuts every connection, and lets none come. */
async function cut(cloud: Cloud, orders: Orders) {
  await cloud.admin("faults/refuse", { seconds: 600 });
  await cloud.admin("faults/drop", { how: "reset" });
  await expect(orders.link("orders")).toHaveAttribute("data-state", "retrying");
  // One attempt has failed: what is shown is the wait for the next.
  await expect(orders.link("orders")).toContainText(/Retrying in \d+ s because /);
}

/** Holds the orders back until the page has gone: it waits. */
async function withoutAnswer(page: Page) {
  await page.route("**/orders/graphql", () => new Promise(() => {}));
}

const atOverview = (reach: (world: World, path: string) => Promise<Page>) => (world: World) => reach(world, "");
const atCompare = (reach: (world: World, path: string) => Promise<Page>) => (world: World) => reach(world, "compare");
const atOrders = (reach: (world: World, path: string) => Promise<Page>) => (world: World) => reach(world, "orders");

/** What each screen can be like. */
const EACH: { name: string; reach: (world: World, path: string) => Promise<Page>; expected?: RegExp[] }[] = [
  {
    name: "empty",
    async reach(world, path) {
      const { page } = await open(world, path);
      return page;
    },
  },
  {
    name: "loading",
    async reach({ start, visit }, path) {
      const cloud = await start();
      const { page } = await visit({ before: withoutAnswer });
      await page.goto(new URL(path, cloud.url).href);
      await expect(new Orders(page).link("orders")).toHaveAttribute("data-state", "connecting");
      return page;
    },
  },
  {
    name: "live",
    async reach(world, path) {
      const { page } = await busy(world, path);
      return page;
    },
  },
  {
    name: "retrying",
    async reach(world, path) {
      const { page, cloud, orders } = await done(world, path);
      await cut(cloud, orders);
      return page;
    },
    expected: [AWAY],
  },
  {
    name: "offline",
    async reach(world, path) {
      const { page, context, orders } = await done(world, path);
      await context.setOffline(true);
      await expect(orders.link("orders")).toHaveAttribute("data-state", "offline");
      return page;
    },
    expected: [AWAY],
  },
  {
    name: "denied",
    async reach({ start, visit }, path) {
      const cloud = await start();
      const deny = (configuration: Record<string, any>) =>
        Object.assign(configuration.orders, { auth: "api-key", api_key: NOBODYS_KEY });
      const { page } = await visit({ before: (page) => configure(page, deny) });
      await page.goto(new URL(path, cloud.url).href);
      await expect(new Orders(page).link("orders")).toHaveAttribute("data-state", "failed");
      return page;
    },
    expected: [REFUSED],
  },
  {
    name: "no-cloud",
    async reach({ start, visit }, path) {
      const cloud = await start();
      const { page } = await visit({ before: withoutCloud });
      await page.goto(new URL(path, cloud.url).href);
      await expect(new Orders(page).link("orders")).toHaveAttribute("data-state", "retrying");
      return page;
    },
    expected: [AWAY],
  },
];

/** One film for ever: nothing moves by itself. */
const ONE_FILM = ["--rotate", "0"];

/** The movies' screen with votes and messages of two people. */
export async function cinema({ start, visit }: World, flags = ONE_FILM) {
  const cloud = await start({ flags });
  const { page, context } = await visit();
  const [movies, other] = [new Movies(page), new Movies((await visit()).page)];
  await movies.open(cloud);
  await other.open(cloud);
  await other.join("Balcony");
  await other.say("Is this the one with the tide?");
  await movies.join("Row 7");
  await movies.say("No, that was last week. This one has a lamp with opinions.");
  await expect(other.messages).toHaveCount(2);
  for (const [who, reaction, count] of [[movies, "Love", 3], [other, "Love", 2], [other, "Meh", 1]] as const)
    for (let clicks = 0; clicks < count; clicks++) await who.reaction(reaction).click();
  for (const who of [movies, other]) await expect.poll(() => who.totals()).toEqual([5, 0, 1, 0, 0]);
  await movies.settled();
  return { cloud, page, context, movies, other };
}

const MOVIES: State[] = [
  {
    name: "movies-empty",
    async reach({ start, visit }) {
      const cloud = await start({ flags: ONE_FILM });
      const { page } = await visit();
      await new Movies(page).open(cloud);
      return page;
    },
  },
  {
    name: "movies-loading",
    async reach({ start, visit }) {
      const cloud = await start();
      const { page } = await visit({ before: (page) => page.route("**/movies/graphql", () => new Promise(() => {})) });
      await page.goto(new URL("movies", cloud.url).href);
      await expect(new Movies(page).link).toHaveAttribute("data-state", "connecting");
      return page;
    },
  },
  {
    name: "movies-live",
    async reach(world) {
      return (await cinema(world)).page;
    },
  },
  {
    name: "movies-offline",
    async reach(world) {
      const { page, context, movies, cloud } = await cinema(world);
      await context.setOffline(true);
      await cloud.admin("faults/drop", { how: "reset" });
      await expect(movies.link).toHaveAttribute("data-state", "offline");
      await movies.reaction("Like").click();
      await movies.say("Am I still there?");
      await expect(movies.word).toContainText("1 vote waits to be sent");
      await expect(movies.unsaid).toContainText("waits to be sent");
      return page;
    },
    expected: [AWAY],
  },
  {
    name: "movies-refused",
    async reach(world) {
      const { page, movies } = await cinema(world);
      await movies.field.fill("a".repeat(501));
      await movies.field.press("Enter");
      await expect(movies.error).toContainText("501 characters; at most 500");
      return page;
    },
  },
  {
    name: "movies-denied",
    async reach({ start, visit }) {
      const cloud = await start();
      const deny = (configuration: Record<string, any>) =>
        Object.assign(configuration.movies, { auth: "api-key", api_key: NOBODYS_KEY });
      const { page } = await visit({ before: (page) => configure(page, deny) });
      await page.goto(new URL("movies", cloud.url).href);
      await expect(new Movies(page).link).toHaveAttribute("data-state", "failed");
      return page;
    },
    expected: [REFUSED],
  },
  {
    name: "movies-no-cloud",
    async reach({ start, visit }) {
      const cloud = await start();
      const { page } = await visit({ before: withoutCloud });
      await page.goto(new URL("movies", cloud.url).href);
      await expect(new Movies(page).link).toHaveAttribute("data-state", "retrying");
      return page;
    },
    expected: [AWAY],
  },
];

/** Orders at every step, those that are paid and those that are not, and one in the queue's way. */
export async function dinner({ start, visit }: World) {
  const cloud = await start({ flags: ["--pace", "0", "--visibility", "1"] });
  const { page, context } = await visit();
  const restaurant = new Restaurant(page);
  await restaurant.open(cloud);
  const order = async (name: string, quantity: number, status: RegExp) => {
    await restaurant.place({ name, quantity: String(quantity) });
    await expect(restaurant.ticket(name)).toHaveAttribute("data-status", status);
  };
  await cloud.admin("faults/payments", { chance: 1 });
  await order("Mushroom risotto", 2, /SUCCESS/);
  await order("Apple crumble", 1, /SUCCESS/);
  await cloud.admin("faults/payments", { chance: 0 });
  await order("Fish and chips", 4, /FAILED/);
  await cloud.admin("faults/payments", { chance: 1 });
  await order("Soup of the day", 12, /SUCCESS/);
  await expect(restaurant.letters).toHaveCount(4);
  await expect(restaurant.figure("inFlight")).toHaveText("0");
  return { cloud, page, context, restaurant };
}

/** Orders at several steps at once, and both ends. */
export async function evening({ start, visit }: World) {
  const cloud = await start({ flags: ["--pace", "8"] });
  const { page, context } = await visit();
  const restaurant = new Restaurant(page);
  await restaurant.open(cloud);
  const dishes = ["Mushroom risotto", "Apple crumble", "Fish and chips", "Soup of the day"];
  const restaurants = ["Harbour Kitchen", "Noodle Canal", "The Blue Oven"];
  let placed = 0;
  const mixed = async () => {
    await cloud.admin("faults/payments", { chance: placed % 3 === 1 ? 0 : 1 });
    await restaurant.place({
      name: dishes[placed % 4],
      quantity: String(1 + ((placed * 5) % 7)),
      restaurantId: restaurants[placed % 3],
    });
    placed += 1;
    const shown = await restaurant.shown();
    const steps = new Set(shown.map(([, , , step]) => step));
    const statuses = new Set(shown.map(([, , status]) => status));
    return shown.length >= 7 && steps.has("saved") && steps.has("payment") && statuses.has("SUCCESS") && statuses.has("FAILED");
  };
  await expect.poll(mixed, { intervals: [700], timeout: 60_000 }).toBe(true);
  return { cloud, page, context, restaurant };
}

const RESTAURANT: State[] = [
  {
    name: "overview-restaurant",
    async reach(world) {
      const { page, cloud, restaurant } = await dinner(world);
      await page.goto(cloud.url);
      await restaurant.live();
      await expect(page.getByRole("list", { name: "The newest restaurant orders" }).locator("li.ticket")).toHaveCount(4);
      return page;
    },
  },
  {
    name: "restaurant-empty",
    async reach({ start, visit }) {
      const cloud = await start();
      const restaurant = new Restaurant((await visit()).page);
      await restaurant.open(cloud);
      await expect(restaurant.figure("depth")).toHaveText("0");
      return restaurant.page;
    },
  },
  {
    name: "restaurant-loading",
    async reach({ start, visit }) {
      const cloud = await start();
      const { page } = await visit({
        before: (page) => page.route("**/restaurant/graphql", () => new Promise(() => {})),
      });
      await page.goto(new URL("restaurant", cloud.url).href);
      await expect(new Restaurant(page).link).toHaveAttribute("data-state", "connecting");
      return page;
    },
  },
  {
    name: "restaurant-live",
    async reach(world) {
      return (await dinner(world)).page;
    },
  },
  {
    name: "restaurant-on-its-way",
    async reach({ start, visit }) {
      const cloud = await start({ flags: ["--pace", "120"] });
      const restaurant = new Restaurant((await visit()).page);
      await restaurant.open(cloud);
      for (const name of ["Mushroom risotto", "Apple crumble", "Fish and chips"]) await restaurant.place({ name });
      await expect(restaurant.page.locator(".ticket[data-step='saved']")).toHaveCount(3);
      await expect(restaurant.figure("inFlight")).toHaveText("3");
      return restaurant.page;
    },
  },
  {
    name: "restaurant-dead",
    async reach({ start, visit }) {
      const cloud = await start({ flags: ["--pace", "0", "--visibility", "1"] });
      await cloud.admin("faults/poison", { name: "toadstool" });
      const restaurant = new Restaurant((await visit()).page);
      await restaurant.open(cloud);
      await restaurant.place({ name: "A toadstool" });
      await expect(restaurant.figure("dead")).toHaveText("1", { timeout: 30_000 });
      await expect(restaurant.tickets).toHaveAttribute("data-status", "LOST");
      return restaurant.page;
    },
  },
  {
    name: "restaurant-changing",
    async reach(world) {
      const { page, restaurant } = await dinner(world);
      await restaurant.ticket("Apple crumble").getByRole("button", { name: /^Delete/ }).click();
      await restaurant.ticket("Fish and chips").getByRole("button", { name: /^Edit/ }).click();
      await restaurant.page.locator(".ticket-form [name=quantity]").fill("101");
      await restaurant.field("name").fill("");
      await restaurant.place({ quantity: "0" });
      await expect(restaurant.fault("name")).toHaveText("Say what you would like.");
      return page;
    },
  },
  {
    name: "restaurant-offline",
    async reach(world) {
      const { page, context, restaurant, cloud } = await dinner(world);
      await context.setOffline(true);
      await cloud.admin("faults/drop", { how: "reset" });
      await expect(restaurant.link).toHaveAttribute("data-state", "offline");
      await restaurant.place({ name: "Cold soup", quantity: "1" });
      await expect(restaurant.placed).toContainText("1 order waits to be sent");
      return page;
    },
    expected: [AWAY],
  },
  {
    name: "restaurant-refused",
    async reach(world) {
      const { page, restaurant } = await dinner(world);
      await page.route("**/restaurant/graphql", async (route) => {
        if (!route.request().postData()?.includes("PostOrder")) return route.continue();
        const errors = [{ message: "the kitchen is closed", errorType: "BadRequestException", path: ["postOrder"] }];
        // Somebody writes something else meanwhile.
        await restaurant.field("name").fill("Bread");
        await route.fulfill({ json: { data: null, errors } });
      });
      await restaurant.place({ name: "Cold soup", quantity: "1" });
      await expect(restaurant.ticket("Cold soup")).toHaveAttribute("data-status", "REFUSED");
      return page;
    },
  },
  {
    name: "restaurant-denied",
    async reach({ start, visit }) {
      const cloud = await start();
      const deny = (configuration: Record<string, any>) =>
        Object.assign(configuration.restaurant, { auth: "api-key", api_key: NOBODYS_KEY });
      const { page } = await visit({ before: (page) => configure(page, deny) });
      await page.goto(new URL("restaurant", cloud.url).href);
      await expect(new Restaurant(page).link).toHaveAttribute("data-state", "failed");
      return page;
    },
    expected: [REFUSED],
  },
  {
    name: "restaurant-no-cloud",
    async reach({ start, visit }) {
      const cloud = await start();
      const { page } = await visit({ before: withoutCloud });
      await page.goto(new URL("restaurant", cloud.url).href);
      await expect(new Restaurant(page).link).toHaveAttribute("data-state", "retrying");
      return page;
    },
    expected: [AWAY],
  },
];

export const STATES_OF_THE_PAGE: State[] = [
  ...EACH.map(({ name, reach, expected }) => ({ name: `overview-${name}`, reach: atOverview(reach), expected })),
  ...EACH.map(({ name, reach, expected }) => ({ name: `orders-${name}`, reach: atOrders(reach), expected })),
  ...EACH.map(({ name, reach, expected }) => ({ name: `compare-${name}`, reach: atCompare(reach), expected })),
  {
    name: "compare-followed",
    async reach(world) {
      const { orders, page } = await busy(world, "compare");
      const [, , [orderId]] = await orders.shown();
      await orders.follow(orderId);
      await orders.live("follower");
      await new Orders(page, "mqtt").live("follower");
      return page;
    },
  },
  {
    name: "orders-followed",
    async reach(world) {
      const { orders, page } = await busy(world, "orders");
      const ids = (await orders.shown()).map(([orderId]) => orderId);
      await orders.follow(ids[2]);
      await orders.live("follower");
      return page;
    },
  },
  {
    name: "orders-followed-unknown",
    async reach(world) {
      const { orders, page } = await open(world, "orders/2abc");
      await orders.live("follower");
      await expect(orders.follower).toContainText("There is no order under this id");
      return page;
    },
  },
  {
    name: "orders-paused",
    async reach(world) {
      const { orders, page } = await busy(world, "orders");
      await orders.pause.click();
      await expect(orders.pause).toHaveText(/Paused · [1-9]\d* new/);
      return page;
    },
  },
  {
    name: "orders-no-match",
    async reach(world) {
      const { orders, page } = await done(world, "orders");
      await orders.status("CANCELLED").click();
      await expect(page.getByText("No order is like that.")).toBeVisible();
      return page;
    },
  },
  {
    name: "orders-start-failed",
    async reach(world) {
      const { orders, page, cloud } = await done(world, "orders");
      await cut(cloud, orders);
      await orders.start();
      await expect(page.getByRole("alert")).toContainText("The cloud cannot be reached");
      return page;
    },
    expected: [AWAY],
  },
  ...MOVIES,
  ...RESTAURANT,
  ...CALENDAR,
  {
    name: "links",
    async reach(world) {
      const { orders, page, cloud } = await done(world, "orders");
      await cut(cloud, orders);
      await cloud.admin("faults/reset", {});
      await orders.live("orders");
      await orders.state.click();
      await expect(orders.links).toContainText("Back after");
      return page;
    },
    expected: [AWAY],
  },
  {
    name: "configuration-wrong",
    async reach({ start, visit }) {
      const cloud = await start();
      const { page } = await visit({
        before: (page) => configure(page, (configuration) => delete configuration.orders.graphql),
      });
      await page.goto(cloud.url);
      await expect(page.getByTestId("config-error")).toBeVisible();
      return page;
    },
  },
  {
    name: "not-found",
    async reach({ start, visit }) {
      const cloud = await start();
      const { page } = await visit();
      await page.goto(new URL("nowhere", cloud.url).href);
      await expect(page.getByRole("heading", { name: "Nothing here" })).toBeVisible();
      return page;
    },
  },
];

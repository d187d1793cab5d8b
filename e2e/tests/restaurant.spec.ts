import { graphql, guest } from "../aws.mjs";
import { AWAY, expect, test, type Cloud } from "./fixtures";
import { HOSTILE } from "./hostile";
import { Restaurant, pays } from "./restaurant";

/** How long the workflow's tasks take in a test that does not look at them. */
const AT_ONCE = ["--pace", "0"];

/** What the cloud lists, as a client of AWS's own signature asks for it. */
async function listed(cloud: Cloud): Promise<Record<string, any>[]> {
  const query = "{ orders { id name quantity restaurantId orderStatus } }";
  const { data, errors } = await graphql(cloud.url, await guest(cloud.url), query, {}, "restaurant");
  expect(errors ?? []).toEqual([]);
  return data.orders;
}

test("orders are seen in both browsers through every step, paid or not as the seed has it, with what their customers were told", async ({
  start,
  visit,
}) => {
  test.setTimeout(180_000);
  const payments = { chance: 0.5, seed: 42n };
  const cloud = await start({ flags: ["--pace", "2", "--payment-chance", "0.5", "--payment-seed", "42"] });
  const both = [new Restaurant((await visit()).page), new Restaurant((await visit()).page)];
  const [mine, theirs] = both;
  for (const restaurant of both) {
    await restaurant.open(cloud);
    await restaurant.record();
    await expect(restaurant.letters).toHaveCount(0);
  }
  // An order's id is the cloud's to choose, so nobody knows beforehand when each end has been seen.
  const placed: string[] = [];
  const ends = new Set<string>();
  while (ends.size < 2) {
    const name = `Soup (${placed.length + 1})`;
    await mine.place({ name, quantity: "3" });
    // Before anybody has answered.
    await expect(mine.ticket(name)).toHaveCount(1, { timeout: 1_000 });
    placed.unshift(`3 × ${name}`);
    await expect(mine.ticket(name)).toHaveAttribute("data-status", /SUCCESS|FAILED/);
    const id = (await mine.ticket(name).getAttribute("data-id"))!;
    const isPaid = pays(payments, id);
    const status = isPaid ? "SUCCESS" : "FAILED";
    const outcome = isPaid ? "Paid" : "Not paid";
    ends.add(status);
    for (const restaurant of both) {
      const ticket = restaurant.ticket(name);
      await expect(ticket).toHaveAttribute("data-status", status);
      await expect(ticket.locator(".ticket-outcome")).toHaveText(isPaid ? /^Paid$/ : /^Not paid/);
      await expect(ticket.getByRole("heading")).toHaveText(`3 × ${name}`);
      for (const stop of ["queue", "saved", "payment", "end"]) {
        await expect(ticket.locator(`[data-stop="${stop}"] small`)).toHaveText(/^\d+(\.\d)? m?s$/);
      }
      // The placer's page knows of it before it is saved.
      const steps = (await restaurant.saw(id)).filter((step) => step !== "queue");
      expect(steps).toEqual(["saved", "payment", "end"]);
      const letter = restaurant.letters.first();
      await expect(letter).toContainText(id);
      await expect(letter).toContainText("Orders-App: order notification");
      const told = JSON.parse((await letter.locator("code").textContent())!);
      expect(told).toMatchObject({ order_id: id, order_status: status });
      expect(told.cancel_reason === undefined).toBe(isPaid);
      // The reason is told in words of people, not of programs.
      if (told.cancel_reason) expect(await ticket.locator(".ticket-outcome").textContent()).not.toContain(told.cancel_reason);
    }
    for (const part of ["guest", "payment", "choice", "notification", "browser"]) {
      await expect(mine.page.locator(`[data-part="${part}"]`), "lit").toHaveAttribute("data-flow", /even|odd/);
    }
    await expect(mine.placed).toContainText(`3 × ${name}. ${outcome}`);
  }
  expect(await theirs.shown()).toEqual(await mine.shown());
  expect((await mine.shown()).map(([, name]) => name)).toEqual(placed);
});

test("how full the queue is can be seen, and what nobody could do", async ({ start, visit }) => {
  test.setTimeout(120_000);
  const cloud = await start({ flags: ["--pace", "8", "--visibility", "1"] });
  const [mine, theirs] = [new Restaurant((await visit()).page), new Restaurant((await visit()).page)];
  await mine.open(cloud);
  await theirs.open(cloud);
  for (const name of ["depth", "inFlight", "dead"] as const) await expect(theirs.figure(name)).toHaveText("0");
  await mine.place({ name: "Slow stew" });
  for (const restaurant of [mine, theirs]) await expect(restaurant.figure("inFlight")).toHaveText("1");
  for (const restaurant of [mine, theirs]) await expect(restaurant.figure("inFlight")).toHaveText("0");

  await cloud.admin("faults/poison", { name: "toadstool" });
  await mine.place({ name: "A toadstool" });
  await expect(mine.ticket("A toadstool")).toHaveAttribute("data-status", "PENDING");
  await expect(mine.figure("dead")).toHaveText("1", { timeout: 30_000 });
  await expect(mine.ticket("A toadstool")).toContainText("an operator finds it among the dead letters");
  await expect(theirs.ticket("A toadstool")).toHaveCount(0);
  // Nobody tells the other browser of an order that was never saved: it looks by itself.
  await expect(theirs.figure("dead")).toHaveText("1");
});

test("what waits in the queue is seen in both browsers, and on its way through the workflow", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "120"] });
  await cloud.admin("faults/consumers", { rest: 600 });
  const both = [new Restaurant((await visit()).page), new Restaurant((await visit()).page)];
  for (const restaurant of both) await restaurant.open(cloud);
  const who = await guest(cloud.url);
  const place = "mutation Place($input: PostOrderInput!) { postOrder(input: $input) { id } }";
  for (let quantity = 1; quantity <= 7; quantity++) {
    const input = { name: "Queue cake", quantity, restaurantId: "Harbour" };
    const { errors } = await graphql(cloud.url, who, place, { input }, "restaurant");
    expect(errors ?? []).toEqual([]);
  }
  for (const restaurant of both) {
    await expect(restaurant.figure("depth")).toHaveText("7");
    await expect(restaurant.figure("inFlight")).toHaveText("0");
    await expect(restaurant.tickets).toHaveCount(0);
  }
  await cloud.admin("faults/reset");
  for (const restaurant of both) {
    await expect(restaurant.figure("inFlight")).toHaveText("7");
    await expect(restaurant.figure("depth")).toHaveText("0");
    await expect(restaurant.tickets).toHaveCount(7);
  }
});

test("an order that has ended is changed and deleted for everyone", async ({ start, visit }) => {
  const cloud = await start({ flags: AT_ONCE });
  const both = [new Restaurant((await visit()).page), new Restaurant((await visit()).page)];
  const [mine, theirs] = both;
  for (const restaurant of both) await restaurant.open(cloud);
  await mine.place({ name: "Pea soup" });
  const edit = (restaurant: Restaurant) => restaurant.tickets.getByRole("button", { name: "Edit" });
  const form = theirs.tickets.locator("form");
  await edit(theirs).click();
  await expect(form.locator("[name=name]")).toBeFocused();
  await expect(form.locator("[name=name]")).toHaveValue("Pea soup");

  // Wrong, as the page sees while it is written; nothing is sent.
  await form.locator("[name=quantity]").fill("101");
  await expect(form.locator("[data-error=quantity]")).toHaveText("A whole number from 1 to 100.");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form.locator("[name=quantity]")).toBeFocused();
  await form.locator("[name=quantity]").fill("4");
  await form.locator("[name=name]").fill("Lentil soup");
  await form.getByRole("button", { name: "Save" }).click();
  for (const restaurant of both) await expect(restaurant.tickets.getByRole("heading")).toHaveText("4 × Lentil soup");
  await expect(form).toHaveCount(0);
  await expect(edit(theirs)).toBeFocused();

  // Asked whether it is really meant, and it is not.
  const remove = mine.tickets.getByRole("button", { name: /^Delete/ });
  const really = mine.tickets.getByRole("button", { name: /^Really delete/ });
  await remove.click();
  await expect(really).toBeFocused();
  await mine.tickets.getByRole("button", { name: /^Keep/ }).click();
  await expect(remove).toBeFocused();
  await expect(mine.tickets).toHaveCount(1);

  await remove.click();
  await really.press("Enter");
  // What was pressed is gone, and the keyboard goes on from the list.
  await expect(mine.page.getByRole("list", { name: /^Newest orders/ })).toBeFocused();
  for (const restaurant of both) {
    await expect(restaurant.tickets).toHaveCount(0);
    // What a customer was told stays told, under the name that it had then.
    await expect(restaurant.letters).toHaveCount(1);
    await expect(restaurant.letters).toContainText("1 × Pea soup");
    await expect(restaurant.page.getByRole("heading", { name: "Nothing ordered so far" })).toBeVisible();
  }
  expect(await listed(cloud)).toEqual([]);
});

test("what the server does not change or delete is told at the order", async ({ start, visit }) => {
  const cloud = await start({ flags: AT_ONCE });
  let hears = true;
  const { page } = await visit({
    before: (page) =>
      page.routeWebSocket(/\/restaurant\/graphql\/realtime/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((message) => {
          if (hears) socket.send(message);
        });
      }),
  });
  const restaurant = new Restaurant(page);
  await restaurant.open(cloud);
  await restaurant.place({ name: "Pea soup" });
  const button = (name: RegExp) => restaurant.tickets.getByRole("button", { name });
  await expect(button(/^Edit/)).toBeVisible();

  // Somebody else deletes it, and this page has not heard of that so far.
  hears = false;
  const id = await restaurant.tickets.getAttribute("data-id");
  const ask = "mutation Delete($id: String!) { deleteOrder(id: $id) }";
  const { errors } = await graphql(cloud.url, await guest(cloud.url), ask, { id }, "restaurant");
  expect(errors ?? []).toEqual([]);
  const told = restaurant.tickets.locator(".ticket-error");
  await button(/^Edit/).click();
  await restaurant.tickets.locator("form [name=name]").fill("Onion soup");
  await restaurant.tickets.locator("form [name=name]").press("Enter");
  await expect(told).toHaveText(`there is no order ${id}`);
  await restaurant.tickets.locator("form").getByRole("button", { name: "Cancel" }).click();
  await expect(told).toHaveText("");
  await button(/^Delete/).click();
  await button(/^Really delete/).click();
  await expect(told).toHaveText(`there is no order ${id}`);
});

test("while the workflow has an order it is neither changed nor deleted", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "120"] });
  const restaurant = new Restaurant((await visit()).page);
  await restaurant.open(cloud);
  await restaurant.place({ name: "Slow stew" });
  const ticket = restaurant.ticket("Slow stew");
  await expect(ticket).toHaveAttribute("data-step", "saved");
  await expect(ticket.getByRole("button")).toHaveCount(0);
  const id = await ticket.getAttribute("data-id");
  const ask = "mutation Delete($id: String!) { deleteOrder(id: $id) }";
  const { errors } = await graphql(cloud.url, await guest(cloud.url), ask, { id }, "restaurant");
  expect(errors[0].errorType).toBe("OrderInProgress");
  await expect(ticket).toHaveCount(1);
});

test("what cannot be ordered is told at its field while it is written, and not sent", async ({ start, visit }) => {
  const cloud = await start({ flags: AT_ONCE });
  const sent: string[] = [];
  const { page } = await visit({
    before: async (page) =>
      void page.on("request", (request) => {
        const body = request.postData();
        if (body?.includes("PostOrder")) sent.push(body);
      }),
  });
  const restaurant = new Restaurant(page);
  await restaurant.open(cloud);
  const wrong = [
    ["name", "  ", "Say what you would like."],
    ["name", "x".repeat(1000), "At most 200 characters."],
    ["quantity", "0", "A whole number from 1 to 100."],
    ["quantity", "101", "A whole number from 1 to 100."],
    ["quantity", "1.5", "A whole number from 1 to 100."],
    ["quantity", "", "A whole number from 1 to 100."],
    ["restaurantId", "", "Say which restaurant."],
    ["restaurantId", "x".repeat(1000), "At most 200 characters."],
  ] as const;
  for (const [name, text, told] of wrong) {
    const field = restaurant.field(name);
    const good = await field.inputValue();
    await field.fill(text);
    await expect(restaurant.fault(name)).toHaveText(told);
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toHaveAccessibleDescription(told);
    await restaurant.place();
    await expect(field).toBeFocused();
    await field.fill(good);
    await expect(restaurant.fault(name)).toHaveText("");
  }
  // A text where a number belongs: browsers take none.
  await restaurant.field("quantity").fill("");
  await restaurant.field("quantity").pressSequentially("two");
  await restaurant.place();
  await expect(restaurant.fault("quantity")).toHaveText("A whole number from 1 to 100.");
  expect(sent).toEqual([]);
  await restaurant.place({ quantity: "100" });
  await expect(restaurant.tickets).toHaveCount(1);
  expect(sent).toHaveLength(1);
});

test("what the server refuses is told at its field, and is in the form again", async ({ start, visit }) => {
  const cloud = await start({ flags: AT_ONCE });
  const restaurant = new Restaurant((await visit()).page);
  let message = "quantity: a whole number from 1 to 12";
  await restaurant.page.route("**/restaurant/graphql", async (route) => {
    if (!route.request().postData()?.includes("PostOrder")) return route.continue();
    const errors = [{ message, errorType: "BadRequestException", path: ["postOrder"] }];
    await route.fulfill({ json: { data: null, errors } });
  });
  await restaurant.open(cloud);
  await restaurant.place({ quantity: "13" });
  await expect(restaurant.fault("quantity")).toHaveText("a whole number from 1 to 12");
  await expect(restaurant.field("quantity")).toBeFocused();
  await expect(restaurant.tickets).toHaveCount(0);
  message = "the kitchen is closed";
  await restaurant.place({ quantity: "12" });
  await expect(restaurant.form.locator(".place-error")).toHaveText("Not accepted: the kitchen is closed");
});

test("what was ordered is refused one by one, and none of it is lost", async ({ start, visit, expected }) => {
  expected.push(AWAY);
  const cloud = await start({ flags: AT_ONCE });
  const { page, context } = await visit();
  const restaurant = new Restaurant(page);
  await restaurant.open(cloud);
  await context.setOffline(true);
  await cloud.admin("faults/drop", { how: "reset" });
  await expect(restaurant.link).toHaveAttribute("data-state", "offline");
  for (const name of ["Cold soup", "Cold pie", "Cold cake"]) await restaurant.place({ name });
  await expect(restaurant.placed).toHaveText("3 orders wait to be sent, and will be as soon as it can.");
  await page.route("**/restaurant/graphql", async (route) => {
    if (!route.request().postData()?.includes("PostOrder")) return route.continue();
    const errors = [{ message: "the kitchen is closed", errorType: "BadRequestException", path: ["postOrder"] }];
    await route.fulfill({ json: { data: null, errors } });
  });
  await restaurant.field("name").fill("Something else");
  await context.setOffline(false);
  const refused = restaurant.page.locator('.tickets .ticket[data-status="REFUSED"]');
  await expect(refused.getByRole("heading")).toHaveText(["1 × Cold cake", "1 × Cold pie", "1 × Cold soup"]);
  await expect(refused.locator(".ticket-outcome").first()).toHaveText("Not accepted: the kitchen is closed");
  await expect(restaurant.field("name")).toHaveValue("Something else");
  await restaurant.ticket("Cold pie").getByRole("button", { name: /^Edit again/ }).press("Enter");
  await expect(restaurant.field("name")).toHaveValue("Cold pie");
  await expect(restaurant.field("name")).toBeFocused();
  await expect(restaurant.form.locator(".place-error")).toHaveText("Not accepted: the kitchen is closed");
  await restaurant.ticket("Cold cake").getByRole("button", { name: /^Dismiss/ }).press("Enter");
  await expect(refused.getByRole("heading")).toHaveText(["1 × Cold soup"]);
  await expect(page.getByRole("list", { name: /^Newest orders/ })).toBeFocused();
});

test("pressing twice is one order", async ({ start, visit }) => {
  const cloud = await start({ flags: AT_ONCE });
  const restaurant = new Restaurant((await visit()).page);
  await restaurant.open(cloud);
  await restaurant.form.getByRole("button", { name: "Place order" }).dblclick();
  await expect(restaurant.tickets).toHaveAttribute("data-status", /SUCCESS|FAILED/);
  expect(await listed(cloud)).toHaveLength(1);
});

test("an answer that comes late takes neither what is typed nor the focus", async ({ start, visit }) => {
  const cloud = await start({ flags: AT_ONCE });
  const { page } = await visit();
  const restaurant = new Restaurant(page);
  let answer = () => {};
  await page.route("**/restaurant/graphql", async (route) => {
    if (!route.request().postData()?.includes("UpdateOrder")) return route.continue();
    const response = await route.fetch();
    await new Promise<void>((held) => (answer = held));
    await route.fulfill({ response });
  });
  await restaurant.open(cloud);
  await restaurant.place({ name: "Pea soup" });
  const edit = restaurant.tickets.getByRole("button", { name: /^Edit/ });
  const name = restaurant.tickets.locator("form [name=name]");
  const heading = (text: string) => expect(restaurant.tickets.getByRole("heading")).toHaveText(text);
  const answered = async () => {
    const told = page.waitForResponse((response) => !!response.request().postData()?.includes("UpdateOrder"));
    answer();
    await (await told).finished();
    // Whatever the page does with it is done.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  };

  // Typed while the answer is on its way.
  await edit.click();
  await name.fill("Lentil soup");
  await name.press("Enter");
  await heading("1 × Lentil soup");
  await name.fill("Onion soup");
  await answered();
  await expect(name).toHaveValue("Onion soup");
  await expect(name).toBeFocused();

  // Cancelled, and begun anew.
  await name.press("Enter");
  await heading("1 × Onion soup");
  await restaurant.tickets.getByRole("button", { name: "Cancel" }).click();
  await edit.click();
  await answered();
  await expect(name).toHaveValue("Onion soup");

  // Somebody has gone on elsewhere.
  await name.fill("Leek soup");
  await name.press("Enter");
  await heading("1 × Leek soup");
  await restaurant.field("quantity").focus();
  await answered();
  await expect(name).toHaveCount(0);
  await expect(restaurant.field("quantity")).toBeFocused();
});

test("orders placed without a network wait in sight and go out once", async ({ start, visit, expected }) => {
  expected.push(AWAY);
  const cloud = await start({ flags: AT_ONCE });
  const { page, context } = await visit();
  const [mine, theirs] = [new Restaurant(page), new Restaurant((await visit()).page)];
  await mine.open(cloud);
  await theirs.open(cloud);
  await context.setOffline(true);
  await cloud.admin("faults/drop", { how: "reset" });
  await expect(mine.link).toHaveAttribute("data-state", "offline");
  await mine.place({ name: "Cold soup" });
  await mine.place({ name: "Cold cake" });
  await expect(mine.placed).toHaveText("2 orders wait to be sent, and will be as soon as it can.");
  await expect(mine.tickets.locator(".ticket-outcome")).toHaveText(["Waits to be sent", "Waits to be sent"]);
  expect((await mine.shown()).map(([, name]) => name)).toEqual(["1 × Cold cake", "1 × Cold soup"]);
  await theirs.live();
  await context.setOffline(false);
  for (const restaurant of [mine, theirs]) {
    await expect(restaurant.tickets).toHaveCount(2, { timeout: 30_000 });
    for (const name of ["Cold soup", "Cold cake"]) {
      await expect(restaurant.ticket(name)).toHaveAttribute("data-status", /SUCCESS|FAILED/);
    }
  }
  expect((await listed(cloud)).map(({ name }) => name)).toEqual(["Cold cake", "Cold soup"]);
});

test("an order whose answer is lost is sent again under its token and placed once", async ({ start, visit, expected }) => {
  expected.push(AWAY);
  const cloud = await start({ flags: AT_ONCE });
  const tokens: string[] = [];
  const restaurant = new Restaurant((await visit()).page);
  await restaurant.page.route("**/restaurant/graphql", async (route) => {
    const body = route.request().postData() ?? "";
    if (!body.includes("PostOrder")) return route.continue();
    tokens.push(JSON.parse(body).variables.token);
    // The cloud has accepted it, and nobody hears of it.
    if (tokens.length <= 2) await route.fetch().then(() => route.abort());
    else await route.continue();
  });
  await restaurant.open(cloud);
  await restaurant.place({ name: "Echo pie" });
  await expect.poll(() => tokens.length, { timeout: 20_000 }).toBe(3);
  expect(new Set(tokens).size).toBe(1);
  await expect(restaurant.tickets).toHaveCount(1);
  await expect(restaurant.tickets).toHaveAttribute("data-status", /SUCCESS|FAILED/);
  expect(await listed(cloud)).toHaveLength(1);
});

test("hostile names are shown as the texts they are", async ({ start, visit }) => {
  const cloud = await start({ flags: AT_ONCE });
  const { page } = await visit({
    before: (page) =>
      page.addInitScript(() => {
        const violations: string[] = ((window as any).violations = []);
        addEventListener("securitypolicyviolation", ({ blockedURI }) => violations.push(blockedURI));
      }),
  });
  const restaurant = new Restaurant(page);
  await restaurant.open(cloud);
  // As the cloud trims: by Unicode's white space, which a byte order mark is none of.
  const trimmed = (text: string) => text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
  const names = HOSTILE.map(trimmed).filter((text) => text && [...text].length <= 200).slice(0, 40);
  const who = await guest(cloud.url);
  const place = "mutation Place($input: PostOrderInput!) { postOrder(input: $input) { id } }";
  for (const name of names) {
    const input = { name, quantity: 1, restaurantId: name };
    const { errors } = await graphql(cloud.url, who, place, { input }, "restaurant");
    expect(errors ?? [], JSON.stringify(name)).toEqual([]);
  }
  const shown = async () => (await restaurant.shown()).map(([, what]) => what!.slice("1 × ".length)).sort();
  await expect.poll(shown).toEqual([...names].sort());
  await expect(restaurant.letters).toHaveCount(names.length);
  const harm = await page.evaluate(() => [(window as any).violations, (window as any).pwned ?? null]);
  expect(harm).toEqual([[], null]);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(sideways).toBeLessThanOrEqual(0);
});

test("the screen has its address, its title, and keys are enough", async ({ start, visit }) => {
  const cloud = await start({ flags: AT_ONCE });
  await cloud.admin("faults/payments", { chance: 1 });
  const { page } = await visit();
  const restaurant = new Restaurant(page);
  await page.goto(cloud.url);
  await page.getByRole("navigation").getByRole("link", { name: "Restaurant" }).press("Enter");
  await expect(page).toHaveURL(/\/restaurant$/);
  await expect(page).toHaveTitle("Restaurant · Eddy");
  await expect(page.locator("#main")).toBeFocused();
  await restaurant.live();
  await page.keyboard.press("Tab");
  await expect(restaurant.field("name")).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("Key lime pie");
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  const ticket = restaurant.ticket("2 × Key lime pie");
  await expect(ticket).toHaveAttribute("data-status", "SUCCESS");
  await expect(restaurant.placed).toHaveText("2 × Key lime pie. Paid.");
  const press = async (key: string, to: ReturnType<typeof ticket.getByRole>) => {
    for (let pressed = 0; pressed < 20; pressed++) {
      await page.keyboard.press(key);
      if (await to.evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error(`${key} does not lead there`);
  };
  await press("Tab", ticket.getByRole("button", { name: "Delete 2 × Key lime pie" }));
  await page.keyboard.press("Enter");
  await expect(ticket.getByRole("button", { name: "Really delete 2 × Key lime pie" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(ticket.getByRole("button", { name: /^Delete/ })).toBeFocused();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(ticket.locator("form [name=name]")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(ticket.getByRole("button", { name: /^Edit/ })).toBeFocused();
  await press("Tab", page.getByRole("list", { name: "Mailbox" }));
});

test("nothing moves by itself where less motion is wanted", async ({ start, visit }) => {
  const cloud = await start({ flags: ["--pace", "120"] });
  const restaurant = new Restaurant((await visit({ browser: { reducedMotion: "reduce" } })).page);
  await restaurant.open(cloud);
  await restaurant.place();
  await expect(restaurant.tickets).toHaveAttribute("data-step", "saved");
  const running = () =>
    restaurant.page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === "running").length);
  await expect.poll(running).toBe(0);
});

// The restaurant's screen as a person sees it.
import { expect, type Page } from "@playwright/test";

import type { Cloud } from "./fixtures";

export type Wanted = { name?: string; quantity?: string; restaurantId?: string };

export class Restaurant {
  constructor(readonly page: Page) {}

  get link() {
    return this.page.locator('[data-testid="link"][data-link="restaurant"]').first();
  }

  get form() {
    return this.page.getByRole("region", { name: "Place an order" });
  }

  /** A field of the form for a new order, by its name in requests. */
  field(name: keyof Wanted) {
    return this.form.locator(`[name="${name}"]`);
  }

  /** What is said to be wrong with it. */
  fault(name: keyof Wanted) {
    return this.form.locator(`[data-error="${name}"]`);
  }

  /** What is said of one's own orders. */
  get placed() {
    return this.form.getByRole("status");
  }

  get tickets() {
    return this.page.getByRole("list", { name: /^Newest orders/ }).locator(".ticket");
  }

  ticket(name: string) {
    return this.tickets.filter({ has: this.page.getByRole("heading", { name }) });
  }

  get letters() {
    return this.page.getByRole("list", { name: "Mailbox" }).locator(".letter");
  }

  figure(name: "depth" | "inFlight" | "dead") {
    return this.page.locator(`[data-figure="${name}"] b`);
  }

  async open(cloud: Cloud) {
    await this.page.goto(new URL("restaurant", cloud.url).href);
    await this.live();
  }

  async live() {
    await expect(this.link).toHaveAttribute("data-state", "live");
  }

  async place(wanted: Wanted = {}) {
    for (const [name, text] of Object.entries(wanted)) await this.field(name as keyof Wanted).fill(text);
    await this.form.getByRole("button", { name: "Place order" }).click();
  }

  /** The orders as the list shows them: id, what, status, step. */
  shown(): Promise<(string | null)[][]> {
    return this.tickets.evaluateAll((tickets) =>
      tickets.map((ticket) => [
        ticket.getAttribute("data-id"),
        ticket.querySelector("h3")!.textContent,
        ticket.getAttribute("data-status"),
        ticket.getAttribute("data-step"),
      ]),
    );
  }

  /** Records, inside the page, each step that each order is shown at, in order. */
  async record() {
    await this.page.evaluate(() => {
      const seen: Record<string, string[]> = {};
      (window as any).ticketsSaw = seen;
      new MutationObserver(() => {
        for (const ticket of document.querySelectorAll(".tickets .ticket[data-id]")) {
          const steps = (seen[ticket.getAttribute("data-id")!] ??= []);
          const step = ticket.getAttribute("data-step");
          // A line that has just come says nothing yet.
          if (step && step !== steps.at(-1)) steps.push(step);
        }
      }).observe(document.body, { attributes: true, childList: true, subtree: true });
    });
  }

  /** What was recorded of an order. */
  saw(id: string): Promise<string[]> {
    return this.page.evaluate((id) => (window as any).ticketsSaw[id] ?? [], id);
  }
}

/**
 * Whether an order of this id is paid, as the cloud draws it: FNV-1a over the seed's eight bytes and the id, its bits mixed
 * as SplitMix64 does; the upper half is compared with the chance.
 */
export function pays({ chance, seed }: { chance: number; seed: bigint }, id: string): boolean {
  const whole = (number: bigint) => BigInt.asUintN(64, number);
  const bytes = [...Array(8).keys()].map((byte) => Number((seed >> BigInt(8 * byte)) & 0xffn));
  bytes.push(...new TextEncoder().encode(id));
  let drawn = 0xcbf29ce484222325n;
  for (const byte of bytes) drawn = whole((drawn ^ BigInt(byte)) * 0x100000001b3n);
  drawn = whole((drawn ^ (drawn >> 30n)) * 0xbf58476d1ce4e5b9n);
  drawn = whole((drawn ^ (drawn >> 27n)) * 0x94d049bb133111ebn);
  drawn ^= drawn >> 31n;
  return Number(drawn >> 32n) / 0xffffffff < chance;
}

// The calendar's screen as a person sees it.
import { expect, type Locator, type Page } from "@playwright/test";

import type { Cloud } from "./fixtures";

export type Entry = { name?: string; start?: string; end?: string; place?: string };

export class Calendar {
  constructor(readonly page: Page) {}

  get link() {
    return this.page.locator('[data-testid="link"][data-link="calendar"]').first();
  }

  get panel() {
    return this.page.getByTestId("calendar");
  }

  /** What is looked at, in words. */
  get period() {
    return this.panel.locator("#period");
  }

  get news() {
    return this.page.getByTestId("news");
  }

  /** What is not in the calendar yet, or was refused. */
  get waiting() {
    return this.page.getByTestId("waiting").locator("li");
  }

  get form() {
    return this.page.getByTestId("event-form");
  }

  /** What the form says of what it has done. */
  get told() {
    return this.form.locator("form [role=status]");
  }

  get country() {
    return this.page.getByTestId("country");
  }

  /** The events in sight, or those of a name. */
  chips(name?: string): Locator {
    const chips = this.panel.locator("a.chip");
    return name === undefined ? chips : chips.filter({ has: this.page.locator(".chip-name", { hasText: new RegExp(`^${name}$`) }) });
  }

  day(date: string): Locator {
    return this.panel.locator(`[data-date="${date}"]`);
  }

  field(label: "Name" | "Starts" | "Ends" | "Place") {
    return this.form.getByLabel(label, { exact: true });
  }

  /** What is found wrong with a field. */
  fault(label: "Name" | "Starts" | "Ends" | "Place") {
    return this.form.locator(".form-field").filter({ has: this.page.getByLabel(label, { exact: true }) }).locator(".fault-words");
  }

  button(name: string) {
    return this.page.getByRole("button", { name, exact: true });
  }

  async open(cloud: Cloud, path = "calendar") {
    await this.page.goto(new URL(path, cloud.url).href);
    await this.live();
  }

  async live() {
    await expect(this.link).toHaveAttribute("data-state", "live");
  }

  async layout(name: "Month" | "Week" | "Agenda") {
    await this.button(name).click();
    await expect(this.button(name)).toHaveAttribute("aria-pressed", "true");
  }

  /** Writes into the form. The start first: the end goes along with it. */
  async write({ name, start, end, place }: Entry) {
    if (name !== undefined) await this.field("Name").fill(name);
    if (start !== undefined) await this.field("Starts").fill(start);
    if (end !== undefined) await this.field("Ends").fill(end);
    if (place !== undefined) await this.field("Place").fill(place);
  }

  async create(entry: Entry) {
    await this.write(entry);
    await this.button("Create event").click();
  }

  async openEvent(name: string) {
    await this.chips(name).first().click();
    await expect(this.field("Name")).toHaveValue(name);
  }

  async delete() {
    await this.button("Delete").click();
    await this.button("Delete for everyone?").click();
  }

  /** The month in sight, such as `2026-02`: tests write into it. */
  async month(): Promise<string> {
    return (await this.panel.locator('[data-inside="true"]').first().getAttribute("data-date"))!.slice(0, 7);
  }

  /** The days in sight, such as `2026-02-10`. */
  days(): Promise<string[]> {
    return this.panel.locator("[data-date]").evaluateAll((days) => days.map((day) => day.getAttribute("data-date")!));
  }

  /** Looks at the week of a day, by the buttons. */
  async lookAtWeek(date: string) {
    for (let steps = 0; steps < 60; steps++) {
      const days = await this.days();
      if (days.includes(date)) return;
      await this.button(days[0] < date ? "Next" : "Previous").click();
    }
    throw new Error(`the week of ${date} does not come in sight`);
  }

  /** Looks at a month, by the buttons. */
  async lookAt(month: string) {
    const wanted = Number(month.replace("-", ""));
    for (let steps = 0; steps < 400; steps++) {
      const at = Number((await this.month()).replace("-", ""));
      if (at === wanted) return;
      await this.button(at < wanted ? "Next" : "Previous").click();
    }
    throw new Error(`${month} does not come in sight`);
  }
}

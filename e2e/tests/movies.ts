// The movies' screen as a person sees it.
import { expect, type Locator, type Page } from "@playwright/test";

import type { Cloud } from "./fixtures";

type Reaction = "Love" | "Like" | "Meh" | "Not seen" | "Hate";

export class Movies {
  constructor(readonly page: Page) {}

  get link() {
    return this.page.locator('[data-testid="link"][data-link="movies"]').first();
  }

  get film() {
    return this.page.getByTestId("film");
  }

  get title() {
    return this.film.getByRole("heading");
  }

  reaction(name: Reaction) {
    return this.page.getByRole("group", { name: "Vote for this film" }).getByRole("button", { name });
  }

  /** Clicks that come at once, so that they are of one round on the slowest machine. */
  click(name: Reaction, times: number) {
    return this.reaction(name).evaluate((button: HTMLElement, times) => {
      for (let click = 0; click < times; click++) button.click();
    }, times);
  }

  /** What a reaction has come to for a film: its total while the film is on, its place on the leaderboard from then on. */
  counted(name: Reaction, film: string): Promise<number> {
    return this.page.evaluate(
      ([name, film]) => {
        const texts = (selector: string) => [...document.querySelectorAll(selector)].map((it) => it.textContent!.trim());
        const place = texts(".reaction span").findIndex((text) => text === name);
        if (document.querySelector('[data-testid="film"] h3')?.textContent === film) return Number(texts(".reaction b")[place]);
        const [, best, votes] = [...document.querySelectorAll(".board tbody tr")[place].children].map((it) => it.textContent);
        return best === film ? Number(votes) : NaN;
      },
      [name, film],
    );
  }

  /** What is said of one's own votes. */
  get word() {
    return this.page.locator(".word");
  }

  get board() {
    return this.page.getByRole("region", { name: "Leaderboard" });
  }

  get talk() {
    return this.page.getByRole("log", { name: "Messages" });
  }

  get messages(): Locator {
    return this.talk.locator(".said > li");
  }

  get unsaid() {
    return this.talk.locator(".unsaid");
  }

  get field() {
    return this.page.getByLabel(/^Say something as/);
  }

  get error() {
    return this.page.locator(".say-error");
  }

  get newer() {
    return this.page.getByRole("button", { name: /^\d+ new ↓$/ });
  }

  get older() {
    return this.page.getByRole("button", { name: "Older messages" });
  }

  async open(cloud: Cloud) {
    await this.page.goto(new URL("movies", cloud.url).href);
    await this.live();
  }

  async live() {
    await expect(this.link).toHaveAttribute("data-state", "live");
    await expect(this.film).toBeVisible();
  }

  async join(name: string) {
    await this.page.getByLabel("To join in, choose a name").fill(name);
    await this.page.getByRole("button", { name: "Join" }).click();
    await expect(this.field).toBeFocused();
  }

  async say(text: string) {
    await this.field.fill(text);
    await this.field.press("Enter");
  }

  /** The votes on the buttons, in order. */
  async totals(): Promise<number[]> {
    return (await this.page.locator(".reaction b").allTextContents()).map(Number);
  }

  /** The leaderboard's lines: reaction, film, votes. */
  leaders(): Promise<string[][]> {
    return this.board
      .locator("tbody tr")
      .evaluateAll((lines) => lines.map((line) => [...line.children].map((cell) => cell.textContent!)));
  }

  /** What was said, the oldest first: name and text. */
  said(): Promise<string[][]> {
    return this.messages.evaluateAll((lines) =>
      lines.map((line) => [line.querySelector("bdi")!.textContent!, line.querySelector("p")!.textContent!]),
    );
  }

  /** Waits until none of one's own votes and messages is on its way, and nothing flies. */
  async settled() {
    await expect(this.page.locator('.reaction:not([data-pending="0"])')).toHaveCount(0);
    await expect(this.unsaid.locator("li")).toHaveCount(0);
    await expect(this.page.locator(".sky > *")).toHaveCount(0);
  }
}

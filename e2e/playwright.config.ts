import { readFileSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const flags: string[] = JSON.parse(readFileSync(new URL("chromium-flags.json", import.meta.url), "utf8"));

export default defineConfig({
  testDir: "tests",
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  timeout: 60_000,
  globalTimeout: 15 * 60_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  use: {
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags },
    viewport: { width: 1280, height: 800 },
    trace: "retain-on-failure",
  },
});

// Pictures, not tests: `cargo xtask shots` takes them.
import { defineConfig } from "@playwright/test";

import tests from "../playwright.config";

export default defineConfig(tests, { testDir: ".", outputDir: "../test-results/shots", timeout: 180_000 });

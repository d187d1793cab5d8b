// The cloud as others' clients see it: by paths on its own address, and under the services' own names, where clients are
// told no endpoint at all.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";

import { startSimulation } from "../aws.mjs";
import { startCloud } from "../cloud.mjs";
import { mapNames } from "../names.mjs";
import { clients } from "./clients.mjs";

const FLAGS = ["--pace", "0.5"];

describe("by paths", () => {
  const { cloud, folder } = running({});
  clients({
    folder,
    cognito: () => ({ endpoint: new URL("cognito/", cloud().url).href }),
    events: () => ({ endpoint: new URL("events/", cloud().url).href }),
    graphql: () => new URL("orders/graphql", cloud().url).href,
    startSimulation: (credentials) => startSimulation(cloud().url, credentials),
  });
});

describe("by the services' own names, over TLS", () => {
  const { cloud, folder } = running({ tls: true });
  let names;
  before(async () => (names = await mapNames(cloud(), folder())));
  after(() => names?.unmap());
  clients({
    folder,
    cognito: () => ({}),
    events: () => ({}),
    graphql: () => names.url("orders API"),
    startSimulation: (credentials) => startSimulation(names.url("order simulations"), credentials),
  });
});

/** A cloud from before the first test until after the last. */
function running(options) {
  let cloud;
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "eddy-interop-"));
    cloud = await startCloud({ data: folder, flags: FLAGS, ...options });
  });
  after(async () => {
    await cloud?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { cloud: () => cloud, folder: () => folder };
}

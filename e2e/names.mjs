// The services' own names, leading to a cloud on this machine: what the hosts file, a redirected port and the system's
// trust do for every program, for this process alone.
import { readFile } from "node:fs/promises";
import tls from "node:tls";

import { cloudCommand } from "./cloud.mjs";

const { connect } = tls;

/** Maps the names to a cloud that was started with `tls` on this folder, until `unmap` is called. */
export async function mapNames(cloud, folder) {
  const told = await endpoints(cloud, folder);
  const names = new Set(told.endpoints.map(({ name }) => new URL(name).hostname));
  const ca = await readFile(told.mapping.certificate, "utf8");
  const [, port] = cloud.secure.split(":");
  // Every client here, `fetch` included, comes by with one object of options.
  tls.connect = (options, ...rest) => {
    const name = options.servername || options.host;
    if (!names.has(name)) return connect(options, ...rest);
    // The certificate is verified as ever: for the name that was asked for.
    return connect({ ...options, host: "127.0.0.1", port, servername: name, ca }, ...rest);
  };
  return {
    ...told,
    ca,
    /** The address of a service under its own name. */
    url: (service) => told.endpoints.find((endpoint) => endpoint.service === service).name,
    unmap: () => (tls.connect = connect),
  };
}

/** What `eddy-cloud endpoints` prints for a running cloud. */
export async function endpoints({ listen, secure }, folder) {
  return JSON.parse(await cloudCommand("endpoints", "--json", "--listen", listen, "--tls", secure, "--data", folder));
}

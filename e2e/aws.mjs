// Requests to the cloud as AWS's own signer signs them: what a test compares the page with.
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";

export const REGION = "eu-west-1";
export const POOL = "eu-west-1:e0dd1e00-0000-4000-8000-000000000001";

/** Credentials of a new guest. */
export async function guest(url) {
  const { IdentityId } = await cognito(url, "GetId", { IdentityPoolId: POOL });
  const { Credentials } = await cognito(url, "GetCredentialsForIdentity", { IdentityId });
  return {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretKey,
    sessionToken: Credentials.SessionToken,
  };
}

async function cognito(url, operation, body) {
  const response = await fetch(new URL("cognito/", url), {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityService.${operation}`,
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${operation}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Sends a request signed for a service. */
export async function signedFetch(url, { service, credentials, method = "GET", headers = {}, body }) {
  const { hostname, port, host, pathname, searchParams } = new URL(url);
  const signer = new SignatureV4({ credentials, region: REGION, service, sha256: Sha256 });
  const signed = await signer.sign({
    method,
    protocol: "http:",
    hostname,
    port: Number(port) || undefined,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { ...headers, host },
    body,
  });
  // `fetch` writes the host by itself.
  const { host: _, ...sent } = signed.headers;
  return fetch(url, { method, headers: sent, body });
}

/** Calls an API. */
export async function graphql(url, credentials, query, variables = {}, api = "orders") {
  const response = await signedFetch(new URL(`${api}/graphql`, url), {
    service: "appsync",
    credentials,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

/** Every order that the API lists, as `[orderId, status]`, newest first. */
export async function listedOrders(url, credentials) {
  const query = `query List($nextToken: String) {
    orders(limit: 100, nextToken: $nextToken) { items { orderId status } nextToken }
  }`;
  const orders = [];
  let nextToken;
  do {
    const { data, errors } = await graphql(url, credentials, query, nextToken ? { nextToken } : {});
    if (errors) throw new Error(JSON.stringify(errors));
    orders.push(...data.orders.items.map(({ orderId, status }) => [orderId, status]));
    nextToken = data.orders.nextToken;
  } while (nextToken);
  return orders;
}

/** Starts a simulation, at the address of a cloud or at that which starts one. */
export async function startSimulation(url, credentials) {
  const address = new URL(url).pathname === "/" ? new URL("order", url) : url;
  const response = await signedFetch(address, { service: "execute-api", credentials });
  if (!response.ok) throw new Error(`GET /order: ${response.status} ${await response.text()}`);
  return response.json();
}

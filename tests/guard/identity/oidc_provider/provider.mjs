// A certified provider for the tests: node provider.mjs PORT KEYS, where KEYS is a file with a private JWK set.
// A resource that ends in /signed gets JWTs, another opaque tokens.
import { readFileSync } from "node:fs";

import Provider from "oidc-provider";

const [port, keys] = process.argv.slice(2);
const secret = "a secret of a test, and of nothing else";
const client = (id) => ({
  client_id: id,
  client_secret: secret,
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
});
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client("job"), client("shop")],
  jwks: JSON.parse(readFileSync(keys, "utf-8")),
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, resource) => ({
        scope: "orders:read",
        audience: "shop",
        accessTokenFormat: resource.endsWith("/signed") ? "jwt" : "opaque",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listens"));

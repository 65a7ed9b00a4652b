// Evaluates flags by @openfeature/server-sdk and its OFREP provider, as a customer's backend would.
import { OpenFeature } from "@openfeature/server-sdk";
import { OFREPProvider } from "@openfeature/ofrep-provider";

const [baseUrl, key, visitor, account] = process.argv.slice(2);
const headers = [["Authorization", `Bearer ${key}`]];
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl, headers }));
const client = OpenFeature.getClient();
const context = { targetingKey: visitor, account, path: "/pricing", plan: "gold" };
const found = {};
for (const name of ["play", "page_variant", "message"]) found[name] = await client.getStringDetails(name, "own", context);
for (const name of ["proof_points", "cta", "banner"]) found[name] = await client.getObjectDetails(name, { own: 1 }, context);
found.nothing = await client.getStringDetails("nothing", "own", context);
found.nobody = await client.getStringDetails("play", "own", { path: "/pricing" });
found.wrong = await client.getStringDetails("play", "own", { ...context, path: 5 });
found.mistyped = await client.getNumberDetails("play", 7, context);
console.log(JSON.stringify(found));
await OpenFeature.close();

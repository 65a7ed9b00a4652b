// Sends one event of every kind by @segment/analytics-node, as a customer's backend would.
import { Analytics } from "@segment/analytics-node";

const [host, writeKey, visitor, count] = process.argv.slice(2);
const errors = [];
const analytics = new Analytics({ writeKey, host, flushAt: 5, maxRetries: 6 });
analytics.on("error", (error) => errors.push(String(error.reason ?? error)));
analytics.identify({ anonymousId: visitor, userId: "node-ada", traits: { email: "ada@node-sdk.com", name: "Ada" } });
analytics.page({ anonymousId: visitor, name: "Pricing", properties: { path: "/pricing" } });
analytics.screen({ userId: "node-ada", name: "Home" });
analytics.group({ userId: "node-ada", groupId: "node-sdk.com", traits: { employees: 900 } });
analytics.alias({ userId: "node-ada", previousId: "node-v0" });
for (let number = 0; number < Number(count); number += 1)
  analytics.track({ anonymousId: visitor, event: "Clicked", properties: { number } });
await analytics.closeAndFlush({ timeout: 30000 });
console.log(JSON.stringify(errors));

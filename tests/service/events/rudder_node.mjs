// Sends events by rudder-sdk-node: gzip under the content type of a form. It says of each when it is delivered.
import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const [host, writeKey, visitor, count] = process.argv.slice(2);
const analytics = new RudderAnalytics(writeKey, { dataPlaneUrl: host, flushAt: 5, flushInterval: 200, logLevel: "error" });
const errors = [];
const sent = (send) =>
  new Promise((done) => send((error) => { if (error) errors.push(String(error)); done(); }));
const all = [
  sent((done) => analytics.identify({ anonymousId: visitor, userId: "rudder-ada", traits: { email: "ada@rudder-sdk.com" } }, done)),
  sent((done) => analytics.group({ userId: "rudder-ada", groupId: "rudder-sdk.com", traits: { employees: 900 } }, done)),
];
for (let number = 0; number < Number(count); number += 1)
  all.push(sent((done) => analytics.track({ anonymousId: visitor, event: "Clicked", properties: { number } }, done)));
await Promise.all(all);
console.log(JSON.stringify(errors));
process.exit(0);

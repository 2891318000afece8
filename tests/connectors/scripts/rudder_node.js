// Calls of @rudderstack/rudder-sdk-node as its documentation shows them.
const Analytics = require("@rudderstack/rudder-sdk-node");
const [url, writeKey] = process.argv.slice(2);
const fail = (error) => { if (error) { console.error(error); process.exitCode = 1; } };
const analytics = new Analytics(writeKey, { dataPlaneUrl: url, flushAt: 20, flushInterval: 500, errorHandler: fail });
const userId = "rudnode-alice";
analytics.identify({ userId, context: { traits: { email: "alice@example.com", name: "Alice" } } });
analytics.group({ userId, groupId: "rudnode-acme", traits: { name: "Acme" } });
analytics.track({ userId, event: "Report Shared", properties: { pages: 3 } });
analytics.page({ userId, name: "Pricing", properties: { url: "https://example.com" } });
analytics.screen({ userId, name: "Home" });
analytics.alias({ userId, previousId: "rudnode-old" });
analytics.flush(fail);

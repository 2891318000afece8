// Calls of @segment/analytics-node as its documentation shows them.
const { Analytics } = require("@segment/analytics-node");
const [url, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ writeKey, host: url });
analytics.on("error", (error) => { console.error(error); process.exitCode = 1; });
const userId = "segnode-alice";
analytics.identify({ userId, anonymousId: "segnode-device", traits: { email: "alice@example.com", name: "Alice" } });
analytics.group({ userId, groupId: "segnode-acme", traits: { name: "Acme" } });
analytics.track({ userId, event: "Report Shared", properties: { pages: 3 } });
analytics.track({ userId, event: "Said", context: { groupId: "segnode-beta" } });
analytics.page({ userId, name: "Pricing", properties: { url: "https://example.com" } });
analytics.screen({ userId, name: "Home" });
analytics.alias({ userId, previousId: "segnode-old" });
analytics.closeAndFlush();

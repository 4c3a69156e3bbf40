// Step 1 and the pass, with Microsoft's JavaScript Graph client. Run by TestJavaScriptClient.
import { createRequire } from "node:module";
import assert from "node:assert";

const { Client } = createRequire(process.argv[2] + "/")("@microsoft/microsoft-graph-client");
const { TENANT: baseUrl, TOKEN: token } = process.env;
const graph = Client.init({ baseUrl, customHosts: new Set(["localhost"]), authProvider: (done) => done(null, token) });

const methods = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/";
const me = await graph.api("/me").get();
assert.equal(me.userPrincipalName, "admin@contoso.example");

const before = await graph.api(methods + "fido2").get();
assert.equal(before.state, "disabled");
const groups = await graph.api("/groups").header("ConsistencyLevel", "eventual").search('"displayName:pilot"')
  .filter("securityEnabled eq true").select(["id", "displayName"]).top(1).get();
await graph.api(methods + "fido2").patch({
  "@odata.type": before["@odata.type"], state: "enabled", isSelfServiceRegistrationAllowed: true,
  includeTargets: [{ targetType: "group", id: groups.value[0].id, isRegistrationRequired: false }],
});
await graph.api(methods + "temporaryAccessPass").patch({
  "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration", state: "enabled",
});
assert.equal((await graph.api(methods + "fido2").get()).state, "enabled");

const pass = await graph.api("/users/aiko@contoso.example/authentication/temporaryAccessPassMethods").post({ isUsableOnce: true });
assert.equal(pass.temporaryAccessPass.length, 8);
const options = await graph.api("/users/aiko@contoso.example/authentication/fido2Methods/creationOptions()").get();
assert.equal(options.publicKey.rp.id, "login.microsoft.com");

await assert.rejects(graph.api("/users/nobody@contoso.example").get(), (e) => e.statusCode === 404 && e.code === "Request_ResourceNotFound" && !!e.requestId);
const batch = await graph.api("/$batch").post({ requests: [{ id: "1", method: "GET", url: "/me?$select=id" }] });
assert.equal(batch.responses[0].body.id, me.id);
let people = 0;
for (let page = await graph.api("/users").top(10).get(); ; page = await graph.api(page["@odata.nextLink"]).get()) {
  people += page.value.length;
  if (!page["@odata.nextLink"]) break;
}
assert.equal(people, 34);
console.log("done");

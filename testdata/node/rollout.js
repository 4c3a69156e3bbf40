// Step 1 and the pass with Microsoft's JavaScript Graph client, against a served practice tenant. Run by TestNodeClient.
import assert from "node:assert";
import { Client } from "@microsoft/microsoft-graph-client";

const { BASE: baseUrl, TOKEN: token } = process.env;
const graph = Client.init({ baseUrl, customHosts: new Set(["localhost"]), authProvider: (done) => done(null, token) });
const methods = "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/";

assert.equal((await graph.api("/me").get()).userPrincipalName, "admin@contoso.example");
const before = await graph.api(methods + "fido2").get();
assert.equal(before.state, "disabled");
const groups = await graph.api("/groups").header("ConsistencyLevel", "eventual").search('"displayName:pilot"')
  .filter("securityEnabled eq true").select(["id", "displayName"]).top(1).get();
await graph.api(methods + "fido2").patch({
  "@odata.type": before["@odata.type"], state: "enabled", isSelfServiceRegistrationAllowed: true, isAttestationEnforced: true,
  includeTargets: [{ targetType: "group", id: groups.value[0].id, isRegistrationRequired: false }],
});
await graph.api(methods + "temporaryAccessPass").patch({
  "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration", state: "enabled",
});
const after = await graph.api(methods + "fido2").get();
assert.equal(after.state, "enabled");
assert.equal(after.includeTargets[0].id, groups.value[0].id);

const passes = "/users/aiko@contoso.example/authentication/temporaryAccessPassMethods";
const pass = await graph.api(passes).post({ isUsableOnce: true });
assert.equal(pass.temporaryAccessPass.length, 8);
const list = await graph.api(passes).get();
assert.equal(list.value[0].id, pass.id);
assert.equal(list.value[0].temporaryAccessPass, null);
await assert.rejects(graph.api("/users/nobody@contoso.example").get(), (e) => e.statusCode === 404);
console.log("done");

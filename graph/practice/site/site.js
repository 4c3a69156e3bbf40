// The screens of the sign-in and Security info pages. All rules are the server's; this only asks, and calls WebAuthn.

const $ = (id) => document.getElementById(id);
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const session = { get: () => sessionStorage.getItem("session"), set: (v) => sessionStorage.setItem("session", v), clear: () => sessionStorage.clear() };

function say(what) { $("status").textContent = what; }
function trouble(what) { $("trouble").textContent = what; $("trouble").hidden = !what; if (what) say(""); }
function only(id) { for (const s of document.querySelectorAll("section")) s.hidden = s.id !== id; trouble(""); }

async function ask(path, body, method = "POST") {
  const headers = { Authorization: "Bearer " + (session.get() || "none") };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch("/practice/pages/" + path, { method, headers, body: body && JSON.stringify(body) });
  if (answer.status === 204) return null;
  const data = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(data.error.message), { code: data.error.code });
  return data;
}

// during says what is going on, and what went wrong.
function during(what, work) {
  return async (event) => {
    event?.preventDefault();
    trouble("");
    say(what);
    try {
      await work();
      if ($("status").textContent === what) say("");
    } catch (e) {
      if (e.code === "session-expired") { session.clear(); location.href = "/practice/sign-in"; return; }
      trouble(e.name === "NotAllowedError" ? "The browser or the key ended the request. Try again." : e.message);
    }
  };
}

function signInPage() {
  let upn = "";
  const name = () => { for (const p of document.querySelectorAll(".upn")) p.textContent = upn; };
  $("who").querySelector("form").onsubmit = during("", async () => { upn = $("upn").value.trim(); name(); only("how"); });
  $("pass").onclick = () => { only("enter"); $("value").focus(); };
  for (const b of document.querySelectorAll(".back")) b.onclick = () => { say(""); only("who"); };
  $("enter").querySelector("form").onsubmit = during("Signing in…", async () => {
    const got = await ask("pass-sign-in", { upn, temporaryAccessPass: $("value").value });
    $("value").value = "";
    session.set(got.session);
    location.href = "/practice/security-info";
  });
  $("key").onclick = during("Your browser asks for the key now.", async () => {
    const o = await ask("sign-in-options", { upn });
    if (o.allowCredentials.length === 0) throw new Error("There is no passkey for this account on this page yet.");
    const got = await navigator.credentials.get({ publicKey: {
      challenge: bytes(o.challenge), rpId: o.rpId, userVerification: "required",
      allowCredentials: o.allowCredentials.map((c) => ({ type: c.type, id: bytes(c.id) })),
    } });
    const r = got.response;
    const signed = await ask("sign-in", { upn, id: text(got.rawId), clientDataJSON: text(r.clientDataJSON),
      authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: r.userHandle ? text(r.userHandle) : "" });
    session.set(signed.session);
    location.href = "/practice/security-info";
  });
}

function securityInfoPage() {
  const show = async () => {
    const info = await ask("security-info/methods", null, "GET");
    for (const p of document.querySelectorAll(".upn")) p.textContent = info.name + " (" + info.upn + ")";
    $("methods").replaceChildren(...info.passkeys.map((k) => {
      const line = document.createElement("li");
      line.textContent = "Passkey: " + k.displayName + (k.model ? " (" + k.model + ")" : "") + " ";
      const remove = document.createElement("button");
      remove.textContent = "Delete";
      remove.onclick = during("Deleting…", async () => { await ask("security-info/delete", { id: k.id }); await show(); });
      line.append(remove);
      return line;
    }));
    $("none").hidden = info.passkeys.length > 0;
    $("add").hidden = !info.offered;
    $("closed").hidden = info.offered;
    only("info");
  };
  $("out").onclick = () => { session.clear(); location.href = "/practice/sign-in"; };
  $("add").onclick = during("Your browser asks for the key now.", async () => {
    const o = (await ask("security-info/creation-options", {})).publicKey;
    const made = await navigator.credentials.create({ publicKey: { ...o,
      challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) },
      excludeCredentials: o.excludeCredentials.map((c) => ({ type: c.type, id: bytes(c.id) })),
    } });
    only("name");
    $("passkey").select();
    $("name").querySelector("form").onsubmit = during("Saving…", async () => {
      await ask("security-info/passkeys", { displayName: $("passkey").value, publicKeyCredential: {
        id: text(made.rawId), response: { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject) } } });
      await show();
      say("Your passkey was added.");
    });
  });
  during("", show)();
}

if ($("who")) signInPage(); else securityInfoPage();

// The screens of the sign-in and Security info pages. All rules are the server's; this only asks, and calls WebAuthn.

const $ = (id) => document.getElementById(id);
const all = (selector) => document.querySelectorAll(selector);
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const session = { get: () => sessionStorage.getItem("session"), set: (v) => sessionStorage.setItem("session", v), clear: () => sessionStorage.clear() };

function say(what) { $("status").textContent = what; }
function trouble(what) { $("trouble").textContent = what; $("trouble").hidden = !what; if (what) say(""); }

// only shows one screen, and takes the keyboard and the screen reader there: to its field, or else to its heading.
function only(id) {
  for (const s of all("section")) s.hidden = s.id !== id;
  trouble("");
  say("");
  const heading = $(id).querySelector("h2");
  document.title = heading.textContent + " · " + document.querySelector("h1").textContent;
  const field = $(id).querySelector("input:not([hidden])");
  if (!field) heading.tabIndex = -1;
  (field || heading).focus();
}

async function ask(path, body, method = "POST") {
  const headers = { Authorization: "Bearer " + (session.get() || "none") };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch("/practice/pages/" + path, { method, headers, body: body && JSON.stringify(body) }).catch(() => {
    throw new Error("The practice tenant does not answer. Is it still served?");
  });
  if (answer.status === 204) return null;
  const data = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(data.error.message), { code: data.error.code });
  return data;
}

// The browser's refusals, by the names that WebAuthn gives them.
const refusals = {
  NotAllowedError: "The browser or the key ended the request, or the time ran out. Nothing was changed. Try again.",
  AbortError: "The request was ended. Nothing was changed. Try again.",
  InvalidStateError: "This key holds a passkey for this account already. Use another key, or sign in with this one.",
  SecurityError: "The browser refused: this page is not at the address that the passkey is for.",
  ConstraintError: "This key cannot verify you or cannot keep a passkey: it needs a PIN or a finger, and free space.",
  NotSupportedError: "This key knows none of the kinds of passkey that are asked for.",
};

// during says what is going on, and what went wrong. A second press while it goes on does nothing.
function during(what, work) {
  let busy = false;
  return async (event) => {
    event?.preventDefault();
    if (busy) return;
    busy = true;
    trouble("");
    say(what);
    try {
      await work();
      if ($("status").textContent === what) say("");
    } catch (e) {
      if (e.code === "session-expired") { session.clear(); location.href = "/practice/sign-in"; return; }
      trouble(e instanceof DOMException && refusals[e.name] || e.message);
    } finally {
      busy = false;
    }
  };
}

// webauthn is the browser's part. Browsers have it only where nobody on the way can change the page.
function webauthn() {
  if (!window.isSecureContext || !navigator.credentials) throw new Error("Browsers give keys to pages at http://localhost or https only. Open this page there.");
  return navigator.credentials;
}

function signInPage() {
  let upn = "", has = {};
  const begin = (next) => { next(); for (const p of all(".upn")) p.textContent = upn; for (const i of all("input.name")) i.value = upn; };
  const withPass = () => only("enter");
  const choose = () => { only("how"); $("neither").hidden = has.pass || has.passkey || !upn; $("bypass").hidden = !upn; };
  const withKey = during("Your browser asks for the key now.", async () => {
    only("key");
    say("Your browser asks for the key now.");
    const o = await ask("sign-in-options", { upn });
    if (upn && o.allowCredentials.length === 0) throw new Error("There is no passkey for this account on this page yet.");
    const got = await webauthn().get({ publicKey: {
      challenge: bytes(o.challenge), rpId: o.rpId, userVerification: "required",
      allowCredentials: o.allowCredentials.map((c) => ({ type: c.type, id: bytes(c.id) })),
    } });
    const r = got.response;
    const signed = await ask("sign-in", { upn, id: text(got.rawId), clientDataJSON: text(r.clientDataJSON),
      authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: r.userHandle ? text(r.userHandle) : "" });
    session.set(signed.session);
    location.href = "/practice/security-info";
  });

  $("who").querySelector("form").onsubmit = during("", async () => {
    const name = $("upn").value.trim();
    has = await ask("sign-in-methods", { upn: name });
    upn = name;
    begin(has.pass ? withPass : has.passkey ? withKey : choose);
  });
  $("options").onclick = () => { upn = ""; has = {}; begin(choose); };
  $("usekey").onclick = withKey;
  $("usepass").onclick = withPass;
  for (const b of all(".again")) b.onclick = withKey;
  for (const b of all(".other")) b.onclick = choose;
  for (const b of all(".back")) b.onclick = () => only("who");
  $("enter").querySelector("form").onsubmit = during("Signing in…", async () => {
    const got = await ask("pass-sign-in", { upn, temporaryAccessPass: $("value").value });
    $("value").value = "";
    session.set(got.session);
    location.href = "/practice/security-info";
  });
}

function securityInfoPage() {
  const show = async () => {
    const info = await ask("security-info/methods", null, "GET");
    for (const p of all(".upn")) p.textContent = info.name + " (" + info.upn + ")";
    $("methods").replaceChildren(...info.passkeys.map((k) => {
      const line = document.createElement("li"), what = document.createElement("span"), more = document.createElement("small");
      what.className = "what";
      what.textContent = "Passkey: " + k.displayName;
      more.textContent = (k.model || "unknown model") + ", since " + new Date(k.createdDateTime).toLocaleDateString();
      what.append(more);
      const remove = document.createElement("button");
      remove.className = "second";
      remove.textContent = "Delete";
      remove.setAttribute("aria-label", "Delete " + k.displayName);
      remove.onclick = () => {
        only("remove");
        $("leaving").textContent = k.displayName;
        $("remove").querySelector("form").onsubmit = during("Deleting…", async () => { await ask("security-info/delete", { id: k.id }); await show(); say("The passkey was deleted."); });
      };
      line.append(what, remove);
      return line;
    }));
    $("none").hidden = info.passkeys.length > 0;
    $("add").hidden = !info.offered;
    $("closed").hidden = info.offered;
    only("info");
  };
  const back = during("", show);
  for (const b of all(".back")) b.onclick = back;
  $("done").querySelector("form").onsubmit = back;
  $("out").onclick = during("", async () => { await ask("sign-out"); session.clear(); location.href = "/practice/sign-in"; });
  $("add").onclick = () => only("which");
  $("which").querySelector("form").onsubmit = (event) => { event.preventDefault(); only("ready"); };
  $("ready").querySelector("form").onsubmit = during("Your browser asks for the key now.", async () => {
    const o = (await ask("security-info/creation-options", {})).publicKey;
    const made = await webauthn().create({ publicKey: { ...o,
      challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) },
      excludeCredentials: o.excludeCredentials.map((c) => ({ type: c.type, id: bytes(c.id) })),
    } });
    only("name");
    $("passkey").value = "Security key";
    $("passkey").select();
    $("name").querySelector("form").onsubmit = during("Saving…", async () => {
      const displayName = $("passkey").value;
      await ask("security-info/passkeys", { displayName, publicKeyCredential: {
        id: text(made.rawId), response: { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject) } } });
      only("done");
      $("added").textContent = displayName;
    });
  });
  back();
}

if ($("who")) signInPage(); else securityInfoPage();

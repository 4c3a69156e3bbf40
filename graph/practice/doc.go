// Package practice is a tenant to rehearse on: a made-up company that speaks the part of Microsoft Graph which
// keyrollout uses, and enforces what Microsoft Entra ID enforces.
//
// It is an http.Handler. The Graph SDK talks to it in process through Transport, or over loopback through Listen;
// both ways see the same bytes. Registrations and sign-ins are verified with a real WebAuthn library, so a key that
// passes here has signed the right thing, and a key that is refused here would be refused in Entra for that reason.
//
// Start at New, Seed and the default company (company.go). routes.go lists every call with the rights it needs; call.go
// carries one out; each thing's rules stand in a file of its own: policy_fido2.go, policy_pass.go, pass.go, passkey.go,
// webauthn.go, access.go. pages.go and securityinfo.go are what a person would visit in a browser, for a program that
// plays the browser; site.go shows the same to a real one, and the tests walk it in Chromium. oauth.go is the sign-in endpoint, for azidentity and MSAL.
// faults.go, quota.go and lag.go make things go wrong. What the service's vague refusals hide, LastRefusal tells.
//
// Sources: the Microsoft Graph v1.0 and beta API reference, the Entra ID pages on passkeys and Temporary Access Pass,
// W3C WebAuthn Level 3. Where Microsoft publishes no text (most 400 answers of a passkey registration), the words are
// this package's own, and kept as vague as the service's.
package practice

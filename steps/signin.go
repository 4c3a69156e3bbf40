package steps

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"keyrollout/fido"
	"keyrollout/graph"
	"keyrollout/internal/secret"
)

const signInID = "signin"

// SignInStep is step 4: proof that this key signs this person in, on the web and on Windows.
func SignInStep() Step {
	s := &signInStep{}
	return Step{ID: signInID, Name: T("sign-in check"), Check: s.check, Plan: s.plan, Apply: s.apply, Verify: s.verify}
}

type signInStep struct {
	proof Proof
	since time.Time // a sign-in of this check is not older than this
	cred  []byte    // the credential that is proven
}

// The parts of the proof, in their order.
const (
	partListed = iota
	partKey
	partLog
	partWindows
)

func (s *signInStep) check(ctx context.Context, w *World) (Finding, error) {
	wish := w.Journal.Wish()
	s.proof = Proof{User: wish.UserName + " (" + wish.UserUPN + ")", Parts: []ProofPart{
		partListed:  {Text: T("the tenant lists the key")},
		partKey:     {Text: T("the key answers")},
		partLog:     {Text: T("the sign-in log shows it")},
		partWindows: {Text: T("Windows"), Detail: T("not checked yet")},
	}}
	keys, err := w.Tenant.Passkeys(ctx, wish.User)
	if err != nil {
		return Finding{}, err
	}
	if len(keys) == 0 {
		return Finding{}, &Problem{Code: "nothing-registered", What: T("%s has no passkey in the tenant: there is nothing to sign in with.", wish.UserName),
			State: tenantUnchanged, Next: []Choice{Retry, Leave}}
	}
	key, ok := w.registered(keys)
	if !ok {
		key = keys[0]
	}
	s.cred = key.CredentialID
	s.part(w, partListed, Done, T("%s, %s", key.Name, attested(key)))
	if len(keys) > 1 {
		s.proof.Limit = T("What the log cannot tell: which of %d keys was used.", len(keys))
	}
	return s.stillProven(ctx, w, keys)
}

// stillProven asks whether the proof of an earlier run is one of this key: the tenant has to list what was proven, and
// the key at hand has to hold it.
func (s *signInStep) stillProven(ctx context.Context, w *World, keys []graph.Passkey) (Finding, error) {
	f := Finding{State: Pending, Text: T("Not proven yet that %s can sign in with this key.", w.Journal.Wish().UserName)}
	e, ok := w.Journal.Last(signInID, "proof")
	if !ok || e.Credential == "" {
		return f, nil
	}
	at := e.Time.In(w.Clock.Now().Location()).Format("2006-01-02 15:04")
	id, _ := base64.RawURLEncoding.DecodeString(e.Credential) // an id that cannot be read is none of theirs
	proven, ok := passkeyIs(keys, id)
	if !ok {
		f.Facts = []Text{T("The proof of %s was of a key that the tenant does not list any more.", at)}
		return f, nil
	}
	h, err := w.onKey(ctx, signInID, []graph.Passkey{proven})
	switch {
	case err != nil:
		return f, err
	case h.sure && !h.found:
		f.Facts = []Text{T("The proof of %s was of another key than the one that is plugged in.", at)}
		return f, nil
	case !h.found:
		f.Facts = []Text{T("This key does not tell which sign-ins it holds; that it is this one is known from the journal only.")}
	}
	f.State, f.Text = Done, T("The sign-in was proven at %s.", at)
	return f, nil
}

// part sets one part of the proof and tells the whole.
func (s *signInStep) part(w *World, i int, st State, detail Text) {
	s.proof.Parts[i].State, s.proof.Parts[i].Detail = st, detail
	w.Tell(Event{Name: EventProof, Step: signInID, Data: s.proof,
		Text: T("Sign-in check: %s: %s.", s.proof.Parts[i].Text, detail)})
}

func (s *signInStep) plan(_ context.Context, w *World) (Plan, error) {
	p := Plan{Title: T("Nothing changes: this step only looks"),
		People: []Text{T("%s signs in once with the key.", w.Journal.Wish().UserName)}}
	if w.Pages == nil {
		p.Needs = []Text{T("Reading the sign-in log needs Entra ID P1 and the right AuditLog.Read.All. Rows arrive after 2 to 15 minutes.")}
	}
	return p, nil
}

func (s *signInStep) apply(ctx context.Context, w *World) error {
	wish := w.Journal.Wish()
	s.since = w.Clock.Now().Add(-30 * time.Second) // clocks differ a little
	if w.Pages == nil {
		return s.inBrowser(ctx, w, wish)
	}
	s.part(w, partKey, Active, T("waiting for the finger"))
	o, err := w.Pages.SignInOptions(ctx, wish.UserUPN)
	if err != nil {
		return err
	}
	client, err := clientData("webauthn.get", o.Challenge, o.RPID)
	if err != nil {
		return err
	}
	if _, err := w.openKey(ctx, signInID); err != nil {
		return err
	}
	req := fido.AssertRequest{RPID: o.RPID, ClientDataHash: sha256.Sum256(client), Allow: fitting(o.Allow, w.keyInfo), VerifyUser: true}
	var got []fido.Assertion
	err = w.verifiedByKey(ctx, func(ctx context.Context, pin secret.Secret) (err error) {
		got, err = w.session.Assert(ctx, pin, req)
		return err
	})
	if err != nil {
		return err
	}
	if len(got) == 0 {
		return &Problem{Code: "wrong-key", What: T("This key holds no sign-in for this account."), State: unchanged, Next: []Choice{Retry, Leave}}
	}
	a := got[0]
	s.cred = a.CredentialID
	if err := w.Pages.SignIn(ctx, graph.SignInAnswer{UPN: wish.UserUPN, CredentialID: a.CredentialID, ClientDataJSON: client,
		AuthenticatorData: a.AuthData, Signature: a.Signature, UserHandle: a.UserID}); err != nil {
		return err
	}
	s.part(w, partKey, Done, T("user verified, signature accepted by the sign-in page"))
	w.done(signInID, T("%s signed in with the key.", wish.UserName), Fact{"signedIn", "yes"})
	return nil
}

// inBrowser has the person sign in on a page of Microsoft's, and asks about Windows.
func (s *signInStep) inBrowser(ctx context.Context, w *World, wish Wish) error {
	w.closeKey() // the browser needs it
	s.part(w, partKey, Active, T("waiting for the person"))
	_, err := w.Ask(ctx, Question{Name: "signin.browser", Kind: Act, Text: T("Sign in on the web with the key."),
		Detail: []Text{
			T("1  Open a private window at  myapplications.microsoft.com"),
			T("2  Enter %s, choose \"Sign-in options\", \"Face, fingerprint, PIN or security key\".", wish.UserUPN),
			T("3  When the light flashes blue, touch the key."),
		}})
	if err != nil {
		return err
	}
	return s.askWindows(ctx, w)
}

func (s *signInStep) askWindows(ctx context.Context, w *World) error {
	a, err := w.Ask(ctx, Question{Name: "signin.windows", Kind: Choose, Default: "later", Text: T("Does the key sign in to Windows as well?"),
		Detail: []Text{
			T("On the lock screen choose \"Sign-in options\", the security key, and touch it when it flashes blue."),
			T("Needs a device joined to Entra (Windows 10 1909 or newer; hybrid 2004) and security key sign-in turned on."),
		},
		Choices: []Choice{
			{ID: "yes", Text: T("yes, it did")},
			{ID: "no", Text: T("no, it did not")},
			{ID: "later", Text: T("not tried")},
		}})
	if err != nil {
		return err
	}
	switch a.ID {
	case "yes":
		s.part(w, partWindows, Done, T("confirmed by the person, not measured"))
	case "no":
		s.part(w, partWindows, Blocked, T("it did not work; \"dsregcmd /status\" on that device tells whether it is joined"))
	default:
		s.part(w, partWindows, Pending, T("not checked"))
	}
	w.note(signInID, T("Windows: %s.", s.proof.Parts[partWindows].Detail), Fact{"windows", a.ID})
	return nil
}

// The sign-in log is late by minutes; Microsoft asks for no more than one look in 30 s here.
const (
	logEvery = 30 * time.Second
	logLimit = 20 * time.Minute
)

// verify waits until the tenant's own log shows the sign-in, and that it was by passkey.
func (s *signInStep) verify(ctx context.Context, w *World) error {
	wish := w.Journal.Wish()
	if w.Pages != nil {
		s.part(w, partWindows, Skipped, T("not part of the practice"))
	}
	for waited := time.Duration(0); waited <= logLimit; waited += logEvery {
		rows, err := w.Tenant.SignIns(ctx, wish.User, s.since)
		var g *graph.Error
		if errors.As(err, &g) && g.Status == 403 {
			return s.withoutLog(ctx, w, g)
		}
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.ByPasskey() {
				return s.proven(w, row)
			}
		}
		s.part(w, partLog, Active, T("waiting, usually 2 to 15 minutes"))
		w.Tell(Event{Name: EventWait, Step: signInID, Text: T("Waiting for the sign-in log."),
			Data: Wait{For: T("the sign-in log"), Left: int((logLimit - waited).Seconds())}})
		if err := w.Clock.Sleep(ctx, logEvery); err != nil {
			return err
		}
	}
	return &Problem{Code: "log-silent", What: T("The sign-in log shows no sign-in by passkey after %d minutes.", int(logLimit.Minutes())),
		State: T("The key is registered. Entra may have fallen back to another method, or the log is late."),
		Next:  []Choice{{ID: "retry", Text: T("sign in once more, then look again")}, Leave}}
}

func (s *signInStep) proven(w *World, row graph.SignIn) error {
	method := ""
	for _, m := range row.Methods {
		if m.Succeeded {
			method = m.Method
		}
	}
	s.part(w, partLog, Done, T("%s at %s", method, row.Time.In(w.Clock.Now().Location()).Format("15:04")))
	if w.Pages == nil {
		s.part(w, partKey, Done, T("used in the browser"))
	}
	w.verified(signInID, T("Proven: the tenant's log shows a sign-in by %s.", method),
		Fact{"signInLog", method}, Fact{"proven", "yes"})
	return s.keep(w, row.ID)
}

// keep writes down what was proven, and of which credential.
func (s *signInStep) keep(w *World, row string) error {
	return w.Journal.Write(Entry{Kind: EntryResult, Step: signInID, What: "proof", ID: row,
		Credential: base64.RawURLEncoding.EncodeToString(s.cred)})
}

// withoutLog is the road for tenants whose licence does not open the log: the person's word, told as such.
func (s *signInStep) withoutLog(ctx context.Context, w *World, g *graph.Error) error {
	s.part(w, partLog, Skipped, T("cannot be read here (Entra ID P1 or a right is missing)"))
	if w.Pages != nil {
		s.part(w, partKey, Done, T("accepted by the sign-in page"))
		return s.keep(w, "")
	}
	a, err := w.Ask(ctx, Question{Name: "signin.seen", Kind: Confirm, Text: T("Did the page let them in with the key alone?"),
		Detail: []Text{T("The sign-in log cannot be read in this tenant (%s), so your word is the proof; the evidence says so.", g.Code)}})
	if err != nil {
		return err
	}
	if a.ID != "yes" {
		return &Problem{Code: "sign-in-failed", What: T("The key did not sign %s in.", w.Journal.Wish().UserName),
			State: T("The key stays registered. Nothing else changed."), Next: []Choice{Retry, Leave}}
	}
	s.part(w, partKey, Done, T("seen by the person, not measured"))
	w.verified(signInID, T("Confirmed by the person; the log was not readable."), Fact{"proven", "by-word"})
	return s.keep(w, "")
}

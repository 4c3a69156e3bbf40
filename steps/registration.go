package steps

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"

	"keyrollout/fido"
	"keyrollout/graph"
	"keyrollout/internal/secret"
)

const registrationID = "registration"

// RegistrationStep is step 3: the key becomes a sign-in method of the person, by the road chosen in step 1.
func RegistrationStep() Step {
	r := &registrationStep{}
	return Step{ID: registrationID, Name: T("registration"), Check: r.check, Plan: r.plan, Apply: r.apply, Verify: r.verify}
}

type registrationStep struct {
	before []graph.Passkey // of the person, when Check looked
	name   string
	cred   []byte // id of the credential that was made
	held   bool   // the key itself says that it is registered already
}

// check asks the tenant which passkeys the person has, and the key whether one of them is on it.
func (r *registrationStep) check(ctx context.Context, w *World) (Finding, error) {
	wish := w.Journal.Wish()
	var err error
	if r.before, err = w.Tenant.Passkeys(ctx, wish.User); err != nil {
		return Finding{}, err
	}
	f := Finding{State: Pending, Text: T("%s has no security key registered.", wish.UserName)}
	if len(r.before) == 0 {
		return f, nil
	}
	f.Text = T("%s has %d passkey(s), none of them on this key.", wish.UserName, len(r.before))
	held, err := w.residents(ctx, graphRP)
	if err != nil {
		return f, err
	}
	for _, p := range r.before {
		if holds(held, p.CredentialID) {
			r.cred = p.CredentialID
			f.State, f.Text = Done, T("This key is registered for %s as \"%s\".", wish.UserName, p.Name)
			return f, w.settleCredential(p.CredentialID)
		}
	}
	return f, nil
}

// graphRP is the relying party of Entra's global cloud; the server's own word counts when a credential is made.
const graphRP = "login.microsoft.com"

func holds(held []fido.Resident, id []byte) bool {
	return len(id) > 0 && slices.ContainsFunc(held, func(h fido.Resident) bool { return bytes.Equal(h.ID, id) })
}

// residents lists the sign-ins the key holds; nil where the key cannot list them.
func (w *World) residents(ctx context.Context, rp string) (held []fido.Resident, err error) {
	s, err := w.openKey(ctx, registrationID)
	if err != nil || !w.keyInfo.CanListCredentials() || !w.keyInfo.HasPIN() {
		return nil, err
	}
	err = w.withPIN(ctx, registrationID, func(pin secret.Secret) (err error) {
		held, err = s.Credentials(ctx, pin, rp)
		return err
	})
	var none *fido.Error
	if errors.As(err, &none) && none.Code == fido.CodeNoCredentials {
		return nil, nil
	}
	return held, err
}

// settleCredential closes an intent whose answer never came: the tenant lists the credential, so it was registered.
func (w *World) settleCredential(id []byte) error {
	text := base64.RawURLEncoding.EncodeToString(id)
	if e, ok := w.Journal.Last(registrationID, "credential"); ok && e.ID == text {
		return nil
	}
	return w.Journal.Result(registrationID, "credential", text)
}

func (r *registrationStep) plan(ctx context.Context, w *World) (Plan, error) {
	wish := w.Journal.Wish()
	if _, err := w.openKey(ctx, registrationID); err != nil {
		return Plan{}, err
	}
	a, err := w.Ask(ctx, Question{Name: "registration.name", Kind: Line, Default: w.keyName(),
		Text: T("A name for this key in %s's sign-in methods", wish.UserName),
		Check: func(s string) *Problem {
			if n := len([]rune(s)); n < 1 || n > 30 {
				return &Problem{Code: "name-length", What: T("A name has 1 to 30 characters."), State: tenantUnchanged}
			}
			return nil
		}})
	if err != nil {
		return Plan{}, err
	}
	r.name = a.ID
	p := Plan{Title: T("What would change for %s", wish.UserName),
		Changes: []Change{
			{T("Sign-in methods of %s", wish.UserName), T("security key"), T("none"), T("\"%s\"", r.name)},
			{Text{"%s", []any{w.model()}}, T("sign-ins on the key"), T("unchanged"), T("one more, for %s", wish.UserUPN)},
		},
		People: []Text{T("%s can sign in with this key. What worked before goes on working.", wish.UserName)},
	}
	if n := len(r.before); n > 0 {
		p.Changes[0].From = T("%d passkey(s)", n)
		p.Changes[0].To = T("\"%s\" as well", r.name)
	}
	switch wish.Road {
	case RoadPass:
		p.Needs = []Text{T("Needs the pass, the key and a touch. The challenge lives five minutes.")}
	case RoadBehalf:
		p.Needs = []Text{T("Needs the role Authentication Administrator, the key and a touch. The challenge lives five minutes.")}
	default:
		p.Needs = []Text{T("Done by the person in a browser, after the sign-in they have today.")}
	}
	return p, nil
}

// keyName is the name offered for a key: its model, cut to the 30 characters Entra takes.
func (w *World) keyName() string {
	if w.session.Device().Software {
		return "Software key (practice)"
	}
	r := []rune(w.model())
	return string(r[:min(len(r), 30)])
}

func (r *registrationStep) apply(ctx context.Context, w *World) error {
	wish := w.Journal.Wish()
	switch {
	case wish.Road == RoadBehalf:
		return r.register(ctx, w, behalf{w.Tenant, wish.User})
	case wish.Road == RoadPass && w.Pages != nil:
		info, err := w.signInWithPass(ctx, wish)
		if err != nil {
			return err
		}
		return r.register(ctx, w, info)
	}
	return r.inBrowser(ctx, w, wish)
}

// behalf is Graph's road to what Security info offers the person.
type behalf struct {
	tenant graph.Tenant
	user   string
}

func (b behalf) CreationOptions(ctx context.Context) (graph.CreationOptions, error) {
	return b.tenant.CreationOptions(ctx, b.user)
}

func (b behalf) RegisterPasskey(ctx context.Context, r graph.Registration) (graph.Passkey, error) {
	return b.tenant.RegisterPasskey(ctx, b.user, r)
}

// signInWithPass plays the person's browser up to Security info. A pass that is no good any more can be replaced here.
func (w *World) signInWithPass(ctx context.Context, wish Wish) (graph.SecurityInfo, error) {
	for {
		pass, err := w.passValue(ctx)
		if err != nil {
			return nil, err
		}
		info, err := w.Pages.SignInWithPass(ctx, wish.UserUPN, pass)
		if err == nil {
			w.done(registrationID, T("Signed in to Security info with the pass (practice plays the browser)."))
			return info, nil
		}
		w.pass.Wipe()
		p := problemOfTenant(err)
		if p == nil {
			return nil, err
		}
		p.Next = []Choice{{ID: "retry", Text: T("enter the pass again")}, {ID: "new-pass", Text: T("issue a new pass")}, Leave}
		way, err := w.solve(ctx, registrationID, p)
		if err != nil {
			return nil, err
		}
		if way == "new-pass" {
			have, err := w.Tenant.Passes(ctx, wish.User)
			if err != nil {
				return nil, err
			}
			if err := w.issuePass(ctx, registrationID, have); err != nil {
				return nil, err
			}
		}
	}
}

// register makes a credential on the key and hands it in. When the tenant refuses it, it is taken off the key again.
func (r *registrationStep) register(ctx context.Context, w *World, info graph.SecurityInfo) error {
	o, err := info.CreationOptions(ctx)
	if err != nil {
		return r.refused(ctx, w, err)
	}
	client, err := clientData("webauthn.create", o.Challenge, o.RPID)
	if err != nil {
		return err
	}
	cred, err := r.make(ctx, w, o, client)
	var refused *fido.Error
	if errors.As(err, &refused) && refused.Code == fido.CodeExcluded {
		r.held = true // a key that cannot list its sign-ins tells it this way
		w.note(registrationID, T("The key says that it is registered for this account already."))
		return nil
	}
	if err != nil {
		return err
	}
	if w.Clock.Now().After(o.Expires) {
		return r.takeBack(ctx, w, cred.ID, &Problem{Code: "challenge-expired",
			What: T("That took longer than the five minutes the tenant's challenge lives."),
			Next: []Choice{{ID: "retry", Text: T("try again with a new challenge")}, Leave}})
	}
	id := base64.RawURLEncoding.EncodeToString(cred.ID)
	if err := w.Journal.Intend(registrationID, "credential", id); err != nil {
		return err
	}
	_, err = info.RegisterPasskey(ctx, graph.Registration{DisplayName: r.name, CredentialID: cred.ID,
		ClientDataJSON: client, AttestationObject: cred.AttestationObject})
	if err != nil {
		return r.settle(ctx, w, cred.ID, err)
	}
	w.done(registrationID, T("The tenant took the key."), Fact{"credential", id}, Fact{"registered", "yes"})
	return w.Journal.Result(registrationID, "credential", id)
}

func (r *registrationStep) make(ctx context.Context, w *World, o graph.CreationOptions, client []byte) (fido.Credential, error) {
	s, err := w.openKey(ctx, registrationID)
	if err != nil {
		return fido.Credential{}, err
	}
	req := fido.MakeRequest{RPID: o.RPID, RPName: o.RPName, UserID: o.UserID, UserName: o.UserName, DisplayName: o.DisplayName,
		ClientDataHash: sha256.Sum256(client), Algorithms: o.Algorithms, Exclude: fitting(o.Exclude, w.keyInfo),
		HMACSecret: o.HMACSecret && slices.Contains(w.keyInfo.Extensions, "hmac-secret")}
	if slices.Contains(w.keyInfo.Extensions, "credProtect") {
		req.CredProtect = o.CredProtect
	}
	w.light("blue", true)
	defer w.light("blue", false)
	var cred fido.Credential
	err = w.verifiedByKey(ctx, func(pin secret.Secret) (err error) {
		cred, err = s.Make(ctx, pin, req)
		return err
	})
	r.cred = cred.ID
	return cred, err
}

// verifiedByKey runs f with the finger where the key has one, with the PIN where it has none or has locked its sensor.
func (w *World) verifiedByKey(ctx context.Context, f func(pin secret.Secret) error) error {
	if w.keyInfo.HasFinger() || w.keyInfo.Options["uv"] {
		err := f(secret.Secret{})
		var refused *fido.Error
		if !errors.As(err, &refused) || refused.Code != fido.CodeUVBlocked && refused.Code != fido.CodePUATRequired {
			return err
		}
		w.note("", T("The key does not take fingers at the moment: it wants its PIN."))
	}
	return w.withPIN(ctx, registrationID, f)
}

// fitting drops ids that cannot be on this key, and keeps the list within what the key accepts.
func fitting(ids [][]byte, info fido.Info) (out [][]byte) {
	for _, id := range ids {
		if info.MaxCredID == 0 || len(id) <= info.MaxCredID {
			out = append(out, id)
		}
	}
	if info.MaxCredIDs > 0 && len(out) > info.MaxCredIDs {
		out = out[:info.MaxCredIDs]
	}
	return out
}

// clientData is the WebAuthn CollectedClientData (section 5.8.1) of a page of the relying party.
func clientData(kind, challenge, rpID string) ([]byte, error) {
	return json.Marshal(struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
		Origin    string `json:"origin"`
		Cross     bool   `json:"crossOrigin"`
	}{kind, challenge, "https://" + rpID, false})
}

// settle finds out what became of a registration that was refused or whose answer was lost.
func (r *registrationStep) settle(ctx context.Context, w *World, id []byte, err error) error {
	wish := w.Journal.Wish()
	var g *graph.Error
	if !errors.As(err, &g) {
		return err
	}
	if g.Unknown {
		now, rerr := w.Tenant.Passkeys(ctx, wish.User)
		if rerr != nil {
			return err // unsettled; the journal says so, and the next look decides
		}
		if slices.ContainsFunc(now, func(k graph.Passkey) bool { return bytes.Equal(k.CredentialID, id) }) {
			w.note(registrationID, T("The answer was lost on the way, but the tenant lists the key: it is registered."))
			return w.settleCredential(id)
		}
	}
	return r.takeBack(ctx, w, id, ProblemOf(r.refused(ctx, w, err)))
}

// refused adds the likely reason to a refusal: the tenant's own words are vague on purpose.
func (r *registrationStep) refused(ctx context.Context, w *World, err error) error {
	p := problemOfTenant(err)
	if p == nil || p.Code != "tenant-refused" && p.Code != "tenant-forbidden" {
		return err
	}
	p.Code = "registration-refused"
	p.What = T("The tenant refused the registration. Most likely: %s", r.likely(ctx, w))
	p.Next = []Choice{{ID: "retry", Text: T("have that changed, or take another key, then try again")}, Leave}
	return p
}

// likely predicts why the tenant refused.
func (r *registrationStep) likely(ctx context.Context, w *World) Text {
	pol, err := w.Tenant.FIDO2Policy(ctx)
	if err != nil {
		return T("the policy cannot be read to tell.")
	}
	rules, attested := rulesOf(pol)
	listed := slices.Contains(rules.AAGUIDs, w.keyInfo.AAGUID)
	in, err := w.covers(ctx, w.Journal.Wish().User, pol.Include, pol.Exclude)
	switch {
	case !pol.Enabled:
		return T("the passkey policy is off.")
	case !pol.SelfService:
		return T("self-service set-up is off; it has to be on, even for administrators.")
	case err == nil && !in:
		return T("the person is outside the policy.")
	case rules.Enforced && rules.Allow != listed:
		return T("the policy does not accept this model (%s).", fido.FormatAAGUID(w.keyInfo.AAGUID))
	case attested && w.session != nil && w.session.Device().Software:
		return T("attestation is enforced, and a software key cannot prove to be hardware.")
	case attested:
		return T("attestation is enforced, and Microsoft's list does not know this model yet.")
	}
	return T("the challenge had expired, or this key is registered already.")
}

// takeBack removes a credential the tenant did not take, so that no orphan stays on the key.
func (r *registrationStep) takeBack(ctx context.Context, w *World, id []byte, p *Problem) error {
	p.State = T("The credential stays on the key, unused: this key cannot delete single ones. Nothing changed in the tenant.")
	if w.keyInfo.CanListCredentials() {
		err := w.withPIN(ctx, registrationID, func(pin secret.Secret) error { return w.session.DeleteCredential(ctx, pin, id) })
		if err != nil {
			p.State = T("The credential could not be removed from the key (%s); the next registration of this account overwrites it. Nothing changed in the tenant.", err.Error())
		} else {
			p.State = T("The credential was written to the key and removed again. Nothing changed in the tenant.")
		}
	}
	if err := w.Journal.Failed(registrationID, "credential", base64.RawURLEncoding.EncodeToString(id)); err != nil {
		return err
	}
	return p
}

// inBrowser leads the person through Security info in a browser of their own; what came of it is read from the tenant.
func (r *registrationStep) inBrowser(ctx context.Context, w *World, wish Wish) error {
	w.closeKey() // the browser needs it
	first := T("1  On the computer with the key, open  aka.ms/mysecurityinfo  in a private window and sign in as %s.", wish.UserUPN)
	if wish.Road == RoadPass {
		first = T("1  On the computer with the key, open  aka.ms/mysecurityinfo  in a private window; sign in as %s with the pass.", wish.UserUPN)
	}
	_, err := w.Ask(ctx, Question{Name: "registration.browser", Kind: Act, Text: T("Register the key in the browser."),
		Detail: []Text{
			first,
			T("2  \"Add sign-in method\", \"Security key\", \"USB device\". When the light flashes blue, touch the key."),
			T("3  Name it \"%s\" and finish.", r.name),
		}})
	return err
}

// verify reads the person's passkeys back: the tenant lists the credential that was made, or a new one.
func (r *registrationStep) verify(ctx context.Context, w *World) error {
	wish := w.Journal.Wish()
	now, err := w.Tenant.Passkeys(ctx, wish.User)
	if err != nil {
		return err
	}
	if r.held && len(now) > 0 {
		w.verified(registrationID, T("Read back: the tenant lists %d passkey(s) for %s, and the key says that it is one of them.", len(now), wish.UserName))
		return nil
	}
	for _, k := range now {
		old := slices.ContainsFunc(r.before, func(b graph.Passkey) bool { return b.ID == k.ID })
		if len(r.cred) > 0 && bytes.Equal(k.CredentialID, r.cred) || len(r.cred) == 0 && !old {
			w.verified(registrationID, T("Read back: the tenant lists \"%s\" for %s (%s).", k.Name, wish.UserName, attested(k)),
				Fact{"passkey", k.Name}, Fact{"aaguid", k.AAGUID.String()}, Fact{"attested", yesNo(k.Attested).String()})
			return w.settleCredential(k.CredentialID)
		}
	}
	return &Problem{Code: "registration-missing", What: T("The tenant lists no new key for %s.", wish.UserName),
		State: T("Nothing was registered, or it does not show yet."), Next: []Choice{Retry, Leave}}
}

func attested(k graph.Passkey) Text {
	if k.Attested {
		return T("attested")
	}
	return T("not attested")
}

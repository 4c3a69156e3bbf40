package steps

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"keyrollout/fido"
	"keyrollout/graph"
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
	// another: this is not the key that was registered first, and it is to be registered as well.
	another bool
}

// check asks the tenant which passkeys the person has, and the key whether one of them is on it.
func (r *registrationStep) check(ctx context.Context, w *World) (Finding, error) {
	for {
		f, err := r.look(ctx, w)
		if err != nil || f.State == Done || r.another {
			return f, err
		}
		mine, ok := w.registered(r.before)
		if !ok {
			return f, nil
		}
		way, err := w.solve(ctx, registrationID, otherKey(mine, w.Journal.Wish()))
		if err != nil {
			return f, err
		}
		w.closeKey() // another one may be there now
		r.another = way == "another"
	}
}

// look is one look at the tenant and the key.
func (r *registrationStep) look(ctx context.Context, w *World) (f Finding, err error) {
	wish := w.Journal.Wish()
	if r.before, err = w.Tenant.Passkeys(ctx, wish.User); err != nil {
		return f, err
	}
	f = Finding{State: Pending, Text: T("%s has no security key registered.", wish.UserName)}
	if len(r.before) == 0 {
		return f, nil
	}
	h, err := w.onKey(ctx, registrationID, r.before)
	if err != nil {
		return f, err
	}
	f.Text = Counted(len(r.before), T("%s has 1 passkey, and it is not on this key.", wish.UserName),
		T("%s has %d passkeys, none of them on this key.", wish.UserName, len(r.before)))
	if h.found {
		r.cred = h.id
		f.State, f.Text = Done, T("This key is registered for %s as \"%s\".", wish.UserName, h.passkey.Name)
		return f, w.settleCredential(r.cred)
	}
	if mine, ok := w.registered(r.before); ok && !h.sure {
		f.State, f.Text = Done, T("A key is registered for %s as \"%s\".", wish.UserName, mine.Name)
		f.Facts = []Text{T("This key does not tell which sign-ins it holds; that it is this one is known from the journal only.")}
	}
	return f, nil
}

// otherKey is told when the key does not hold what this rollout registered.
func otherKey(mine graph.Passkey, wish Wish) *Problem {
	return &Problem{Code: "key-swapped",
		What:  T("This key does not hold the sign-in that is registered for %s as \"%s\": it is another key, or the sign-in was deleted from it.", wish.UserName, mine.Name),
		State: T("Nothing was changed, neither on the key nor in the tenant."),
		Next: []Choice{
			{ID: "retry", Text: T("plug in the key that was registered, then look again")},
			{ID: "another", Text: T("register this key as well")}, Leave}}
}

// graphRP is the relying party of Entra's global cloud; the server's own word counts when a credential is made.
const graphRP = "login.microsoft.com"

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
	a, err := w.Ask(ctx, Question{Name: "registration.name", Kind: Line, Default: or(r.name, w.keyName()),
		Text: T("A name for this key in %s's sign-in methods", wish.UserName),
		Check: func(s string) *Problem {
			odd := strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
			if n := len([]rune(s)); n > 30 || strings.TrimSpace(s) == "" || odd || !utf8.ValidString(s) {
				return &Problem{Code: "name-length", What: T("A name has 1 to 30 characters that can be seen."), State: tenantUnchanged}
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
		p.Changes[0].From = Counted(n, T("1 passkey"), T("%d passkeys", n))
		p.Changes[0].To = T("\"%s\" as well", r.name)
	}
	if mine, ok := w.registered(r.before); ok {
		p.People = append(p.People, T("\"%s\" stays registered beside it. If that key is lost, take it away from their sign-in methods.", mine.Name))
	}
	switch wish.Road {
	case RoadPass:
		p.Needs = []Text{T("Needs the pass, the key and a touch, within five minutes.")}
	case RoadBehalf:
		p.Needs = []Text{T("Needs the role Authentication Administrator, the key and a touch, within five minutes.")}
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
	if !w.pin.Empty() { // typed since the key was looked at: it may show more now
		if _, err := w.personsKey(ctx, registrationID); err != nil {
			return err
		}
	}
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
	if err := w.passAtHand(ctx); err != nil {
		return nil, err
	}
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

// inBrowser leads the person through Security info in a browser of their own; what came of it is read from the tenant.
func (r *registrationStep) inBrowser(ctx context.Context, w *World, wish Wish) error {
	w.closeKey() // the browser needs it
	first := T("1  On the computer with the key, open  aka.ms/mysecurityinfo  in a private window and sign in as %s.", wish.UserUPN)
	if wish.Road == RoadPass {
		first = T("1  On the computer with the key, open  aka.ms/mysecurityinfo  in a private window; sign in as %s with the pass.", wish.UserUPN)
	}
	q := Question{Name: "registration.browser", Kind: Act, Text: T("Register the key in the browser."),
		Detail: []Text{
			first,
			T("2  \"Add sign-in method\", \"Security key\", \"USB device\". When the light flashes blue, touch the key."),
			T("3  Name it \"%s\" and finish.", r.name),
		}}
	if wish.Road == RoadPass {
		q.Default = "done"
		q.Choices = []Choice{{ID: "done", Text: T("that is done: look")},
			{ID: "new", Text: T("the pass was lost or has ended: issue a new one"), Detail: T("one from before stops working")}}
	}
	for {
		a, err := w.Ask(ctx, q)
		if err != nil || a.ID != "new" {
			return err
		}
		have, err := w.Tenant.Passes(ctx, wish.User)
		if err == nil {
			err = w.newPass(ctx, registrationID, have)
		}
		if err != nil {
			return err
		}
	}
}

// verify reads the person's passkeys back: the tenant lists the credential that was made, or a new one.
func (r *registrationStep) verify(ctx context.Context, w *World) error {
	wish := w.Journal.Wish()
	now, err := w.Tenant.Passkeys(ctx, wish.User)
	if err != nil {
		return err
	}
	if r.held && len(now) > 0 {
		w.verified(registrationID, Counted(len(now), T("Read back: the tenant lists 1 passkey for %s, and the key says that it is the one.", wish.UserName),
			T("Read back: the tenant lists %d passkeys for %s, and the key says that it is one of them.", len(now), wish.UserName)))
		return nil
	}
	for _, k := range now {
		old := slices.ContainsFunc(r.before, func(b graph.Passkey) bool { return b.ID == k.ID })
		if k.Is(r.cred) || len(r.cred) == 0 && !old {
			w.verified(registrationID, T("Read back: the tenant lists \"%s\" for %s (%s).", k.Name, wish.UserName, attested(k)),
				Fact{"passkey", k.Name}, Fact{"aaguid", k.AAGUID.String()}, Fact{"attested", yesNo(k.Attested).String()})
			if len(r.cred) == 0 {
				r.cred = k.CredentialID
			}
			return w.settleCredential(r.cred)
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

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

// make makes the credential the tenant asks for, with the finger or the PIN.
func (r *registrationStep) make(ctx context.Context, w *World, o graph.CreationOptions, client []byte) (fido.Credential, error) {
	if _, err := w.openKey(ctx, registrationID); err != nil {
		return fido.Credential{}, err
	}
	req := fido.MakeRequest{RPID: o.RPID, RPName: o.RPName, UserID: o.UserID, UserName: o.UserName, DisplayName: o.DisplayName,
		ClientDataHash: sha256.Sum256(client), Algorithms: o.Algorithms, Exclude: fitting(o.Exclude, w.keyInfo),
		HMACSecret: o.HMACSecret && slices.Contains(w.keyInfo.Extensions, "hmac-secret")}
	if slices.Contains(w.keyInfo.Extensions, "credProtect") {
		req.CredProtect = o.CredProtect
	}
	var cred fido.Credential
	err := w.verifiedByKey(ctx, func(ctx context.Context, pin secret.Secret) (err error) {
		cred, err = w.session.Make(ctx, pin, req)
		return err
	})
	r.cred = cred.ID
	return cred, err
}

// verifiedByKey runs f with the finger where the key has one, with the PIN and a touch where it has none or has locked
// its sensor.
func (w *World) verifiedByKey(ctx context.Context, f func(ctx context.Context, pin secret.Secret) error) error {
	touch := func(pin secret.Secret) error {
		return w.touching(ctx, func(ctx context.Context) error { return f(ctx, pin) })
	}
	defer w.light("blue", false)
	if w.keyInfo.HasFinger() || w.keyInfo.Options["uv"] {
		w.light("blue", true)
		err := touch(secret.Secret{})
		var refused *fido.Error
		switch {
		case !errors.As(err, &refused):
			return err
		case refused.Code == fido.CodeUVInvalid:
			return w.fingerWrong(ctx, refused)
		case refused.Code != fido.CodeUVBlocked && refused.Code != fido.CodePUATRequired:
			return err
		}
		w.note("", T("The key does not take fingers at the moment: it wants its PIN."))
	}
	return w.withPIN(ctx, registrationID, func(pin secret.Secret) error {
		w.light("cyan", true)
		return touch(pin)
	})
}

// fingerWrong says how many tries of a finger are left, where the key counts them aloud.
func (w *World) fingerWrong(ctx context.Context, err *fido.Error) error {
	p := problemOfKey(err)
	if r, e := w.session.Retries(ctx); e == nil && r.UV >= 0 {
		p.State = T("Nothing was changed. Finger tries left: %d; after that the key asks for its PIN instead.", r.UV)
	}
	return p
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
	if w.rollout {
		p.Next = slices.Insert(p.Next, 1, toStepOne)
	}
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

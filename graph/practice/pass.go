package practice

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/json"
	"time"
)

// A Temporary Access Pass: one per user, its value told once and kept only as a salted, slow hash.

type pass struct {
	ID       string
	UserID   string
	Salt     []byte
	Hash     []byte
	Created  time.Time
	Start    time.Time
	Lifetime int // minutes
	Once     bool
	Used     bool
}

func (p *pass) ends() time.Time { return p.Start.Add(time.Duration(p.Lifetime) * time.Minute) }

// passAlphabet leaves out what is misread on paper; the signs are there because real passes have some.
const passAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789+*&%=$!"

// passRounds makes a guess at a stolen state file cost milliseconds instead of nanoseconds.
const passRounds = 20_000

func (t *Tenant) newPassValue(n int) (string, error) {
	out := make([]byte, 0, n)
	for len(out) < n {
		b, err := t.random(1)
		if err != nil {
			return "", err
		}
		// Values above the last whole multiple would make the first letters likelier.
		if int(b[0]) < 256/len(passAlphabet)*len(passAlphabet) {
			out = append(out, passAlphabet[int(b[0])%len(passAlphabet)])
		}
	}
	return string(out), nil
}

func hashPass(value string, salt []byte) ([]byte, error) {
	return pbkdf2.Key(sha256.New, value, salt, passRounds, sha256.Size)
}

func (p *pass) is(value string) bool {
	h, err := hashPass(value, p.Salt)
	return err == nil && hmac.Equal(h, p.Hash)
}

// usable tells methodUsabilityReason: the policy's word comes first, then the pass's own state.
func (c *call) usable(p *pass, u *user) (bool, string) {
	policy := readPassPolicy(c.st.Methods["temporaryaccesspass"])
	switch {
	case policy.State != "enabled" || !c.t.dir.meansPass(policy, u):
		return false, "DisabledByPolicy"
	case p.Used && p.Once:
		return false, "OneTimeUsed"
	case !c.now.Before(p.ends()):
		return false, "Expired"
	case c.now.Before(p.Start):
		return false, "NotYetValid"
	}
	return true, "EnabledByPolicy"
}

func (c *call) passObject(p *pass, u *user, value any) object {
	usable, reason := c.usable(p, u)
	return object{
		"id": p.ID, "temporaryAccessPass": value, "createdDateTime": stamp(p.Created), "startDateTime": stamp(p.Start),
		"lifetimeInMinutes": p.Lifetime, "isUsableOnce": p.Once, "isUsable": usable, "methodUsabilityReason": reason,
	}
}

// methodsOf finds whose sign-in methods the call is about, and whether the caller may look at or change them.
func (c *call) methodsOf(change bool) (*user, error) {
	id, named := c.vars["user"]
	if !named { // /me
		if c.who.user == nil {
			return nil, bad("BadRequest", "/me request is only valid with delegated authentication flow.")
		}
		return c.who.user, nil
	}
	u, err := c.user(id)
	if err != nil {
		return nil, err
	}
	return u, c.overMethods(u, change)
}

func (c *call) passesPath(u *user) string {
	return "users('" + u.id + "')/authentication/temporaryAccessPassMethods"
}

func (c *call) listPasses() (*reply, error) {
	u, err := c.methodsOf(false)
	if err != nil {
		return nil, err
	}
	var rows []object
	if p := c.st.Passes[u.id]; p != nil {
		rows = append(rows, c.passObject(p, u, nil))
	}
	return c.list(collection{path: c.passesPath(u), kind: "temporaryAccessPassAuthenticationMethod", rows: rows})
}

func (c *call) onePass(change bool) (*pass, *user, error) {
	u, err := c.methodsOf(change)
	if err != nil {
		return nil, nil, err
	}
	p := c.st.Passes[u.id]
	if p == nil || p.ID != c.vars["id"] {
		return nil, nil, methodNotFound("Temporary Access Pass", c.vars["id"])
	}
	return p, u, nil
}

func methodNotFound(kind, id string) *refusal {
	return (&refusal{status: 404, code: "resourceNotFound", message: "Requested method not found."}).because("there is no %s with the id %q", kind, id)
}

func (c *call) getPass() (*reply, error) {
	p, u, err := c.onePass(false)
	if err != nil {
		return nil, err
	}
	return c.one(c.passesPath(u)+"/$entity", "temporaryAccessPassAuthenticationMethod", c.passObject(p, u, nil), nil)
}

// passRequest is the body of POST temporaryAccessPassMethods, all of it optional.
type passRequest struct {
	Start    *time.Time `json:"startDateTime"`
	Lifetime *int       `json:"lifetimeInMinutes"`
	Once     *bool      `json:"isUsableOnce"`
}

// issuePass makes a pass and tells its value, this once. It replaces the one the user had. A user outside the policy's
// scope gets a pass as well, and fails with it at sign-in.
func (c *call) issuePass() (*reply, error) {
	u, err := c.methodsOf(true)
	if err != nil {
		return nil, err
	}
	in, err := c.readPassRequest()
	if err != nil {
		return nil, err
	}
	if u.Guest {
		return nil, bad("badRequest", "Temporary Access Pass cannot be added to an external guest user.")
	}
	policy := readPassPolicy(c.st.Methods["temporaryaccesspass"])
	if policy.State != "enabled" {
		return nil, bad("badRequest", "Temporary Access Pass is not enabled by the authentication methods policy.")
	}
	p := &pass{UserID: u.id, Created: c.now, Start: c.now, Lifetime: policy.Default, Once: policy.Once}
	if in.Lifetime != nil {
		p.Lifetime = *in.Lifetime
	}
	if p.Lifetime < policy.Minimum || p.Lifetime > policy.Maximum {
		return nil, bad("badRequest", "Invalid LifetimeInMinutes specified. The valid range between %d and %d.", policy.Minimum, policy.Maximum)
	}
	if in.Once != nil {
		if p.Once = *in.Once; policy.Once && !p.Once {
			return nil, bad("badRequest", "Invalid IsUsableOnce specified. The policy requires one-time use.")
		}
	}
	if in.Start != nil {
		if p.Start = in.Start.UTC().Truncate(time.Second); !c.now.Before(p.ends()) {
			return nil, bad("badRequest", "Invalid StartDateTime specified. The pass would already have expired.")
		}
	}
	value, err := c.t.newPassValue(policy.lengthOf())
	if err != nil {
		return nil, err
	}
	if p.ID, err = c.t.newID(); err != nil {
		return nil, err
	}
	if p.Salt, err = c.t.random(16); err != nil {
		return nil, err
	}
	if p.Hash, err = hashPass(value, p.Salt); err != nil {
		return nil, err
	}
	c.st.Passes[u.id], c.changed = p, true
	c.auditMethod("Admin registered security info", "Admin registered temporary access pass method for user", u, nil)
	return created(c.entity(c.passesPath(u)+"/$entity", c.passObject(p, u, value)))
}

// readPassRequest reads the body and refuses properties that cannot be set.
func (c *call) readPassRequest() (passRequest, error) {
	var raw map[string]json.RawMessage
	var in passRequest
	if err := c.decode(&raw); err != nil {
		return in, err
	}
	for k, v := range raw {
		if k[:min(1, len(k))] == "@" {
			continue
		}
		switch k {
		case "startDateTime", "lifetimeInMinutes", "isUsableOnce":
		case "id", "createdDateTime", "isUsable", "methodUsabilityReason", "temporaryAccessPass":
			if string(v) != "null" {
				return in, bad("badRequest", "The property '%s' is read-only.", k)
			}
		default:
			return in, unknownProperty(k, "microsoft.graph.temporaryAccessPassAuthenticationMethod")
		}
	}
	if err := json.Unmarshal(c.body, &in); err != nil {
		return in, errPayload.because("%v", err)
	}
	return in, nil
}

func (c *call) revokePass() (*reply, error) {
	_, u, err := c.onePass(true)
	if err != nil {
		return nil, err
	}
	delete(c.st.Passes, u.id)
	c.changed = true
	c.auditMethod("Admin deleted security info", "Admin deleted temporary access pass method for user", u, nil)
	return noContent()
}

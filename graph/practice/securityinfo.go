package practice

// The Security info page: a person adds and removes passkeys of their own.

// visitor is the person on the Security info page; methods may be added for a while only.
func (c *call) visitor(adding bool) (*user, error) {
	s := c.st.Sessions[hashOf(bearer(c.r))]
	if s == nil || !c.now.Before(s.Expires) {
		return nil, errNoSession.because("there is no such session on the Security info page")
	}
	u := c.t.dir.user(s.UserID)
	if u == nil || u.Disabled {
		return nil, errNoSession.because("the account of the session is gone or disabled")
	}
	if adding && !c.now.Before(s.Register) {
		return nil, errWindowClosed.because("a one-time pass allows registration for ten minutes after sign-in")
	}
	return u, nil
}

// infoCreationOptions begins "Add sign-in method". The page offers passkeys only to people whom the policy means.
func (c *call) infoCreationOptions() (*reply, error) {
	u, err := c.visitor(true)
	if err != nil {
		return nil, err
	}
	policy := readFIDO2(c.st.Methods["fido2"])
	if _, none := c.t.dir.rulesFor(policy, u); none != "" {
		return nil, errNotOffered.because("%s", none)
	}
	if !policy.SelfService {
		return nil, errNotOffered.because("self-service set-up is not allowed by the policy")
	}
	if u.Guest {
		return nil, errNotOffered.because("%s is a guest; guests cannot register passkeys", u.UPN)
	}
	out, err := c.creation(u, challengeLife, c.party())
	if err != nil {
		return nil, err
	}
	return ok(out)
}

func (c *call) infoRegister() (*reply, error) {
	u, err := c.visitor(true)
	if err != nil {
		return nil, err
	}
	in, err := c.readRegistration()
	if err != nil {
		return nil, err
	}
	c.who = &caller{user: u}
	k, err := c.register(u, in)
	if err != nil {
		return nil, err
	}
	return created(c.keyObject(k))
}

// infoMethods is what the page shows: the person's name and methods.
func (c *call) infoMethods() (*reply, error) {
	u, err := c.visitor(false)
	if err != nil {
		return nil, err
	}
	keys := []any{}
	for _, k := range c.keysOf(u) {
		keys = append(keys, c.keyObject(k))
	}
	policy := readFIDO2(c.st.Methods["fido2"])
	_, none := c.t.dir.rulesFor(policy, u)
	return ok(object{"name": u.Name, "upn": u.UPN, "passkeys": keys, "offered": none == "" && policy.SelfService && !u.Guest})
}

func (c *call) infoDelete() (*reply, error) {
	u, err := c.visitor(false)
	if err != nil {
		return nil, err
	}
	var in struct {
		ID string `json:"id"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	for i, k := range c.st.Passkeys {
		if k.UserID == u.id && k.named(in.ID) {
			c.st.Passkeys = append(c.st.Passkeys[:i:i], c.st.Passkeys[i+1:]...)
			c.changed, c.who = true, &caller{user: u}
			c.auditMethod("User deleted security info", "User deleted passkey", u, k)
			return noContent()
		}
	}
	return nil, methodNotFound("passkey", in.ID)
}

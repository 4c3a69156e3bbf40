package practice

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The device code flow: a program shows a code, and the person types it into a browser somewhere else.

// codeAlphabet is the one of Entra's codes: no vowels, nothing that looks like something else.
const codeAlphabet = "BCDFGHJKLMNPQRSTVWXZ2345679"

func (c *call) deviceCode() (*reply, error) {
	app, form, err := c.clientRequest()
	if err != nil {
		return nil, err
	}
	if !app.Public {
		return nil, badOAuth("invalid_client", 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'. (Public client flows are not allowed for the application.)")
	}
	value, hash, err := c.t.newToken()
	if err != nil {
		return nil, err
	}
	b, err := c.t.random(9)
	if err != nil {
		return nil, err
	}
	for i := range b {
		b[i] = codeAlphabet[int(b[i])%len(codeAlphabet)] // a bias here makes no guess easier: codes live 15 minutes
	}
	code := string(b)
	c.st.Grants[hash] = &grant{Kind: "device", UserCode: code, App: app.ID, Scope: form.Get("scope"), Expires: c.now.Add(deviceLife)}
	c.changed = true
	where := c.forBrowser() + devicePath
	return ok(object{"user_code": code, "device_code": value, "verification_uri": where, "expires_in": int(deviceLife / time.Second), "interval": 5,
		"message": fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to authenticate.", where, code)})
}

const devicePath = "/practice/device"

// SignInDevice plays the person who opens the device page, types the code and signs in.
func (t *Tenant) SignInDevice(userCode, upn string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, err := http.NewRequest("POST", "https://login.microsoftonline.com"+devicePath, nil)
	if err != nil {
		return err
	}
	c := t.newCall(r)
	u, err := c.person(t.seed.upn(upn))
	if err != nil {
		return err
	}
	refused := c.approveDevice(userCode, u)
	if c.changed {
		if err := t.save(); err != nil {
			t.rollback()
			return err
		}
	}
	if refused != nil {
		t.refused = refused.Error()
		return refused
	}
	return nil
}

var (
	errDeviceCode   = page(http.StatusNotFound, "code-unknown", "That code didn't work. Check the code and try again.")
	errDeviceCodeAt = page(http.StatusForbidden, "code-expired", "That code has expired. Start again in the program that showed it.")
)

// waiting finds the program that waits for a code.
func (c *call) waiting(userCode string) (*grant, *refusal) {
	want := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(userCode), "-", ""))
	for _, g := range c.st.Grants {
		if g.Kind == "device" && g.UserCode == want && g.UserID == "" && g.Refused == "" {
			if !c.now.Before(g.Expires) {
				return nil, errDeviceCodeAt
			}
			return g, nil
		}
	}
	return nil, errDeviceCode.because("no program waits for this code")
}

// approveDevice signs a person in for the program that waits. A Conditional Access policy may block just this way.
func (c *call) approveDevice(userCode string, u *user) *refusal {
	g, refused := c.waiting(userCode)
	if refused != nil {
		return refused
	}
	c.changed = true
	if u.Disabled {
		return errUserDisabled.because("the account of %s is disabled", u.UPN)
	}
	if refused := c.admit(u, "password,microsoftAuthenticatorPush", "", false, true); refused != nil {
		g.Refused = refused.Error()
		return refused
	}
	if refused := c.consent(u, g.Scope); refused != nil {
		return refused // the code stays good: an administrator may use it
	}
	g.UserID, g.MFA = u.id, c.now
	return nil
}

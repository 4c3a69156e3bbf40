package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"keyrollout/graph/practice"
)

// consentSeed is a tenant whose app may read; for all else an administrator has to consent. Its sign-in log is not late.
const consentSeed = `{"signInDelay": "0s",
	"people": [{"upn": "root", "name": "Root", "roles": ["Global Administrator"]}, {"upn": "aiko", "name": "Aiko Tanaka"}],
	"groups": [{"name": "Pilot", "kind": "security", "members": ["aiko"]}],
	"consent": ["Policy.Read.AuthenticationMethod", "User.Read", "User.ReadBasic.All", "Group.ReadBasic.All", "GroupMember.Read.All",
		"Organization.Read.All", "LicenseAssignment.Read.All", "Policy.Read.All", "UserAuthMethod-TAP.Read.All", "UserAuthMethod-Passkey.Read.All"]}`

// codesTyped is a person who types every code that is shown into the page that is named beside it.
type codesTyped struct {
	t    *testing.T
	upn  string
	seen map[string]bool
}

var shownCode = regexp.MustCompile(`(http://\S+/practice/device)[\s\S]*?\b([B-DF-HJ-NP-TV-Z2-79]{9})\b`)

func (p *codesTyped) read(screen string) {
	for _, m := range shownCode.FindAllStringSubmatch(screen, -1) {
		if p.seen[m[2]] {
			continue
		}
		p.seen[m[2]] = true
		resp, err := http.PostForm(m[1], url.Values{"code": {m[2]}, "upn": {p.upn}})
		if err != nil {
			p.t.Error(err)
			return
		}
		resp.Body.Close()
	}
}

// askedForChanges holds that step 1 named the permission of each of its two changes, and that there was a sign-in for
// each and one for looking.
func askedForChanges(t *testing.T, screen string, signIns int) {
	t.Helper()
	for _, want := range []string{"needs more permissions: Policy.ReadWrite.AuthenticationMethod", "needs more permissions: UserAuthMethod-TAP.ReadWrite.All"} {
		if !strings.Contains(strings.Join(strings.Fields(screen), " "), want) {
			t.Errorf("no %q in\n%s", want, screen)
		}
	}
	if signIns != 3 {
		t.Errorf("%d sign-ins: one is for looking, two for the changes", signIns)
	}
}

// All four steps by the wizard in one process, in a practice tenant that another one serves, with the software key: a
// real sign-in by device code, one more for every permission that a step needs and nobody consented to; killed when the
// key is set up, and taken up again by a third process.
func TestRolloutInServedTenant(t *testing.T) {
	bin := build(t)
	s := serveTenant(t, t.TempDir(), "--seed", fileOf(t, consentSeed))
	defer s.end()
	state := t.TempDir()
	args := []string{"--practice-at", strings.TrimSuffix(s.lines["Graph"], "/v1.0"), "--tenant", practice.Domain, "--login", "device-code"}
	notes = ""
	first := &codesTyped{t, "root@" + practice.Domain, map[string]bool{}}
	screen, err := sit(t, bin, state, func(screen string) bool {
		first.read(screen)
		return strings.Contains(screen, "Step: registration")
	}, args...)
	if err == nil || err.Error() != "killed" {
		t.Fatalf("not killed: %v\n%s", err, screen)
	}
	askedForChanges(t, screen, len(first.seen))
	second := &codesTyped{t, "root@" + practice.Domain, map[string]bool{}}
	screen, err = sit(t, bin, state, func(screen string) bool { second.read(screen); return false }, args...)
	if err != nil || !strings.Contains(screen, "Proven: ") {
		t.Fatalf("%v\n%s", err, screen)
	}
	if len(second.seen) != 2 || !strings.Contains(screen, "AuditLog.Read.All") {
		t.Errorf("%d codes were shown, and one is for the sign-in log\n%s", len(second.seen), screen)
	}
	var keys struct {
		Value []struct{ DisplayName string }
	}
	if s.get("/users/aiko@"+practice.Domain+"/authentication/fido2Methods", &keys); len(keys.Value) != 1 {
		t.Errorf("the tenant has %+v", keys)
	}
}

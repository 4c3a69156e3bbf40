package practice

import (
	"fmt"
	"strings"
	"time"
)

// directory is the people and groups, indexed. It never changes once made.
type directory struct {
	users  []*user
	byID   map[string]*user
	byUPN  map[string]*user // lower case
	groups []*group
	gByID  map[string]*group
}

type user struct {
	id string
	Person
	in []*group // groups that list the user by name
}

type group struct {
	id string
	Group
	users []*user  // direct
	inner []*group // groups inside this one
	outer []*group // groups around this one
}

// founded is when everything in the made-up company was created; Graph always tells a date.
var founded = time.Date(2024, 4, 1, 8, 0, 0, 0, time.UTC)

func newDirectory(s *Seed) (*directory, error) {
	d := &directory{byID: map[string]*user{}, byUPN: map[string]*user{}, gByID: map[string]*group{}}
	for _, p := range s.People {
		if err := p.check(); err != nil {
			return nil, err
		}
		p.UPN = s.upn(p.UPN)
		u := &user{id: s.idOf("user", p.UPN), Person: p}
		if d.byID[u.id] != nil {
			return nil, fmt.Errorf("two people have the user principal name %s", p.UPN)
		}
		d.users = append(d.users, u)
		d.byID[u.id], d.byUPN[strings.ToLower(p.UPN)] = u, u
	}
	byName := map[string]*group{}
	for _, g := range s.Groups {
		if g.Kind == "" {
			g.Kind = Security
		}
		gr := &group{id: s.idOf("group", g.Name), Group: g}
		if g.Name == "" || byName[strings.ToLower(g.Name)] != nil {
			return nil, fmt.Errorf("a group needs a name of its own: %q", g.Name)
		}
		d.groups = append(d.groups, gr)
		d.gByID[gr.id], byName[strings.ToLower(g.Name)] = gr, gr
	}
	for _, g := range d.groups {
		for _, m := range g.Members {
			if in := byName[strings.ToLower(m)]; in != nil {
				g.inner, in.outer = append(g.inner, in), append(in.outer, g)
			} else if u := d.byUPN[strings.ToLower(s.upn(m))]; u != nil {
				g.users, u.in = append(g.users, u), append(u.in, g)
			} else {
				return nil, fmt.Errorf("group %q has a member that does not exist: %q", g.Name, m)
			}
		}
	}
	return d, nil
}

// user finds by id or user principal name.
func (d *directory) user(idOrUPN string) *user {
	key := strings.ToLower(idOrUPN)
	if u := d.byID[key]; u != nil {
		return u
	}
	return d.byUPN[key]
}

func (d *directory) group(id string) *group { return d.gByID[strings.ToLower(id)] }

// groupsOf is every group the user is in, directly or through another.
func (u *user) groupsOf() map[*group]bool {
	seen := map[*group]bool{}
	var climb func([]*group)
	climb = func(gs []*group) {
		for _, g := range gs {
			if !seen[g] {
				seen[g] = true
				climb(g.outer)
			}
		}
	}
	climb(u.in)
	return seen
}

// everyone is the users and groups inside a group, each once, those on the surface first.
func (g *group) everyone() (users []*user, groups []*group) {
	seenU, seenG := map[*user]bool{}, map[*group]bool{g: true}
	for next := []*group{g}; len(next) > 0; {
		var deeper []*group
		for _, g := range next {
			for _, u := range g.users {
				if !seenU[u] {
					seenU[u] = true
					users = append(users, u)
				}
			}
			for _, in := range g.inner {
				if !seenG[in] {
					seenG[in] = true
					groups, deeper = append(groups, in), append(deeper, in)
				}
			}
		}
		next = deeper
	}
	return users, groups
}

// object is the user as Graph shows it. Rows are made when asked for: the directory may hold 100,000 people.
func (u *user) object(s *Seed) object {
	kind, creation := "Member", any(nil)
	mail := any(strings.ToLower(u.UPN))
	external := any(nil)
	if u.Guest {
		kind, creation, external = "Guest", "Invitation", "Accepted"
		mail = guestMail(u.UPN)
	}
	return object{
		"id": u.id, "userPrincipalName": u.UPN, "displayName": u.Name,
		"givenName": orNull(u.Given), "surname": orNull(u.Surname), "mail": mail,
		"jobTitle": orNull(u.Title), "department": orNull(u.Department),
		"businessPhones": []string{}, "mobilePhone": nil, "officeLocation": nil, "preferredLanguage": nil,
		"accountEnabled": !u.Disabled, "userType": kind, "creationType": creation, "externalUserState": external,
		"onPremisesSyncEnabled": nil, "onPremisesImmutableId": nil, "onPremisesLastSyncDateTime": nil,
		"mailNickname": mailNickname(u.UPN), "createdDateTime": stamp(founded), "usageLocation": nil, "companyName": nil,
		"assignedLicenses": []any{},
	}
}

// guestMail turns dana.lind_fabrikam.example#EXT#@contoso.example back into dana.lind@fabrikam.example.
func guestMail(upn string) string {
	local, _, _ := strings.Cut(upn, "#")
	if i := strings.LastIndexByte(local, '_'); i >= 0 {
		return strings.ToLower(local[:i] + "@" + local[i+1:])
	}
	return strings.ToLower(local)
}

func mailNickname(upn string) string {
	local, _, _ := strings.Cut(upn, "@")
	return strings.ReplaceAll(local, "#EXT#", "")
}

// object is the group as Graph shows it.
func (g *group) object(s *Seed) object {
	types := []string{}
	var rule, processing, mail any
	security, mailEnabled := true, false
	switch g.Kind {
	case Dynamic:
		types, rule, processing = []string{"DynamicMembership"}, g.Rule, "On"
	case Microsoft365:
		types, security, mailEnabled = []string{"Unified"}, false, true
	case MailSecurity:
		mailEnabled = true
	case Distribution:
		security, mailEnabled = false, true
	}
	nick := nickname(g.Name)
	if mailEnabled {
		mail = nick + "@" + s.Domain
	}
	return object{
		"id": g.id, "displayName": g.Name, "description": orNull(g.Description), "groupTypes": types,
		"securityEnabled": security, "mailEnabled": mailEnabled, "mailNickname": nick, "mail": mail,
		"membershipRule": rule, "membershipRuleProcessingState": processing, "isAssignableToRole": nil,
		"createdDateTime": stamp(founded), "renewedDateTime": stamp(founded), "deletedDateTime": nil, "classification": nil,
		"expirationDateTime": nil, "onPremisesSyncEnabled": nil, "onPremisesLastSyncDateTime": nil, "preferredDataLocation": nil,
		"preferredLanguage": nil, "proxyAddresses": []string{}, "theme": nil, "visibility": nil,
		"onPremisesProvisioningErrors": []any{}, "serviceProvisioningErrors": []any{},
	}
}

// target reports whether a policy may name the group: assigned or dynamic security groups.
func (g *group) target() bool {
	return g.Kind == Security || g.Kind == Dynamic || g.Kind == MailSecurity
}

func nickname(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// stamp writes a time as Graph does.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

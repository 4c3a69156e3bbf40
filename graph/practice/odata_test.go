package practice

import (
	"net/url"
	"strings"
	"testing"
)

func (b *bench) names(path string) []string {
	b.t.Helper()
	var names []string
	for _, row := range at[[]any](b.t, b.want(200, "GET", path, nil), "value") {
		names = append(names, at[string](b.t, row, "displayName"))
	}
	return names
}

func q(path string, options ...string) string {
	v := url.Values{}
	for i := 0; i < len(options); i += 2 {
		v.Set(options[i], options[i+1])
	}
	return path + "?" + strings.ReplaceAll(v.Encode(), "+", "%20")
}

func TestSearch(t *testing.T) {
	b := newBench(t)
	search := func(s string) string { return q("/v1.0/users", "$search", s, "$top", "10", "$count", "true") }
	out := b.want(400, "GET", search(`"displayName:ann"`), nil)
	if at[string](t, out, "error", "code") != "Request_UnsupportedQuery" {
		t.Errorf("%v", out)
	}
	b = b.with("ConsistencyLevel", "eventual")
	for s, want := range map[string]string{
		`"displayName:sato" OR "userPrincipalName:sato"`: "佐藤 愛子 (Aiko Sato)",
		`"displayName:佐藤"`:                               "佐藤 愛子 (Aiko Sato)",
		`"displayName:núñ"`:                              "José Núñez",
		`"userPrincipalName:zoe"`:                        "Zoë Müller",
		`"displayName:green chr"`:                        "Chris Green",
		`"displayName:o'brien"`:                          "Daniel O'Brien",
		`"displayName:wang" AND "userPrincipalName:wei"`: "王伟 (Wang Wei)",
		`"displayName:garcía-l"`:                         "María José García-López",
	} {
		if got := b.names(search(s)); len(got) != 1 || got[0] != want {
			t.Errorf("%s finds %v, want %s", s, got, want)
		}
	}
	if got := b.names(search(`"displayName:nobody"`)); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if n := at[float64](t, b.want(200, "GET", search(`"displayName:a"`), nil), "@odata.count"); n < 3 {
		t.Errorf("count %v", n)
	}
	for _, s := range []string{`displayName:x`, `"displayName"`, `"displayName:x" XOR "displayName:y"`, `"displayName:x`} {
		b.want(400, "GET", search(s), nil)
	}
	groups := q("/v1.0/groups", "$search", `"displayName:pilot"`, "$filter", "securityEnabled eq true", "$select", "id,displayName")
	if got := b.names(groups); len(got) != 2 {
		t.Errorf("groups %v", got)
	}
}

func TestFilter(t *testing.T) {
	b := newBench(t).with("ConsistencyLevel", "eventual")
	for f, want := range map[string]int{
		"startswith(displayName,'Chris')":                1,
		"userType eq 'Guest'":                            1,
		"accountEnabled eq false":                        1,
		"not (accountEnabled eq true)":                   1,
		"surname eq 'O''Brien'":                          1,
		"department eq 'Legal' and jobTitle ne 'Lawyer'": 2,
		"userPrincipalName in ('" + aiko + "','x')":      1,
		"(displayName eq 'x' or endswith(mail,'fabrikam.example')) and userType eq 'Guest'": 1,
		"createdDateTime lt 2020-01-01T00:00:00Z":                                           0,
		"mobilePhone eq null and displayName eq 'Zoë Müller'":                               1,
	} {
		if got := b.names(q("/v1.0/users", "$filter", f, "$top", "999", "$count", "true")); len(got) != want {
			t.Errorf("%s finds %d (%v), want %d", f, len(got), got, want)
		}
	}
	if got := b.names(q("/v1.0/groups", "$filter", "groupTypes/any(c:c eq 'DynamicMembership')")); len(got) != 1 || got[0] != EveryoneGroup {
		t.Errorf("%v", got)
	}
	for _, f := range []string{"displayName", "displayName eq", "displayName like 'x'", "displayName eq 'x", "(displayName eq 'x'", "and", "displayName eq 'x' x",
		"'x' eq displayName", "startswith(displayName)", "startswith(displayName,5)", "pow(displayName,'x')", "id in 'x'", strings.Repeat("not ", 100) + "id eq 'x'"} {
		b.want(400, "GET", q("/v1.0/users", "$filter", f), nil)
	}
}

func TestPages(t *testing.T) {
	b := newBench(t)
	all := b.names(q("/v1.0/users", "$top", "999"))
	var got []string
	path := q("/v1.0/users", "$top", "7", "$select", "displayName")
	for n := 0; path != ""; n++ {
		out := b.want(200, "GET", path, nil)
		for _, row := range at[[]any](t, out, "value") {
			got = append(got, at[string](t, row, "displayName"))
		}
		next, _ := out["@odata.nextLink"].(string)
		path = strings.TrimPrefix(next, "https://graph.microsoft.com")
		if n > 20 {
			t.Fatal("the pages do not end")
		}
	}
	if strings.Join(got, "|") != strings.Join(all, "|") {
		t.Errorf("paged %v\nwhole %v", got, all)
	}
	b.want(400, "GET", q("/v1.0/users", "$top", "1000"), nil)
	b.want(400, "GET", q("/v1.0/users", "$top", "x"), nil)
	b.want(400, "GET", q("/v1.0/users", "$skiptoken", "!"), nil)
	b.want(400, "GET", q("/v1.0/users", "$wish", "x"), nil)
	b.want(400, "GET", q("/v1.0/users", "$select", "a b"), nil)
	sorted := b.names(q("/v1.0/users", "$orderby", "displayName desc", "$top", "2"))
	if sorted[0] < sorted[1] {
		t.Errorf("%v", sorted)
	}
}

func TestMembership(t *testing.T) {
	b := newBench(t)
	path := func(group, rest string) string { return "/v1.0/groups/" + b.groupID(group) + rest }
	out := b.want(200, "POST", b.userPath(aiko, "/checkMemberGroups"), map[string]any{"groupIds": []any{b.groupID("Key holders"), b.groupID(PilotGroup), b.groupID("Sales"), "x"}})
	if got := at[[]any](t, out, "value"); len(got) != 2 {
		t.Errorf("member of %v", got)
	}
	b.want(400, "POST", b.userPath(aiko, "/checkMemberGroups"), map[string]any{"groupIds": []any{}})
	b.want(200, "GET", path(PilotGroup, ""), nil)
	b.want(404, "GET", "/v1.0/groups/00000000-0000-0000-0000-000000000000", nil)
	if out := b.want(200, "GET", path("Key holders", "/members"), nil); len(at[[]any](t, out, "value")) != 2 {
		t.Errorf("members %v", out)
	}
	b = b.with("ConsistencyLevel", "eventual")
	out = b.want(200, "GET", path("Key holders", "/transitiveMembers/microsoft.graph.user?$count=true&$top=5&$select=id"), nil)
	if n := at[float64](t, out, "@odata.count"); n != 26 {
		t.Errorf("%v people hold keys", n)
	}
	status, raw := b.raw("GET", path("Key holders", "/transitiveMembers/microsoft.graph.user/$count"), nil)
	if status != 200 || string(raw) != "26" {
		t.Errorf("%d %s", status, raw)
	}
	b.with("Accept", "application/json").want(415, "GET", path("Key holders", "/transitiveMembers/$count"), nil)
	b.with("ConsistencyLevel", "").want(400, "GET", path("Key holders", "/transitiveMembers/$count"), nil)

	// The guest's name has a # in it.
	guest := b.want(200, "GET", "/v1.0/users/"+url.PathEscape(GuestUPN), nil)
	b.want(200, "GET", "/v1.0/users('"+aiko+"')?$select=id", nil)
	if at[string](t, guest, "mail") != "dana.lind@fabrikam.example" {
		t.Errorf("%v", guest)
	}
}

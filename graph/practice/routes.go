package practice

import (
	"net/http"
	"net/url"
	"strings"
)

// route is one call of the service.
type route struct {
	method string
	path   string // {name} takes one segment, (name) an optional segment such as a type cast
	in     string // "v1.0", "beta", or "" for both
	need   []string
	open   bool // needs no token: the pages of a browser, and the sign-in endpoint
	do     func(*call) (*reply, error)
}

// Rights, least first, from the permissions table of each call in the API reference.
var (
	mayReadPolicy  = []string{"Policy.Read.AuthenticationMethod", "Policy.ReadWrite.AuthenticationMethod", "Policy.Read.All"}
	maySetPolicy   = []string{"Policy.ReadWrite.AuthenticationMethod"}
	mayReadUsers   = []string{"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	mayReadSelf    = []string{"User.Read", "User.ReadWrite", "User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	mayReadTenant  = []string{"User.Read", "Organization.Read.All", "Organization.ReadWrite.All", "User.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	mayReadGroups  = []string{"Group.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	mayReadMembers = []string{"GroupMember.ReadBasic.All", "GroupMember.Read.All", "Group.ReadBasic.All", "Group.Read.All", "Group.ReadWrite.All", "GroupMember.ReadWrite.All", "Directory.Read.All"}
	mayCheckGroups = []string{"GroupMember.Read.All", "GroupMember.ReadBasic.All", "Group.ReadBasic.All", "Group.Read.All", "Group.ReadWrite.All", "User.Read.All", "User.ReadWrite.All", "Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	mayReadLogs    = []string{"AuditLog.Read.All"}
	mayReadAudits  = []string{"AuditLog.Read.All", "Directory.Read.All"}

	mayReadPasses    = []string{"UserAuthMethod-TAP.Read.All", "UserAuthMethod-TAP.ReadWrite.All", "UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All"}
	maySetPasses     = []string{"UserAuthMethod-TAP.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All"}
	mayReadKeys      = []string{"UserAuthMethod-Passkey.Read.All", "UserAuthMethod-Passkey.ReadWrite.All", "UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All"}
	maySetKeys       = []string{"UserAuthMethod-Passkey.ReadWrite.All", "UserAuthenticationMethod.ReadWrite.All"}
	mayReadMyPass    = []string{"UserAuthMethod-TAP.Read", "UserAuthMethod-TAP.ReadWrite", "UserAuthMethod-TAP.Read.All", "UserAuthMethod-TAP.ReadWrite.All", "UserAuthenticationMethod.Read", "UserAuthenticationMethod.ReadWrite", "UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All"}
	mayReadMyKeys    = []string{"UserAuthMethod-Passkey.Read", "UserAuthMethod-Passkey.ReadWrite", "UserAuthenticationMethod.Read", "UserAuthenticationMethod.ReadWrite"}
	maySetMyKeys     = []string{"UserAuthMethod-Passkey.ReadWrite", "UserAuthenticationMethod.ReadWrite"}
	mayReadMethods   = []string{"UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All"}
	mayReadMyMethods = []string{"UserAuthenticationMethod.Read", "UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite", "UserAuthenticationMethod.ReadWrite.All"}
	mayReadDomains   = []string{"Domain.Read.All", "Domain.ReadWrite.All", "Directory.Read.All"}
	mayReadSKUs      = []string{"LicenseAssignment.Read.All", "Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	mayReadDefaults  = []string{"Policy.Read.All", "Policy.ReadWrite.SecurityDefaults"}
	mayReadStrengths = []string{"Policy.Read.AuthenticationMethod", "Policy.Read.All", "Policy.ReadWrite.AuthenticationMethod", "Policy.ReadWrite.ConditionalAccess"}
	maySetStrengths  = []string{"Policy.ReadWrite.ConditionalAccess", "Policy.ReadWrite.AuthenticationMethod"}

	mayMyChallenge = []string{"UserAuthMethod-Passkey.ReadWrite"} // the broader right is not listed for this one call
)

const (
	methodsPolicy = "/policies/authenticationMethodsPolicy"
	configuration = methodsPolicy + "/authenticationMethodConfigurations/{method}"
	strengthsPath = "/policies/authenticationStrengthPolicies"
	reportsPath   = "/reports/authenticationMethods"
	userKeys      = "/users/{user}/authentication/fido2Methods"
	userPasses    = "/users/{user}/authentication/temporaryAccessPassMethods"
	myKeys        = "/me/authentication/fido2Methods"
	myPasses      = "/me/authentication/temporaryAccessPassMethods"
)

// routes are all calls there are; what is not here answers as Graph answers an unknown segment.
var routes []route

func init() {
	routes = []route{
		{method: "GET", path: "/organization", need: mayReadTenant, do: (*call).organization},
		{method: "GET", path: "/me", need: mayReadSelf, do: (*call).me},
		{method: "GET", path: "/users", need: mayReadUsers, do: (*call).listUsers},
		{method: "GET", path: "/users/{user}", need: mayReadSelf, do: (*call).getUser},
		{method: "POST", path: "/users/{user}/checkMemberGroups", need: mayCheckGroups, do: (*call).checkMemberGroups},
		{method: "GET", path: "/groups", need: mayReadGroups, do: (*call).listGroups},
		{method: "GET", path: "/groups/{group}", need: mayReadGroups, do: (*call).getGroup},
		{method: "GET", path: "/groups/{group}/members/(cast)/$count", need: mayReadMembers, do: memberCount(false)},
		{method: "GET", path: "/groups/{group}/transitiveMembers/(cast)/$count", need: mayReadMembers, do: memberCount(true)},
		{method: "GET", path: "/groups/{group}/members/(cast)", need: mayReadMembers, do: members(false)},
		{method: "GET", path: "/groups/{group}/transitiveMembers/(cast)", need: mayReadMembers, do: members(true)},

		{method: "GET", path: methodsPolicy, need: mayReadPolicy, do: (*call).getPolicy},
		{method: "PATCH", path: methodsPolicy, need: maySetPolicy, do: (*call).setPolicy},
		{method: "GET", path: methodsPolicy + "/authenticationMethodConfigurations", need: mayReadPolicy, do: (*call).listMethods},
		{method: "GET", path: configuration, need: mayReadPolicy, do: (*call).getMethod},
		{method: "PATCH", path: configuration, need: maySetPolicy, do: (*call).setMethod},
		{method: "DELETE", path: configuration, need: maySetPolicy, do: (*call).resetMethod},

		{method: "GET", path: userPasses, need: mayReadPasses, do: (*call).listPasses},
		{method: "POST", path: userPasses, need: maySetPasses, do: (*call).issuePass},
		{method: "GET", path: userPasses + "/{id}", need: mayReadPasses, do: (*call).getPass},
		{method: "DELETE", path: userPasses + "/{id}", need: maySetPasses, do: (*call).revokePass},
		{method: "GET", path: myPasses, need: mayReadMyPass, do: (*call).listPasses},
		{method: "GET", path: myPasses + "/{id}", need: mayReadMyPass, do: (*call).getPass},

		{method: "GET", path: userKeys, need: mayReadKeys, do: (*call).listKeys},
		{method: "POST", path: userKeys, need: maySetKeys, do: (*call).registerKey},
		{method: "GET", path: userKeys + "/creationOptions", need: maySetKeys, do: (*call).creationOptions},
		{method: "GET", path: userKeys + "/creationOptions(…)", need: maySetKeys, do: (*call).creationOptions},
		{method: "GET", path: userKeys + "/{id}", need: mayReadKeys, do: (*call).getKey},
		{method: "DELETE", path: userKeys + "/{id}", need: maySetKeys, do: (*call).deleteKey},
		{method: "GET", path: myKeys, need: mayReadMyKeys, do: (*call).listKeys},
		{method: "POST", path: myKeys, need: maySetMyKeys, do: (*call).registerKey},
		{method: "GET", path: myKeys + "/creationOptions", need: mayMyChallenge, in: "v1.0", do: (*call).creationOptions},
		{method: "GET", path: myKeys + "/creationOptions(…)", need: mayMyChallenge, in: "v1.0", do: (*call).creationOptions},
		{method: "GET", path: myKeys + "/creationOptions", in: "beta", open: true, do: (*call).notAllowed},
		{method: "GET", path: myKeys + "/creationOptions(…)", in: "beta", open: true, do: (*call).notAllowed},
		{method: "GET", path: myKeys + "/{id}", need: mayReadMyKeys, do: (*call).getKey},
		{method: "DELETE", path: myKeys + "/{id}", need: maySetMyKeys, do: (*call).deleteKey},

		{method: "POST", path: "/$batch", do: (*call).batch},
		{method: "GET", path: "/domains", need: mayReadDomains, do: (*call).listDomains},
		{method: "GET", path: "/domains/{id}", need: mayReadDomains, do: (*call).getDomain},
		{method: "GET", path: "/subscribedSkus", need: mayReadSKUs, do: (*call).listSKUs},
		{method: "GET", path: "/policies/identitySecurityDefaultsEnforcementPolicy", need: mayReadDefaults, do: (*call).securityDefaults},
		{method: "GET", path: "/users/{user}/authentication/methods", need: mayReadMethods, do: (*call).listMethodsOf},
		{method: "GET", path: "/me/authentication/methods", need: mayReadMyMethods, do: (*call).listMethodsOf},

		{method: "GET", path: strengthsPath, need: mayReadStrengths, do: (*call).listStrengths},
		{method: "POST", path: strengthsPath, need: maySetStrengths, do: (*call).addStrength},
		{method: "GET", path: strengthsPath + "/{id}", need: mayReadStrengths, do: (*call).getStrength},
		{method: "PATCH", path: strengthsPath + "/{id}", need: maySetStrengths, do: (*call).setStrength},
		{method: "DELETE", path: strengthsPath + "/{id}", need: maySetStrengths, do: (*call).deleteStrength},
		{method: "GET", path: strengthsPath + "/{id}/combinationConfigurations", need: mayReadStrengths, do: (*call).listCombinations},
		{method: "POST", path: strengthsPath + "/{id}/combinationConfigurations", need: maySetStrengths, do: (*call).addCombination},
		{method: "GET", path: "/identity/conditionalAccess/policies", need: []string{"Policy.Read.All"}, do: (*call).listAccess},

		{method: "GET", path: reportsPath + "/userRegistrationDetails", need: mayReadLogs, do: (*call).listDetails},
		{method: "GET", path: reportsPath + "/userRegistrationDetails/{id}", need: mayReadLogs, do: (*call).getDetails},
		{method: "GET", path: reportsPath + "/usersRegisteredByMethod(…)", need: mayReadLogs, do: (*call).byMethod},
		{method: "GET", path: reportsPath + "/usersRegisteredByFeature(…)", need: mayReadLogs, do: (*call).byFeature},
		{method: "GET", path: reportsPath + "/userSignInsByAuthMethodSummary(…)", in: "beta", need: mayReadLogs, do: (*call).signInSummary},
		{method: "GET", path: "/auditLogs/signIns", need: mayReadLogs, do: (*call).listSignIns},
		{method: "GET", path: "/auditLogs/signIns/{id}", need: mayReadLogs, do: (*call).getSignIn},
		{method: "GET", path: "/auditLogs/directoryAudits", need: mayReadAudits, do: (*call).listAudits},
		{method: "GET", path: "/auditLogs/directoryAudits/{id}", need: mayReadAudits, do: (*call).getAudit},
	}
	routes = append(append(append(routes, pageRoutes...), oauthRoutes...), siteRoutes...)
}

func (c *call) notAllowed() (*reply, error) { return nil, errMethod }

// route finds the call for the request and takes the path apart.
func (c *call) route() (*route, error) {
	segments := strings.Split(strings.Trim(c.r.URL.EscapedPath(), "/"), "/")
	for i, s := range segments {
		var err error
		if segments[i], err = url.PathUnescape(s); err != nil {
			return nil, bad("BadRequest", "The request URI is not valid.")
		}
	}
	segments = splitKeys(segments)
	if len(segments) == 1 && segments[0] == "" {
		segments[0] = "practice" // the front door
	}
	prefix := ""
	if strings.EqualFold(segments[0], "v1.0") || strings.EqualFold(segments[0], "beta") {
		c.beta = strings.EqualFold(segments[0], "beta")
		segments = segments[1:]
	} else {
		prefix = "*" // not Graph: the pages
	}
	known := false
	for i := range routes {
		rt := &routes[i]
		if rt.in == "*" != (prefix == "*") || rt.in == "v1.0" && c.beta || rt.in == "beta" && !c.beta {
			continue
		}
		vars, fits := match(rt.path, segments)
		if !fits {
			continue
		}
		known = true
		if rt.method == c.r.Method {
			c.vars = vars
			return rt, nil
		}
	}
	if known {
		return nil, errMethod.because("%s is not a method of %s", c.r.Method, c.r.URL.Path)
	}
	if prefix == "*" {
		return nil, &refusal{status: http.StatusNotFound, code: "UnknownError", message: "There is no such page.", reason: "no such path: " + c.r.URL.Path}
	}
	last := segments[len(segments)-1]
	return nil, bad("BadRequest", "Resource not found for the segment '%s'.", last).because("the practice tenant does not speak %s %s", c.r.Method, c.r.URL.Path)
}

// splitKeys takes users('x') apart into users/x: OData has both ways of writing a key.
func splitKeys(segments []string) []string {
	var out []string
	for _, s := range segments {
		name, key, found := strings.Cut(s, "('")
		if key, closed := strings.CutSuffix(key, "')"); found && closed && name != "" {
			out = append(out, name, strings.ReplaceAll(key, "''", "'"))
		} else {
			out = append(out, s)
		}
	}
	return out
}

// match compares a path with a pattern: names without regard to case, as Graph does.
func match(pattern string, segments []string) (map[string]string, bool) {
	vars := map[string]string{}
	i := 0
	for p := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		if p[0] == '(' { // an optional cast: taken if it looks like one
			if i < len(segments) && strings.HasPrefix(strings.ToLower(segments[i]), "microsoft.graph.") {
				vars[strings.Trim(p, "()")] = segments[i]
				i++
			}
			continue
		}
		if i >= len(segments) || segments[i] == "" {
			return nil, false
		}
		s := segments[i]
		switch name, isFunction := strings.CutSuffix(p, "(…)"); {
		case p[0] == '{':
			if strings.HasPrefix(strings.ToLower(s), "creationoptions") || s == "$count" {
				return nil, false // a function or a count, not an id
			}
			vars[strings.Trim(p, "{}")] = s
		case isFunction:
			if len(s) < len(name)+2 || !strings.EqualFold(s[:len(name)+1], name+"(") || s[len(s)-1] != ')' {
				return nil, false
			}
			vars["arguments"] = s[len(name)+1 : len(s)-1]
		case !strings.EqualFold(p, s):
			return nil, false
		}
		i++
	}
	return vars, i == len(segments)
}

package graph

import "strings"

// Cloud is one of Microsoft's clouds and what it can do there. Source: Microsoft's metadata of each cloud, August 2026.
type Cloud struct {
	ID    string // for flags and files
	Name  string
	Graph string // BaseURL for New
	Login string // authority
	// What the cloud's Graph has: the passkey and pass policies, passkey profiles, registration on behalf.
	Policies, Profiles, OnBehalf bool
	Note                         string // what cannot be done there, in a sentence; empty = nothing
}

// Clouds are those that are open to customers, the first being the usual one.
var Clouds = []Cloud{
	{ID: "global", Name: "Global and GCC", Graph: GlobalBaseURL, Login: "https://login.microsoftonline.com/",
		Policies: true, Profiles: true, OnBehalf: true},
	{ID: "gcc-high", Name: "GCC High", Graph: "https://graph.microsoft.us/v1.0", Login: "https://login.microsoftonline.us/",
		Policies: true, Profiles: true,
		Note: "An administrator cannot register a key on behalf of a user: its Graph has no call for it. People register in Security info."},
	{ID: "dod", Name: "DoD", Graph: "https://dod-graph.microsoft.us/v1.0", Login: "https://login.microsoftonline.us/",
		Policies: true, Profiles: true,
		Note: "An administrator cannot register a key on behalf of a user: its Graph has no call for it. People register in Security info."},
	{ID: "china", Name: "China (21Vianet)", Graph: "https://microsoftgraph.chinacloudapi.cn/v1.0", Login: "https://login.chinacloudapi.cn/",
		Note: "Its Graph has neither the passkey policy nor the Temporary Access Pass policy, and no passkeys of users."},
}

// CloudByID finds a cloud; empty means the global one.
func CloudByID(id string) (Cloud, bool) {
	for _, c := range Clouds {
		if c.ID == id || id == "" {
			return c, true
		}
	}
	return Cloud{}, false
}

// resource begins the names of the cloud's permissions.
func (c Cloud) resource() string { return strings.TrimSuffix(c.Graph, "v1.0") }

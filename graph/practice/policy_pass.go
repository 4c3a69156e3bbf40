package practice

import "strings"

// passPolicy is the typed view of the Temporary Access Pass configuration.
type passPolicy struct {
	State   string   `json:"state"`
	Default int      `json:"defaultLifetimeInMinutes"`
	Minimum int      `json:"minimumLifetimeInMinutes"`
	Maximum int      `json:"maximumLifetimeInMinutes"`
	Length  int      `json:"defaultLength"`
	Once    bool     `json:"isUsableOnce"`
	Include []target `json:"includeTargets"`
	Exclude []target `json:"excludeTargets"`
}

func readPassPolicy(o object) passPolicy {
	var p passPolicy
	remarshal(o, &p) // what was checked when it was written cannot fail to be read
	return p
}

// defaultPass are the values of a tenant that has set nothing ("Configure Temporary Access Pass", table of settings).
func defaultPass() object {
	return object{"defaultLifetimeInMinutes": 60, "minimumLifetimeInMinutes": 60, "maximumLifetimeInMinutes": 480,
		"defaultLength": 8, "isUsableOnce": false}
}

// checkPassPolicy holds the ranges: lifetimes of 10 minutes to 30 days with minimum ≤ default ≤ maximum, 8 to 48
// characters.
func (c *call) checkPassPolicy(sent, next object) error {
	const kind = "microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration"
	for k, v := range sent {
		switch k {
		case "state", "includeTargets", "excludeTargets":
		case "isUsableOnce":
			if _, isBool := v.(bool); !isBool {
				return bad("BadRequest", "Cannot convert the value of '%s' to Edm.Boolean.", k)
			}
		case "defaultLifetimeInMinutes", "minimumLifetimeInMinutes", "maximumLifetimeInMinutes":
			if !between(v, 10, 43200) {
				return bad("badRequest", "Invalid %s specified. The valid range is between 10 and 43200.", capital(k))
			}
		case "defaultLength":
			if !between(v, 8, 48) {
				return bad("badRequest", "Invalid DefaultLength specified. The valid range is between 8 and 48.")
			}
		default:
			return unknownProperty(k, kind)
		}
	}
	if err := c.checkTargets(sent, next, "isRegistrationRequired"); err != nil {
		return err
	}
	p := readPassPolicy(next)
	if p.Minimum > p.Default || p.Default > p.Maximum {
		return bad("badRequest", "Invalid lifetimes specified. The default lifetime must be between the minimum and the maximum lifetime.").
			because("minimum %d, default %d, maximum %d minutes", p.Minimum, p.Default, p.Maximum)
	}
	return nil
}

// between reports whether v is a whole number in the range.
func between(v any, low, high int) bool {
	n, isNumber := v.(float64)
	return isNumber && n == float64(int(n)) && int(n) >= low && int(n) <= high
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// lengthOf draws the number of characters of a pass: the policy's.
func (p passPolicy) lengthOf() int { return min(max(p.Length, 8), 48) }

// meansPass reports whether the user may sign in with a pass.
func (d *directory) meansPass(p passPolicy, u *user) bool {
	return len(d.including(u, p.Include, p.Exclude)) > 0
}

// Package walkthrough holds the words of the four documented steps, the languages they are spoken in, the scripts of
// a rollout (parse, play, record) and the evidence a run leaves.
//
// A newcomer starts at words.go, then reads testdata/first-rollout.walk, which is the built-in demonstration, and the
// comment on Script, which is the whole script language.
package walkthrough

import (
	_ "embed"

	"keyrollout/steps"
)

//go:embed testdata/first-rollout.walk
var firstRollout []byte

// FirstRollout is the built-in demonstration: key only, with a Temporary Access Pass.
func FirstRollout() (*Script, error) { return Parse("first-rollout.walk", firstRollout) }

// Words explain one step: what it does, where the portal has the same today, and why.
type Words struct {
	What, Where, Why []steps.Text
}

// Explain gives the words of a step as lines; "" is the beginning, before any step. It is nil for an unknown one.
func Explain(step string) []steps.Text {
	w, ok := words[step]
	if !ok {
		return nil
	}
	var out []steps.Text
	for _, part := range []struct {
		head steps.Text
		body []steps.Text
	}{{steps.T("What"), w.What}, {steps.T("Where in the portal"), w.Where}, {steps.T("Why"), w.Why}} {
		if len(part.body) == 0 {
			continue
		}
		out = append(out, part.head)
		for _, t := range part.body {
			out = append(out, steps.T("  %s", t))
		}
		out = append(out, steps.Text{})
	}
	return out
}

var words = map[string]Words{
	"": {
		What: []steps.Text{
			steps.T("Four steps: the tenant allows security keys, a key gets a PIN and a fingerprint, the key is registered for a person, and a sign-in proves that it works."),
			steps.T("Each step looks first, says what it would change and what that does to people, and changes nothing before you say yes."),
			steps.T("You may stop at any time: what was done stays done, and the next start goes on from there."),
			steps.T("Practice is the whole of it with a made-up company, in ten minutes: begin there if this is your first time."),
		},
	},
	"tenant": {
		What: []steps.Text{
			steps.T("Turns on the sign-in method \"Passkey (FIDO2)\" for everyone or for one security group."),
			steps.T("For people who have nothing else to come in with: Temporary Access Pass, and one pass."),
		},
		Where: []steps.Text{
			steps.T("Entra ID > Authentication methods > Policies > Passkey (FIDO2), and Temporary Access Pass."),
			steps.T("The pass: Entra ID > Users > the person > Authentication methods > Add."),
		},
		Why: []steps.Text{
			steps.T("Until the policy is on, nobody can register a key. Microsoft ends SMS and voice on 1 February 2027."),
			steps.T("Begin with a pilot group: nobody else notices anything."),
		},
	},
	"key": {
		What: []steps.Text{
			steps.T("Gives the key a PIN and a fingerprint: here, or for an ATKey on the key itself."),
			steps.T("An ATKey's light: cyan flashing = touch, green = good, red = not, blue flashing = show your finger."),
		},
		Where: []steps.Text{
			steps.T("Windows: Settings > Accounts > Sign-in options > Security key. Other systems have no such page."),
		},
		Why: []steps.Text{
			steps.T("Entra wants the person verified by the key: without PIN or finger it cannot be registered."),
			steps.T("PIN and finger stay on the key. Eight wrong PINs lock it; only a reset helps then."),
		},
	},
	"registration": {
		What: []steps.Text{
			steps.T("The key makes a key pair for this account, and the tenant keeps the public half."),
		},
		Where: []steps.Text{
			steps.T("The person: aka.ms/mysecurityinfo > Add sign-in method > Security key."),
			steps.T("An administrator cannot do it in the portal, only through Microsoft Graph, as this tool does."),
		},
		Why: []steps.Text{
			steps.T("From then on the key signs in and nothing a thief could phish is typed."),
			steps.T("Register two keys for each person: the second one is for the day the first is lost."),
		},
	},
	"signin": {
		What: []steps.Text{
			steps.T("Signs in once with the key and finds that sign-in in the tenant's own log."),
		},
		Where: []steps.Text{
			steps.T("myapplications.microsoft.com in a private window > Sign-in options > Security key."),
			steps.T("The log: Entra ID > Users > the person > Sign-in logs > Authentication details."),
		},
		Why: []steps.Text{
			steps.T("Registered is not proven: Entra may fall back to a push without a word."),
		},
	},
}

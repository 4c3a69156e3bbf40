package walkthrough

import "keyrollout/steps"

// about is what a question means, what each of its answers does, and how that is undone.
type about struct {
	means   []steps.Text
	answers map[string]steps.Text // by the id of the choice, "yes" and "no" of a Confirm
	undo    steps.Text
}

// About gives the words of a question as lines, with those of the answers that it offers. It is nil where the words of
// the step say enough.
func About(q steps.Question) []steps.Text {
	a, ok := questions[q.Name]
	if !ok {
		return nil
	}
	out := []steps.Text{steps.T("What it means")}
	for _, t := range a.means {
		out = append(out, steps.T("  %s", t))
	}
	choices := q.Choices
	switch q.Kind {
	case steps.Confirm:
		choices = []steps.Choice{{ID: "yes", Text: steps.T("Yes")}, {ID: "no", Text: steps.T("No")}}
	case steps.Typed:
		out = append(out, steps.T("  %s", agreed))
	}
	var answers []steps.Text
	for _, c := range choices {
		if t, ok := a.answers[c.ID]; ok {
			answers = append(answers, steps.T("  %s: %s", c.Text, t))
		}
	}
	if len(answers) > 0 {
		out = append(append(out, steps.Text{}, steps.T("What each answer does")), answers...)
	}
	return append(out, steps.Text{}, steps.T("How it is undone"), steps.T("  %s", a.undo))
}

var (
	agreed = steps.T("Typing the words agrees to this one danger. To go back, or to leave, changes nothing.")
	anew   = steps.T("asks the questions of this step again; nothing is written.")
)

// questions are those that have words of their own: what is risky, or lasts.
var questions = map[string]about{
	"login.road": {
		means: []steps.Text{
			steps.T("keyrollout acts in the tenant as the person who signs in: it can do what their roles allow, and nothing else. It asks for reading first, and for each further permission by name when a step needs it."),
		},
		answers: map[string]steps.Text{
			"device-code": steps.T("a code is shown, and typed on a page of Microsoft's in any browser, on this computer or another."),
			"browser":     steps.T("the address of a page of Microsoft's is shown, to open in a browser on this computer; the password is typed there, never here."),
			"azure-cli":   steps.T("takes the sign-in that  az login  has made, with the permissions it has."),
		},
		undo: steps.T("The sign-in ends with the program, unless --keep-login keeps it;  keyrollout login forget  takes that away. Permissions that were consented to stay in Entra ID > Enterprise applications."),
	},
	"tenant.road": {
		means: []steps.Text{
			steps.T("Whoever has no key yet has to come in by another way once, to register it. This decides what step 1 turns on, and how step 3 registers."),
		},
		answers: map[string]steps.Text{
			"pass":   steps.T("turns Temporary Access Pass on for the same people and issues one pass to this person, who registers with it."),
			"behalf": steps.T("no pass, and nothing for the person to do but PIN and finger: step 3 registers the key through Microsoft Graph while it is plugged in here."),
			"mfa":    steps.T("turns on nothing but keys: the person signs in as today, and registers in Security info."),
		},
		undo: steps.T("Nothing is written before you have seen the plan and said yes. Later  keyrollout tenant undo  puts both policies back, and  keyrollout pass revoke  takes a pass away."),
	},
	"tenant.who": {
		means: []steps.Text{
			steps.T("Who is covered can register a key and sign in with it. Nobody has to: what people use today goes on working, and who is covered already stays covered."),
		},
		answers: map[string]steps.Text{
			"group": steps.T("only the members of that group; more people, or more groups, can come in later."),
			"all":   steps.T("every account of the tenant, now and later. Guests cannot register a key all the same."),
		},
		undo: steps.T("keyrollout tenant undo  puts back who was covered before. The keys of people who are not covered any more stay registered, and sign in again when they are covered again."),
	},
	"tenant.keys": {
		means: []steps.Text{
			steps.T("Attestation: at registration a key proves its maker and model by a certificate. A list of accepted models (AAGUIDs) is asked at every sign-in as well."),
		},
		answers: map[string]steps.Text{
			"keep":     steps.T("both stay as they stand."),
			"any":      steps.T("every FIDO2 key can register; its model is believed, not proven."),
			"attested": steps.T("a key that cannot prove itself, and every synced passkey, is refused at registration. What is registered works on."),
			"atkey":    steps.T("the same, and other models sign in no more. Whom that locks out is told first, and confirmed in words."),
		},
		undo: steps.T("keyrollout tenant undo  puts the rules back: keys that were locked out sign in again. What was registered unproven stays so."),
	},
	"tenant.pass.minutes": {
		means: []steps.Text{
			steps.T("A Temporary Access Pass signs a person in without password and second factor while it is good: long enough to meet them and register, and no longer. An hour does for most."),
			steps.T("Where the policy makes passes one-time, it is good for one sign-in, and the registration has to follow within ten minutes of it."),
		},
		undo: steps.T("keyrollout pass revoke  takes it away at once; otherwise it ends by itself. A new pass replaces the one before."),
	},
	"tenant.go": {
		means: []steps.Text{
			steps.T("What the table does not name stays as it is. Where it names \"set up by themselves\" (self-service): that has to be yes even if an administrator registers every key; without it Entra refuses that too."),
		},
		answers: map[string]steps.Text{
			"yes":    steps.T("writes this, and reads it back by another road. It reaches everybody within minutes."),
			"change": anew,
		},
		undo: steps.T("What stood before is kept:  keyrollout tenant undo  shows what it would put back, and asks. A pass is taken away with  keyrollout pass revoke."),
	},
	"tenant.pass.left": {
		means: []steps.Text{
			steps.T("A pass signs its holder in without a password and without a second factor for as long as it is good, whatever was chosen here since."),
		},
		answers: map[string]steps.Text{
			"revoke": steps.T("the pass is taken away with the rest of the plan, after you have said yes."),
			"keep":   steps.T("nothing happens to it; it ends by itself, and this is not asked again."),
		},
		undo: steps.T("A pass that was revoked does not come back; a new one can be issued at any time."),
	},
	"pass.replace": {
		means: []steps.Text{
			steps.T("A person has one pass at a time, and nobody can read its value again."),
		},
		answers: map[string]steps.Text{
			"yes": steps.T("the old pass stops working now, and the new one is shown once."),
			"no":  steps.T("nothing changes: the person goes on with the pass they have."),
		},
		undo: steps.T("An old pass does not come back; a new one can be issued at any time."),
	},
	"registration.pass.way": {
		means: []steps.Text{
			steps.T("The registration begins with a sign-in by the pass."),
		},
		answers: map[string]steps.Text{
			"have": steps.T("it is typed here without being shown, and used for this registration only."),
			"new":  steps.T("a new one is issued and shown once; one from before stops working now."),
		},
		undo: steps.T("keyrollout pass revoke  takes a pass away; otherwise it ends by itself."),
	},
	"key.road": {
		means: []steps.Text{
			steps.T("Either way the finger ends up on the key, and nowhere else."),
		},
		answers: map[string]steps.Text{
			"here":   steps.T("sets the PIN first; every touch is judged on this screen."),
			"on-key": steps.T("the key does it alone, by its button and its light, without PIN and computer."),
		},
		undo: steps.T("keyrollout key fingerprint remove  takes a finger off the key again."),
	},
	"key.pin.new": {
		means: []steps.Text{
			steps.T("The PIN belongs to this key, not to the account: the key checks it itself, and takes it where a finger does not do. It stays on the key; nobody can look it up."),
			steps.T("Eight wrong tries in a row lock the key."),
		},
		undo: steps.T("keyrollout key pin  changes it, with the old one. If it is forgotten only a reset helps, and that takes every sign-in off the key."),
	},
	"key.pin": {
		means: []steps.Text{
			steps.T("The key checks its PIN itself and counts the wrong ones: after three in a row most keys have to be unplugged, after eight a key is locked. The right one sets the count back."),
		},
		undo: steps.T("A forgotten PIN cannot be looked up.  keyrollout key reset  makes the key as new, without its sign-ins."),
	},
	"key.go": {
		means: []steps.Text{
			steps.T("This changes the key and nothing else: the tenant does not hear of it."),
		},
		answers: map[string]steps.Text{
			"yes":    steps.T("sets what the table names; you touch the key when its light asks for it."),
			"change": anew,
		},
		undo: steps.T("The PIN can be changed and a finger removed. Without a PIN the key is again only after a reset, which takes every sign-in off it."),
	},
	"registration.go": {
		means: []steps.Text{
			steps.T("The key makes a key pair for this account; the tenant keeps the public half, and lists the key among the person's sign-in methods."),
		},
		answers: map[string]steps.Text{
			"yes":    steps.T("registers it, with the finger or the PIN. What the person uses today goes on working."),
			"change": anew,
		},
		undo: steps.T("Entra ID > Users > the person > Authentication methods: delete the key there. What stays on the key is of no use then;  keyrollout key credentials delete  takes it off as well."),
	},
	"undo.go": {
		means: []steps.Text{
			steps.T("The policies go back to what stood before that change, as it is shown. Passes and keys are not touched."),
		},
		answers: map[string]steps.Text{
			"yes": steps.T("puts it back, and reads it back."),
			"no":  steps.T("leaves; nothing is changed."),
		},
		undo: steps.T("A plan in a file can be applied again:  keyrollout tenant apply"),
	},
	"risk.lock-out-keys": {
		means: []steps.Text{
			steps.T("These keys are registered and sign in today. The list of models is asked at every sign-in, so they stop with the change, and who has nothing else cannot come in."),
		},
		undo: steps.T("keyrollout tenant undo  puts the list back, and the keys sign in again within minutes."),
	},
	"risk.weaken-attestation": {
		means: []steps.Text{
			steps.T("Until now a key had to prove its model at registration. Without that any key can register and say that it is any model; a list of accepted models is then no more than advice."),
		},
		undo: steps.T("keyrollout tenant undo  asks for the proof again. Keys that were registered in between stay, unproven."),
	},
	"risk.open-to-synced": {
		means: []steps.Text{
			steps.T("A synced passkey is not bound to one device: whoever gets into the account that keeps it has the passkey as well. Its model is never proven."),
		},
		undo: steps.T("keyrollout tenant undo  puts the policy back as it was."),
	},
	"risk.reset-key": {
		means: []steps.Text{
			steps.T("A reset makes the key as new. The accounts do not notice: they go on listing a key that cannot sign in any more. Have another way in to each of them first."),
		},
		undo: steps.T("It cannot be undone. Set the key up and register it anew, and delete its old entry in each account."),
	},
	"risk.delete-sign-in": {
		means: []steps.Text{
			steps.T("The sign-in is taken off the key. The account goes on listing it until it is deleted there as well."),
		},
		undo: steps.T("It cannot be undone, but the key can be registered for the account again."),
	},
	"risk.raise-min-pin": {
		means: []steps.Text{
			steps.T("The key itself will refuse shorter PINs, whoever sets them."),
		},
		undo: steps.T("Only  keyrollout key reset  lowers it again, and that takes every sign-in off the key."),
	},
	"risk.force-pin-change": {
		means: []steps.Text{
			steps.T("For handing a key over with a PIN that you know: its new owner has to replace that first."),
		},
		undo: steps.T("Changing the PIN ends it:  keyrollout key pin"),
	},
	"risk.always-uv-on": {
		means: []steps.Text{
			steps.T("Whoever finds the key can use it nowhere without its PIN or a finger."),
		},
		undo: steps.T("keyrollout key config always-uv off  sets it back, with the PIN."),
	},
	"risk.always-uv-off": {
		means: []steps.Text{
			steps.T("A site that asks for no more is content with a touch, whoever's it is."),
		},
		undo: steps.T("keyrollout key config always-uv on  sets it back, with the PIN."),
	},
	"risk.software-key": {
		means: []steps.Text{
			steps.T("A file on this computer takes the key's place, and programs that run as you can reach it. It shows how everything goes, and protects nobody."),
		},
		undo: steps.T("Delete its entry among the account's sign-in methods. The next start looks for a real key again."),
	},
}

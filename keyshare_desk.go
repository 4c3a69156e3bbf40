package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/share"
	"keyrollout/steps"
)

// deskTalk is what passes between a shared key and the person at its desk.
type deskTalk struct {
	host   string // who asks
	note   func(steps.Text)
	decide chan bool       // nil = nobody is there
	hand   *deskHand       // touches a software key; nil = the key is touched itself
	auto   bool            // says yes to everything
	end    func()          // the person wants no more
	ctx    context.Context // of the sharing

	saying atomic.Bool // a key press is on its way

	mu   sync.Mutex
	last string             // that was asked without harm: the same is not told twice in a row
	drop context.CancelFunc // takes the yes back that is said by itself
}

// readTime keeps a second press of y, or a key that repeats, from the question behind.
const readTime = 500 * time.Millisecond

// presses are the keys with which the person at the desk decides.
func (d *deskTalk) presses(b byte) {
	if d.hand != nil {
		d.hand.press(b)
	}
	switch b {
	case 'y', 'Y', 'n', 'N':
		if !d.saying.CompareAndSwap(false, true) {
			return
		}
		go func() { // q is heard even when the desk hears nothing: its connection may be stuck
			defer d.saying.Store(false)
			ctx, stop := context.WithTimeout(d.ctx, readTime) // later it could be taken for an answer to what comes next
			defer stop()
			d.say(ctx, b == 'y' || b == 'Y')
		}()
	case 'q', 'Q':
		d.end()
	}
}

func (d *deskTalk) say(ctx context.Context, yes bool) {
	select {
	case d.decide <- yes:
	case <-ctx.Done():
	}
}

// asked tells what is asked of the shared key, and what the person at the desk can do about it.
func (d *deskTalk) asked(act share.Activity) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.drop != nil {
		d.drop()
		d.drop = nil
	}
	for _, l := range d.lines(act) {
		d.note(l)
	}
	if act.Held == share.NotHeld || act.Done || !d.auto {
		return
	}
	ctx, drop := context.WithCancel(d.ctx)
	d.drop = drop
	go d.say(ctx, true)
}

// lines are what is told. What is quiet is told once, and not that it was done.
func (d *deskTalk) lines(act share.Activity) []steps.Text {
	what, quiet := deed(act)
	asked := steps.T("%s asks: %s.", d.host, what)
	switch {
	case act.Done && act.Held != share.NotHeld:
		d.last = ""
		return []steps.Text{steps.T("Refused: %s.", what), steps.T("Nobody is at this desk to allow it: keyrollout key share runs without a terminal.")}
	case act.Done && quiet && act.Status != byte(fido.CodeDenied):
		return nil
	case act.Done && act.Status == 0:
		return []steps.Text{steps.T("Done: %s.", what)}
	case act.Done:
		status := fido.Code(act.Status)
		if status == fido.CodePINBlocked && act.Command == "authenticatorMakeCredential" {
			status = fido.CodeUVBlocked // it tries no PIN: the status stands for the finger's tries (CTAP 2.1 section 6.1.2)
		}
		lines := []steps.Text{steps.T("Refused: %s: %s.", what, status.String())}
		if act.Status == byte(fido.CodePINPowerCycle) {
			lines = append(lines, steps.T("Unplugging it ends the sharing: share it again after that."))
		}
		return lines
	case act.Allowed:
		return []steps.Text{steps.T("Allowed.")}
	case act.Touch && act.RPID != "":
		return []steps.Text{steps.T("The key waits, for %s: touch it to allow this, or leave it alone.", act.RPID)}
	case act.Touch:
		return []steps.Text{steps.T("The key waits: touch it to allow this, or leave it alone.")}
	}
	if act.Held == share.NotHeld {
		if quiet && d.last == asked.String() {
			return nil
		}
		d.last = asked.String()
		return []steps.Text{asked}
	}
	d.last = ""
	return append([]steps.Text{asked}, stake(act)...)
}

// stake says why something waits for a yes, and how it is given.
func stake(act share.Activity) []steps.Text {
	keys := steps.T("y allows it, n refuses it.")
	switch act.Held {
	case share.HoldPIN:
		left := steps.T("Wrong PINs are counted (8 at most). After the last one only a reset helps.")
		switch {
		case act.Tries == 1:
			left = steps.T("This is the last try: if it is wrong, only a reset helps, and it wipes the key.")
		case act.Tries > 1:
			left = steps.T("Tries left: %d. After the last wrong one only a reset helps.", act.Tries)
		}
		return []steps.Text{left, steps.T("y allows it, if you typed the PIN there just now; n refuses it.")}
	case share.HoldReset:
		return []steps.Text{steps.T("That wipes the key: PIN, fingers and sign-ins. It needs a touch as well."), keys}
	case share.HoldUnknown:
		return []steps.Text{steps.T("What that does to the key cannot be told here."), keys}
	}
	return []steps.Text{steps.T("That changes the key without a touch."), keys}
}

// deeds say what is asked, to stand behind "NAME asks: ", and whether that is quiet: it only
// reads, or is one of many of its kind.
var deeds = map[string]struct {
	what  steps.Text
	quiet bool
}{
	"authenticatorGetInfo":                      {steps.T("look at the key"), true},
	"authenticatorClientPIN":                    {steps.T("look at the key"), true},
	"authenticatorBioEnrollment":                {steps.T("look at the key"), true},
	"U2F version":                               {steps.T("look at the key"), true},
	"authenticatorSelection":                    {steps.T("a touch, to choose this key"), false},
	"authenticatorCredentialManagement":         {steps.T("list the sign-ins on the key"), true},
	"authenticatorLargeBlobs":                   {steps.T("read data on the key"), true},
	"authenticatorLargeBlobs write":             {steps.T("write data to the key"), false},
	"authenticatorClientPIN PIN":                {steps.T("try a PIN"), false},
	"authenticatorClientPIN finger":             {steps.T("recognise a finger"), false},
	"authenticatorClientPIN setPIN":             {steps.T("set the first PIN"), false},
	"authenticatorClientPIN changePIN":          {steps.T("change the PIN, with the old one"), false},
	"authenticatorBioEnrollment enrol":          {steps.T("enrol a finger"), true},
	"authenticatorBioEnrollment rename":         {steps.T("rename a finger"), false},
	"authenticatorBioEnrollment remove":         {steps.T("remove a finger"), false},
	"authenticatorCredentialManagement delete":  {steps.T("delete a sign-in from the key"), false},
	"authenticatorCredentialManagement rename":  {steps.T("change the user name of a sign-in"), false},
	"authenticatorConfig enterpriseAttestation": {steps.T("let the key tell its serial number to some sites"), false},
	"authenticatorConfig alwaysUv":              {steps.T("switch whether the key always wants PIN or finger"), false},
	"authenticatorConfig minPINLength":          {steps.T("change the rules for the PIN"), false},
	"authenticatorConfig longTouchForReset":     {steps.T("demand a long touch for a reset, for good"), false},
	"authenticatorReset":                        {steps.T("a reset"), false},
	"U2F register":                              {steps.T("register (U2F)"), false},
	"U2F authenticate":                          {steps.T("sign in (U2F)"), false},
	"wink":                                      {steps.T("blink"), false},
}

func deed(act share.Activity) (what steps.Text, quiet bool) {
	switch d, known := deeds[act.Command]; {
	case act.Command == "authenticatorMakeCredential":
		return steps.T("register with %s", site(act)), false
	case act.Command == "authenticatorGetAssertion":
		return steps.T("sign in to %s", site(act)), false
	case act.Command == "authenticatorClientPIN PIN" && act.RPID != "":
		return steps.T("try a PIN, for %s", act.RPID), false
	case known && act.Held != share.HoldUnknown:
		return d.what, d.quiet
	}
	return steps.T("%s", act.Command), false
}

func site(act share.Activity) steps.Text {
	if act.RPID == "" {
		return steps.T("a site that it does not name")
	}
	return steps.T("%s", act.RPID)
}

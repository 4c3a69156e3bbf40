package main

import (
	"os"
	"strings"
	"time"

	"golang.org/x/term"
	"rsc.io/qr"

	"keyrollout/graph"
	"keyrollout/steps"
	"keyrollout/tui"
)

// browserPort is where the browser comes back to; fixed, so that it can be forwarded over SSH.
const browserPort = 8400

// codeQuestion shows a device code: alone on its line so that it can be selected, large where there is room, and the
// address as text and as a QR code where that fits.
func (a *app) codeQuestion(c graph.DeviceCode) steps.Question {
	q := steps.Question{Name: "login.code", Kind: steps.Act, Text: steps.T("Sign in with a code"),
		Detail: []steps.Text{steps.T("On any device, open  %s  and enter this code:", c.URL)}}
	cols, rows := a.room()
	if rows >= 30 && len(c.Code)*6 <= cols-4 {
		q.Detail = append(q.Detail, plainLines(large(c.Code))...)
	}
	q.Detail = append(q.Detail, steps.Text{Format: "%s", Args: []any{c.Code}})
	if code := qrLines(c.URL); len(code) > 0 && rows >= len(code)+22 && len([]rune(code[0])) <= cols-4 {
		q.Detail = append(q.Detail, plainLines(code)...)
	}
	q.Detail = append(q.Detail,
		steps.T("Sign in there as an administrator. The code is good until %s.", c.Expires.Local().Format("15:04")),
		steps.T("This screen goes on by itself."))
	return q
}

// waitForCode lets the screen count down.
func waitForCode(c graph.DeviceCode) steps.Event {
	return steps.Event{Name: steps.EventWait, Text: steps.T("Waiting for the sign-in."),
		Data: steps.Wait{For: steps.T("Waiting for the sign-in."), Left: int(time.Until(c.Expires).Seconds())}}
}

func pageQuestion(url string) steps.Question {
	return steps.Question{Name: "login.page", Kind: steps.Act, Text: steps.T("Open this page in a browser and sign in as an administrator."),
		Detail: []steps.Text{
			{Format: "%s", Args: []any{url}},
			steps.T("The browser comes back to port %d of this computer; over SSH forward it:  ssh -L %d:localhost:%d", browserPort, browserPort, browserPort),
			steps.T("This screen goes on by itself."),
		}}
}

// room is the size of a screen that can draw: none for screen readers, pipes and terminals without UTF-8.
func (a *app) room() (cols, rows int) {
	if plain, _ := tui.WantsPlain(a.screen(nil), a.plain); plain || !a.utf8() {
		return 0, 0
	}
	for _, f := range []*os.File{a.out, a.err} {
		if cols, rows, err := term.GetSize(int(f.Fd())); err == nil {
			return cols, rows
		}
	}
	return 0, 0
}

// utf8 reports what the locale says: LC_ALL before LC_CTYPE before LANG (POSIX, 8.2).
func (a *app) utf8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := a.env(name); v != "" {
			v = strings.ToUpper(strings.ReplaceAll(v, "-", ""))
			return strings.Contains(v, "UTF8")
		}
	}
	return false
}

func plainLines(lines []string) (out []steps.Text) {
	for _, l := range lines {
		out = append(out, steps.Text{Format: "%s", Args: []any{l}})
	}
	return out
}

// qrLines draws a QR code with two modules a character. The light modules are drawn, the dark ones left out: right side
// out on a dark terminal; on a light one reversed, which phones read as well (ISO/IEC 18004:2015, 7.1, reflectance
// reversal). The quiet zone is two modules.
func qrLines(text string) []string {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil
	}
	const quiet = 2
	var lines []string
	for y := -quiet; y < code.Size+quiet; y += 2 {
		var line strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			upper, lower := !code.Black(x, y), !code.Black(x, y+1) && y+1 < code.Size+quiet
			line.WriteRune(halves(upper, lower))
		}
		lines = append(lines, line.String())
	}
	return lines
}

// halves is a character with its upper and lower half drawn or not. The empty one is a no-break space, which no screen
// wraps or trims.
func halves(upper, lower bool) rune {
	switch {
	case upper && lower:
		return '█'
	case upper:
		return '▀'
	case lower:
		return '▄'
	}
	return '\u00a0'
}

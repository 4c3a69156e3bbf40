package main

import (
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"
	"rsc.io/qr"

	"keyrollout/graph"
	"keyrollout/internal/secret"
	"keyrollout/steps"
	"keyrollout/tui"
)

// browserPort is where the browser comes back to; fixed, so that it can be forwarded over SSH.
const browserPort = 8400

// codeQuestion shows a device code, and its address as text and, where there is room for it, as a QR code.
func (a *app) codeQuestion(c graph.DeviceCode) steps.Question {
	q := steps.Question{Name: "login.code", Kind: steps.Act, ByItself: true, Value: secret.New([]byte(c.Code)),
		Text:   steps.T("On any device, open  %s  and enter this code:", c.URL),
		Detail: []steps.Text{steps.T("Sign in there as an administrator. The code is good until %s.", c.Expires.Local().Format("15:04"))}}
	cols, rows := a.room()
	if code := qrLines(c.URL); a.blocks() && len(code) > 0 && rows >= len(code)+22 && len([]rune(code[0])) <= cols-4 {
		q.Detail = append(q.Detail, plainLines(code)...)
	}
	return q
}

// waitForCode lets the screen count down.
func waitForCode(c graph.DeviceCode) steps.Event {
	return steps.Event{Name: steps.EventWait, Text: steps.T("Waiting for the sign-in."),
		Data: steps.Wait{For: steps.T("Waiting for the sign-in."), Left: int(time.Until(c.Expires).Seconds())}}
}

func pageQuestion(url string) steps.Question {
	return steps.Question{Name: "login.page", Kind: steps.Act, ByItself: true, Text: steps.T("Open this page in a browser and sign in as an administrator."),
		Detail: []steps.Text{
			steps.T("It comes back to port %d here; over SSH:  ssh -L %d:localhost:%d", browserPort, browserPort, browserPort),
			{Format: "%s", Args: []any{url}},
		}}
}

// room is the size of a screen that can draw: none for screen readers and pipes.
func (a *app) room() (cols, rows int) {
	if plain, _ := tui.WantsPlain(a.screen(nil), a.plain); plain {
		return 0, 0
	}
	for _, f := range []*os.File{a.out.File, a.err} {
		if cols, rows, err := term.GetSize(int(f.Fd())); err == nil {
			return cols, rows
		}
	}
	return 0, 0
}

// blocks reports whether half blocks can be drawn, one cell wide: in a UTF-8 locale that is not East Asian, where
// terminals are often set to draw characters of ambiguous width (UAX #11) two cells wide. What is drawn with them is
// said in letters as well.
func (a *app) blocks() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} { // in this order (POSIX, 8.2)
		v := strings.ToLower(strings.ReplaceAll(a.env(name), "-", ""))
		if v == "" {
			continue
		}
		eastAsian := slices.ContainsFunc([]string{"ja", "ko", "zh"}, func(l string) bool { return strings.HasPrefix(v, l) })
		return strings.Contains(v, "utf8") && !eastAsian
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
			line.WriteRune(tui.Halves(upper, lower))
		}
		lines = append(lines, line.String())
	}
	return lines
}

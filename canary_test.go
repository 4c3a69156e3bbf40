package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf16"

	"keyrollout/steps"
	"keyrollout/tui"
	"keyrollout/walkthrough"
)

// canaryPIN is long enough not to turn up by chance.
const canaryPIN = "Canary-7f3a-PIN"

// witness passes questions on and remembers the pass that was shown.
type witness struct {
	steps.Asker
	pass []byte
}

func (w *witness) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	if q.Kind == steps.Show {
		q.Value.Use(func(b []byte) { w.pass = bytes.Clone(b) })
	}
	return w.Asker.Ask(ctx, q)
}

// No secret of a whole rollout is in anything it prints or leaves on disk, in any usual spelling.
func TestNoSecretIsLeftAnywhere(t *testing.T) {
	s, err := walkthrough.FirstRollout()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	env := func(name string) string {
		if name == "KEYROLLOUT_PIN" {
			return canaryPIN
		}
		return ""
	}
	var out bytes.Buffer
	player := walkthrough.NewPlayer(s, &out, steps.English, env, func(q steps.Question) { tui.PlainQuestion(&out, steps.English, q) })
	seen := &witness{Asker: player}
	rec := walkthrough.NewRecorder(seen)
	tell := tui.PlainTell(&out, steps.English)
	var ev *walkthrough.Evidence
	p, err := openPractice(t.Context(), practiceOptions{Dir: filepath.Join(dir, "practice"), Ask: rec, Script: &scripted{s},
		Tell: func(e steps.Event) { ev.Tell(e); tell(e) }})
	if err != nil {
		t.Fatal(err)
	}
	ev = walkthrough.NewEvidence("", p.clock.Now)
	if err := steps.Run(p.ctx, p.world, steps.Rollout()); err != nil {
		t.Fatal(err)
	}
	p.Close()
	evidence, err := ev.JSON()
	if err != nil {
		t.Fatal(err)
	}
	left := map[string][]byte{"the dialogue": out.Bytes(), "the evidence": evidence, "the recording": rec.Script("x")}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		left[d.Name()] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(left) < 7 || len(seen.pass) == 0 {
		t.Fatalf("not enough to look at: %d things, a pass of %d bytes", len(left), len(seen.pass))
	}
	for where, b := range left {
		for name, secret := range map[string][]byte{"PIN": []byte(canaryPIN), "pass": seen.pass} {
			for spelling, needle := range spellings(secret) {
				if bytes.Contains(b, needle) {
					t.Errorf("the %s is in %s (%s)", name, where, spelling)
				}
			}
		}
	}
}

func spellings(b []byte) map[string][]byte {
	wide := []byte{}
	for _, u := range utf16.Encode([]rune(string(b))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	m := map[string][]byte{"raw": b, "hex": []byte(hex.EncodeToString(b)), "HEX": bytes.ToUpper([]byte(hex.EncodeToString(b))), "UTF-16": wide,
		"zero-padded to 64": append(slices.Clone(b), make([]byte, 64-len(b))...)}
	// base64 looks different at each of three offsets: the middle of each is enough
	for shift := range 3 {
		padded := append(bytes.Repeat([]byte{0}, shift), b...)
		e := base64.StdEncoding.EncodeToString(padded)
		u := base64.URLEncoding.EncodeToString(padded)
		cut := (shift*8 + 5) / 6
		end := len(padded) * 8 / 6
		m["base64 "+string(rune('0'+shift))], m["base64url "+string(rune('0'+shift))] = []byte(e[cut:end]), []byte(u[cut:end])
	}
	return m
}

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/graph"
	"keyrollout/graph/practice"
	"keyrollout/internal/secret"
	"keyrollout/internal/state"
	"keyrollout/steps"
	"keyrollout/tui"
)

func (a *app) practiceCommand() *cobra.Command {
	var fresh bool
	cmd := &cobra.Command{
		Use:   "practice",
		Short: "Rehearse the rollout: a made-up company and a software key; nothing real changes",
		Long: `Rehearse the whole rollout with a made-up company and a software key. Everything runs as it would for real,
through the same code: the Graph SDK speaks to a practice tenant, libfido2 to a software key. Nothing real changes.

The practice is kept between runs, so that it can be interrupted and gone on with; --fresh begins anew.
Without a terminal the built-in first rollout is played in the plain dialogue, in a practice of its own that is not kept.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if plain, _ := tui.WantsPlain(a.screen(nil), false); plain && !a.isTerminal() && !a.plain {
				return a.playBuiltIn(cmd.Context())
			}
			return a.drive(cmd.Context(), a.screen(steps.Rollout()), func(ctx context.Context, ask steps.Asker, tell func(steps.Event)) error {
				return a.practise(ctx, ask, tell, practiceStart{fresh: fresh})
			})
		},
	}
	cmd.Flags().BoolVar(&fresh, "fresh", false, "forget the practice so far: a new company, a key as from the factory")
	return cmd
}

// practiceStart is how a practice begins.
type practiceStart struct {
	fresh bool // anew
	back  bool // whoever began it takes steps.ErrBack
}

// practise is a rollout in the practice that is kept in the state directory.
func (a *app) practise(ctx context.Context, ask steps.Asker, tell func(steps.Event), how practiceStart) error {
	a.practising.Store(true)
	dir, err := a.stateDir()
	if err != nil {
		return err
	}
	o := practiceOptions{Dir: filepath.Join(dir, "practice"), Ask: ask, Tell: tell}
	if how.fresh {
		if err := forget(o.Dir); err != nil {
			return err
		}
	}
	p, err := openPractice(ctx, o)
	if err != nil {
		return err
	}
	if p.world.Journal.Finished() && !how.fresh {
		again, err := ask.Ask(p.ctx, steps.Question{Name: "practice.again", Kind: steps.Choose, Default: "look", Back: how.back,
			Text: steps.T("This practice has been played to its end."),
			Choices: []steps.Choice{
				look, next,
				{ID: "fresh", Text: steps.T("begin anew"), Detail: steps.T("a new company, a key as from the factory")},
			}})
		if err != nil || again.ID == "fresh" {
			p.Close()
			if err != nil {
				return err
			}
			return a.practise(ctx, ask, tell, practiceStart{fresh: true})
		}
		if again.ID == next.ID {
			err := errors.Join(p.world.Journal.NextPerson(), p.hand.takeNext())
			p.Close()
			if err != nil {
				return err
			}
			if p, err = openPractice(ctx, o); err != nil {
				return err
			}
		}
	}
	defer p.Close()
	p.world.Back = how.back
	return a.rollout(p.ctx, p.world, steps.Rollout())
}

// practiceOptions say how a practice is set up. An empty Dir keeps nothing.
type practiceOptions struct {
	Dir    string
	Ask    steps.Asker
	Tell   func(steps.Event)
	Script *scripted // a script's start and faults; nil = a person practises
}

// practiceRun is one practice: the company, the key, and the hand that touches it.
type practiceRun struct {
	world  *steps.World
	ctx    context.Context // ended when the person leaves inside a touch
	cancel context.CancelCauseFunc
	tenant *practice.Tenant
	key    *softkey.Key
	faults *practice.Faults
	hand   *hand
	clock  *practiceClock
	unlock func() error
}

// openPractice sets a practice up, or takes it up where it was left.
func openPractice(ctx context.Context, o practiceOptions) (*practiceRun, error) {
	p := &practiceRun{unlock: func() error { return nil }, cancel: func(error) {}}
	if o.Dir != "" {
		if err := state.Ensure(o.Dir); err != nil {
			return nil, err
		}
		var err error
		if p.unlock, err = state.Lock(filepath.Join(o.Dir, "lock")); err != nil {
			return nil, err
		}
	}
	if err := p.open(ctx, o); err != nil {
		p.Close()
		var told *steps.Problem
		switch {
		case errors.As(err, &told):
			told.Next = append(told.Next, steps.Choice{ID: "fresh", Text: steps.T("keyrollout practice --fresh  begins anew")})
		case o.Dir != "":
			err = &steps.Problem{Code: "practice-unusable", What: steps.T("The practice in %s cannot be taken up: %s.", o.Dir, inWords(err)), Err: err,
				State: steps.T("Nothing was changed."), Next: []steps.Choice{{ID: "fresh", Text: steps.T("keyrollout practice --fresh  begins anew")}}}
		}
		return nil, err
	}
	return p, nil
}

func (p *practiceRun) open(ctx context.Context, o practiceOptions) (err error) {
	p.ctx, p.cancel = context.WithCancelCause(ctx)
	if p.clock, err = openClock(o); err != nil {
		return err
	}
	var tenantRand, keyRand io.Reader
	if o.Script != nil {
		tenantRand, keyRand = seeded(o.Script.Seed, "tenant"), seeded(o.Script.Seed, "key")
	}
	to := practice.Options{Clock: p.clock.Now, Sleep: p.clock.Sleep, Rand: tenantRand, State: practice.Memory()}
	if o.Dir != "" {
		to.State = practice.File(filepath.Join(o.Dir, "tenant.json"))
	}
	if o.Script != nil {
		if to.Faults, to.Seed, err = o.Script.company(); err != nil {
			return err
		}
		p.faults = to.Faults
	}
	if p.tenant, err = practice.New(to); err != nil {
		return err
	}
	p.hand = &hand{ask: o.Ask, leave: p.cancel, path: handPath(o.Dir)}
	if err := p.hand.load(); err != nil {
		return err
	}
	store, err := keyStore(o.Dir, p.hand.Key)
	if err != nil {
		return err
	}
	tell := o.Tell
	if p.key, err = softkey.Open(softkey.Options{Profile: softkey.ATKeyPro21(), Store: store, Toucher: p.hand,
		Clock: p.clock.Now, Rand: keyRand, Picture: picture(tell), Light: p.hand.light(tell)}); err != nil {
		return err
	}
	p.hand.key = p.key
	return p.furnish(o)
}

// light tells what the key waits for; its verdicts on a touch are told in words.
func (h *hand) light(tell func(steps.Event)) func(softkey.Light) {
	return func(l softkey.Light) {
		h.seen(l)
		if l.Blink {
			tell(steps.LightEvent(l.Colour, l.Blink))
		}
	}
}

// furnish makes the world of this practice.
func (p *practiceRun) furnish(o practiceOptions) error {
	rt := p.tenant.Transport()
	t, err := graph.New(graph.Options{BaseURL: practiceURL + "/v1.0", Transport: rt, Practice: true, Clock: p.clock.Now, Sleep: p.clock.Sleep,
		Bearer: secret.New([]byte(p.tenant.Token(practice.AdminUPN))), UserAgent: "keyrollout/" + version})
	if err != nil {
		return err
	}
	journal := steps.MemoryJournal(p.clock.Stamp)
	if o.Dir != "" {
		if journal, err = steps.OpenJournal(filepath.Join(o.Dir, "journal.jsonl"), p.clock.Stamp); err != nil {
			return err
		}
	}
	p.world = &steps.World{Asker: p.hand, Tell: o.Tell, Tenant: t, Pages: graph.NewPages(practiceURL, rt), Hints: hints(p.hand.Key),
		Keys: fido.Software(p.key.Device(), p.key.Link), Clock: p.clock, Journal: journal}
	p.hand.world = p.world
	return nil
}

// hints are what somebody who rehearses cannot know: a group of the made-up company, and people in it, one for each key.
func hints(key int) map[string]string {
	people := []string{"aiko", "haruto", "yui", "ren"}
	return map[string]string{"tenant.group": practice.PilotGroup, "tenant.user": people[key%len(people)] + "@" + practice.Domain}
}

// practiceURL is the made-up address of the practice tenant: nothing is ever sent there, the transport answers.
const practiceURL = "https://graph.contoso.example"

// Close ends the practice; everything is on disk already.
func (p *practiceRun) Close() {
	if p.world != nil {
		p.world.Close()
		_ = p.world.Journal.Close() // every entry was synced as it was written
	}
	if p.key != nil {
		_ = p.key.Close()
	}
	p.cancel(nil)
	_ = p.unlock()
}

// picture shows the print of a practice finger.
func picture(tell func(steps.Event)) func(img image, good bool) {
	return func(img image, good bool) {
		tell(steps.Event{Name: steps.EventPicture, Data: steps.Picture{Pix: img.Pix, W: img.W, H: img.H, Good: good}})
	}
}

// keyStore is where a software key of the practice keeps its state: sealed on disk, or in memory without a directory.
// n is which key of the box it is, from 0; they are all sealed under one key.
func keyStore(dir string, n int) (softkey.Store, error) {
	if dir == "" {
		return softkey.MemoryStore(), nil
	}
	k, err := sealingKey(storeKeyFile(dir))
	if err != nil {
		return nil, err
	}
	file := storeFile(dir)
	if n > 0 {
		file = filepath.Join(dir, fmt.Sprintf("softkey.%d.sealed", n+1))
	}
	return opened(softkey.FileStore(file, softkey.WithKey(k)))
}

// sealingKey reads the key a store is sealed under, or makes it. It protects copies and backups of the store that come
// without it; whoever can read this user's files can read both.
func sealingKey(path string) (secret.Secret, error) {
	b, err := os.ReadFile(path)
	if err == nil && len(b) == 32 {
		return secret.New(b), nil
	}
	if err == nil {
		return secret.Secret{}, wordsError{steps.T("%s is damaged (%d bytes, not 32), and without it the software key cannot be opened", path, len(b))}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return secret.Secret{}, err
	}
	if sealed := strings.TrimSuffix(path, ".key") + ".sealed"; exists(sealed) {
		return secret.Secret{}, wordsError{steps.T("%s is missing, and without it %s cannot be opened", path, sealed)}
	}
	b = make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return secret.Secret{}, err
	}
	return secret.New(b), state.WriteFile(path, bytes.Clone(b))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// seeded is randomness that a script can repeat; every user of it has a stream of its own.
func seeded(seed uint64, who string) io.Reader {
	var k [32]byte
	copy(k[:], fmt.Sprintf("%d %s", seed, who))
	return mathrand.NewChaCha8(k)
}

// forget removes a practice. Only files of the practice are removed, by name.
func forget(dir string) error {
	if err := state.Ensure(dir); err != nil {
		return err
	}
	unlock, err := state.Lock(filepath.Join(dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	return forgetFiles(dir)
}

// forgetFiles is forget for who holds the lock.
func forgetFiles(dir string) error {
	for _, pattern := range []string{"tenant.json*", ".*.new-*", ".practice-*", "softkey.*", "journal.jsonl", "hand.json", "clock.json"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, f := range found {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// stateDir is the state directory, made where it is missing.
func (a *app) stateDir() (string, error) {
	dir, err := state.Dir(a.env, runtime.GOOS)
	if err == nil {
		err = state.Ensure(dir)
	}
	if err != nil {
		return dir, &steps.Problem{Code: "state-dir", What: steps.T("The place where state is kept cannot be used: %s.", err), State: steps.T("Nothing was changed."), Err: err,
			Next: []steps.Choice{{ID: "retry", Text: steps.T("see to it, or name a directory of your own in the variable %s", state.Override)}}}
	}
	return dir, nil
}

// loadJSON reads a small file of the practice; one that is not there leaves v as it is.
func loadJSON(path string, v any) error {
	if path == "" {
		return nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return wordsError{steps.T("%s is damaged (%s)", path, err.Error())}
	}
	return nil
}

func saveJSON(path string, v any) error {
	if path == "" {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return state.WriteFile(path, b)
}

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/internal/secret"
	"keyrollout/steps"
)

// watching is a person in front of a served key: touches are answered from a list, the face's own question by nobody
// unless there is something to do.
type watching struct {
	mu      sync.Mutex
	seen    []steps.Question
	touches []string
	do      chan string
}

func (w *watching) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	w.mu.Lock()
	w.seen = append(w.seen, q)
	w.mu.Unlock()
	if q.Name == "softkey.face" {
		select {
		case id := <-w.do:
			return steps.Answer{ID: id}, nil
		case <-ctx.Done():
			return steps.Answer{}, ctx.Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.touches) == 0 {
		return steps.Answer{ID: q.Default}, nil
	}
	next := w.touches[0]
	w.touches = w.touches[1:]
	return steps.Answer{ID: next}, nil
}

// shows waits until a question of that name says so.
func (w *watching) shows(t *testing.T, name, words string) steps.Question {
	t.Helper()
	for range 500 {
		w.mu.Lock()
		for _, q := range w.seen {
			said := []string{q.Text.String()}
			for _, d := range q.Detail {
				said = append(said, d.String())
			}
			if q.Name == name && strings.Contains(strings.Join(said, "\n"), words) {
				w.mu.Unlock()
				return q
			}
		}
		w.mu.Unlock()
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s never said %q; said was %+v", name, words, w.seen)
	return steps.Question{}
}

// facing is a key with a face, as  keyrollout softkey  serves it on the whole screen, and a visit to it.
func facing(t *testing.T, w *watching, full bool) (fido.Session, *softkey.Key, *hand) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	f := newServedFace(ctx, w, func(steps.Event) {}, full)
	h := &hand{ask: f, leave: cancel, served: f}
	f.hand = h
	p := softkey.ATKeyPro21()
	p.Samples, p.AlwaysUV = 3, false
	key, err := openKey("", softkey.MemoryStore(), softkey.Options{Profile: p, Light: f.light, Log: f.log}, h)
	if err != nil {
		t.Fatal(err)
	}
	f.said(steps.T("here"))
	over := make(chan struct{})
	go func() {
		defer close(over)
		if full {
			_ = f.idle(ctx, key)
		}
	}()
	s, err := fido.OpenLink(t.Context(), key.Device(), key.Link())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); cancel(nil); <-over; key.Close() })
	return s, key, h
}

func makeAt(ctx context.Context, s fido.Session, pin string) error {
	_, err := s.Make(ctx, secret.New([]byte(pin)), fido.MakeRequest{RPID: "example.com", RPName: "Example", UserID: []byte{1}, UserName: "ana",
		DisplayName: "Ana", Algorithms: []int{fido.ES256}})
	return err
}

// The face names the site before the touch and afterwards; the light and the place are always on it.
func TestFaceNamesTheSiteAndTouches(t *testing.T) {
	w := &watching{}
	s, _, _ := facing(t, w, true)
	if err := s.SetPIN(t.Context(), secret.New([]byte("482913"))); err != nil {
		t.Fatal(err)
	}
	if err := makeAt(t.Context(), s, "482913"); err != nil {
		t.Fatal(err)
	}
	q := w.shows(t, "touch.presence", "register with example.com")
	if !strings.Contains(q.Choices[0].Text.String(), "right index finger") || q.Default != "good" {
		t.Errorf("which finger touches is not said: %+v", q.Choices[0])
	}
	last := w.shows(t, "softkey.face", "Done: register with example.com")
	if !strings.Contains(last.Text.String(), "LED blue") || last.Detail[0].String() != "here" {
		t.Errorf("%s, %v", last.Text, last.Detail)
	}
	if err := makeAt(t.Context(), s, "000000"); err == nil {
		t.Fatal("a wrong PIN registers")
	}
	w.shows(t, "softkey.face", "Refused: try a PIN, for example.com: wrong PIN")
}

// U2F messages are named like any other request: before the touch, and when it was given.
func TestFaceNamesU2F(t *testing.T) {
	w := &watching{}
	_, key, _ := facing(t, w, true)
	link := key.Link()
	defer link.Close()
	send := func(channel uint32, b ...byte) (r [fido.ReportSize]byte) {
		t.Helper()
		binary.BigEndian.PutUint32(r[:], channel)
		copy(r[4:], b)
		if err := link.Write(r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	send(0xFFFFFFFF, 0x86, 0, 8)
	r, err := link.Read(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	channel := binary.BigEndian.Uint32(r[15:])
	send(channel, 0x83, 0, 73, 0, 1, 0, 0, 0, 0, 64) // register, 64 bytes of zeros
	send(channel, 0)
	w.shows(t, "touch.presence", "A program asks: register (U2F).")
	w.shows(t, "softkey.face", "Done: register (U2F)")
}

// With three presses of the button a finger is enrolled on the key itself; and a key that was unplugged comes back.
func TestFaceDoesWhatAHandCanDo(t *testing.T) {
	w := &watching{do: make(chan string), touches: []string{"good", "good", "good"}}
	s, _, _ := facing(t, w, true)
	w.do <- "button"
	w.shows(t, "softkey.face", "A finger was enrolled on the key itself")
	if i, err := s.Info(t.Context()); err != nil || !i.HasFinger() {
		t.Fatalf("%v %v", i.Options, err)
	}
	w.mu.Lock()
	w.touches = []string{"finger", "left-thumb", "pull"}
	w.mu.Unlock()
	w.do <- "button" // which asks for an enrolled finger first
	w.shows(t, "softkey.face", "The key is unplugged")
	if q := w.shows(t, "touch.verify", ""); !slices.ContainsFunc(q.Choices, func(c steps.Choice) bool { return c.ID == "finger" }) {
		t.Error("the finger cannot be changed")
	}
	w.do <- "plug"
	w.shows(t, "softkey.face", "Plugged in.")
	w.do <- "stop"
}

// Touches by a script come in its order, and the right ones afterwards; a pulled key that nobody sees comes back.
func TestScriptedTouches(t *testing.T) {
	if _, err := touchScript([]string{"good", "tickle"}); !errors.As(err, new(usageError)) {
		t.Errorf("an unknown touch: %v", err)
	}
	script, err := touchScript([]string{"nobody", "left-index", "good", "pull"})
	if err != nil {
		t.Fatal(err)
	}
	w := &watching{}
	s, key, h := facing(t, w, false)
	h.ask = script
	pin := "482913"
	if err := s.SetPIN(t.Context(), secret.New([]byte(pin))); err != nil {
		t.Fatal(err)
	}
	var refused *fido.Error
	if err := makeAt(t.Context(), s, pin); !errors.As(err, &refused) || refused.Code <= 0 {
		t.Errorf("nobody touched, and: %v", err)
	}
	if err := makeAt(t.Context(), s, pin); err != nil || h.Finger != "left-index" {
		t.Errorf("%v, finger %q", err, h.Finger)
	}
	if err := makeAt(t.Context(), s, pin); !errors.As(err, &refused) || refused.Code != fido.CodeGone {
		t.Errorf("pulled, and: %v", err)
	}
	s.Close()
	for range 100 {
		if s, err = fido.OpenLink(t.Context(), key.Device(), key.Link()); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatal("it did not come back: ", err)
	}
	defer s.Close()
	if err := makeAt(t.Context(), s, pin); err != nil {
		t.Error(err)
	}
}

// By itself it enrols one finger after the other, and is recognised with each.
func TestScriptEnrolsAnotherFinger(t *testing.T) {
	script, err := touchScript(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, _, h := facing(t, &watching{}, false)
	h.ask, h.auto = script, script
	pin := secret.New([]byte("482913"))
	if err := s.SetPIN(t.Context(), pin); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err := s.Enrol(ctx, pin, "", func(fido.Sample) {})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		used[h.Finger] = true
	}
	if len(used) != 3 {
		t.Errorf("fingers %v", used)
	}
}

// By itself it gives an enrolment up after eight touches in a row that were refused, and says so; the next begins anew.
func TestScriptGivesAnEnrolmentUp(t *testing.T) {
	w := &watching{touches: append([]string{"good"}, slices.Repeat([]string{"short"}, 3*patientTouches)...)}
	s, _, h := facing(t, w, true)
	h.auto = &script{} // the touches are the person's, so that they can be wrong
	pin := secret.New([]byte("482913"))
	if err := s.SetPIN(t.Context(), pin); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	given := make(chan error, 1)
	go func() {
		_, err := s.Enrol(ctx, pin, "", func(fido.Sample) {})
		given <- err
	}()
	w.shows(t, "softkey.face", "8 touches in a row were refused")
	w.mu.Lock()
	if left := len(w.touches); left != 2*patientTouches {
		t.Errorf("%d touches were refused, not 8", 3*patientTouches-left)
	}
	w.touches = nil
	w.mu.Unlock()
	cancel()
	if err := <-given; err == nil {
		t.Error("a finger was enrolled by its tip")
	}
	if _, err := s.Enrol(t.Context(), pin, "", func(fido.Sample) {}); err != nil {
		t.Error(err)
	}
}

// A touch that there is none of is refused before anything is forgotten.
func TestUnknownTouchForgetsNoKey(t *testing.T) {
	state, file := t.TempDir(), phraseFile(t, "a passphrase of a good length")
	dir := filepath.Join(state, "softkey")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := (sealing{phrase: true, file: file}).ownStore(t.Context(), dir, nobody{}, func(steps.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Save([]byte("kept")), closeStore(s)); err != nil {
		t.Fatal(err)
	}
	was := wholeFile(t, storeFile(dir))
	if code, _, stderr := runCommand(t, state, "softkey", "--fresh", "--passphrase-file", file, "--touch", "tickle"); code != exitUsage || !strings.Contains(stderr, `no touch "tickle"`) {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	if !bytes.Equal(wholeFile(t, storeFile(dir)), was) {
		t.Error("the key was forgotten")
	}
}

// fullDisk is a store that cannot be written any more.
type fullDisk struct {
	softkey.Store
	full bool
}

func (d *fullDisk) Save(b []byte) error {
	if d.full {
		return errors.New("no space left on device")
	}
	return d.Store.Save(b)
}

// A store that cannot be written is told on the face and as a problem, and nothing has changed.
func TestFaceSaysThatTheStoreCannotBeWritten(t *testing.T) {
	var told []string
	var p *steps.Problem
	f := newServedFace(t.Context(), nobody{}, func(e steps.Event) { told = append(told, e.Text.String()) }, false)
	f.failed = func(q *steps.Problem) { p = q }
	h := &hand{ask: f, served: f}
	f.hand = h
	disk := &fullDisk{Store: softkey.MemoryStore()}
	key, err := openKey("", disk, softkey.Options{Profile: softkey.ATKeyPro21(), Light: f.light, Log: f.log}, h)
	if err != nil {
		t.Fatal(err)
	}
	defer key.Close()
	s, err := fido.OpenLink(t.Context(), key.Device(), key.Link())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	disk.full = true
	if err := s.SetPIN(t.Context(), secret.New([]byte("482913"))); err == nil {
		t.Fatal("kept on a full disk")
	}
	if all := strings.Join(told, "|"); !strings.Contains(all, "no space left on device. Nothing was changed") {
		t.Errorf("told %s", all)
	}
	if p == nil || p.Code != "softkey-not-written" || p.State.Empty() {
		t.Errorf("%+v", p)
	}
	if i, err := s.Info(t.Context()); err != nil || i.HasPIN() {
		t.Errorf("%v %v", i.Options, err)
	}
}

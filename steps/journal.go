package steps

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// Journal is what was meant and what was done, a JSON object a line, on disk before the next thing happens. It holds
// no secrets: its entries have named fields and nothing else is ever written. It is a memory, never a proof: a run is
// taken up again by asking the tenant and the key what is true, and the journal only says what to ask about.
type Journal struct {
	file    *os.File
	size    int64 // bytes of whole lines in file
	entries []Entry
	now     func() time.Time
}

// Entry is one line of the journal.
type Entry struct {
	Time time.Time `json:"time"`
	Kind EntryKind `json:"kind"`
	Step string    `json:"step,omitempty"`
	What string    `json:"what,omitempty"` // what was meant or done: "fido2-policy", "pass", "credential", …
	ID   string    `json:"id,omitempty"`   // of the thing: a pass id, a credential id
	Wish *Wish     `json:"wish,omitempty"`
	// Credential is the id, base64url, of the credential that a proof is of.
	Credential string `json:"credential,omitempty"`
	// Tenant is the id of the tenant that Before is of.
	Tenant string `json:"tenant,omitempty"`
	// Before is a policy as Graph gave it before it was changed: what an undo goes back to.
	Before json.RawMessage `json:"before,omitempty"`
	// After is the policy as it was read back: an undo tells by it whether somebody changed it since.
	After json.RawMessage `json:"after,omitempty"`
}

// EntryKind is the kind of a line.
type EntryKind string

const (
	EntryWish   EntryKind = "wish"   // what the rollout is to reach
	EntryIntent EntryKind = "intent" // about to do it
	EntryResult EntryKind = "result" // done
	EntryFailed EntryKind = "failed" // refused; nothing changed
	// EntrySettled: whether an intent that was cut off was carried out has been looked at, for as long as it may take.
	EntrySettled EntryKind = "settled"
	EntryStep    EntryKind = "step" // What is the step's new state
)

// OpenJournal opens or begins a journal. A last line that was torn by a crash is dropped: what it would have said is
// found out from the tenant and the key.
func OpenJournal(path string, now func() time.Time) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, journalProblem(path, err)
	}
	j := &Journal{file: f, now: now}
	good, err := j.read(f)
	if err == nil {
		err = f.Truncate(good)
	}
	if err != nil {
		f.Close()
		return nil, journalProblem(path, err)
	}
	j.size = good
	return j, nil
}

// ReadJournal reads a journal without touching it, for a look from outside: another keyrollout may be writing it.
func ReadJournal(path string) (*Journal, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	j := &Journal{now: time.Now}
	if _, err = j.read(bytes.NewReader(b)); err != nil {
		return nil, journalProblem(path, err)
	}
	return j, nil
}

// damaged is a line of a journal that is none.
type damaged struct{ line int }

func (d damaged) Error() string { return fmt.Sprintf("line %d is damaged", d.line) }

// journalProblem tells of a journal that cannot be used. Nothing was begun: it is opened before anything is.
func journalProblem(path string, err error) *Problem {
	p := &Problem{Code: "journal", What: T("The journal %s cannot be used: %s.", path, err), State: T("Nothing was changed in the tenant or on the key."), Err: err,
		Next: []Choice{{ID: "retry", Text: T("see that the file can be read and written by you, then try again")}}}
	var d damaged
	if errors.As(err, &d) {
		p.Code, p.What = "journal-damaged", T("The journal %s is damaged in line %d.", path, d.line)
		p.Next = []Choice{{ID: "retry", Text: T("bring the file back from a copy, or move it away to begin anew: the tenant and the key do not depend on it, but what stood before earlier changes is kept nowhere else")}}
	}
	return p
}

// MemoryJournal is a journal for a run that leaves nothing behind.
func MemoryJournal(now func() time.Time) *Journal { return &Journal{now: now} }

// read fills the entries and returns how many bytes of the file are whole lines.
func (j *Journal) read(r io.Reader) (int64, error) {
	var good int64
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) { // what is left in line was torn
			return good, nil
		}
		if err != nil {
			return good, err
		}
		var e Entry
		if err := json.Unmarshal(bytes.TrimSpace(line), &e); err != nil {
			return good, damaged{len(j.entries) + 1}
		}
		j.entries = append(j.entries, e)
		good += int64(len(line))
	}
}

// Write adds an entry and waits until it is on disk.
func (j *Journal) Write(e Entry) error {
	e.Time = j.now().UTC().Truncate(time.Second)
	if j.file != nil {
		b, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		if err := j.write(append(b, '\n')); err != nil {
			return err
		}
	}
	j.entries = append(j.entries, e)
	return nil
}

// write puts a line on disk, whole or not at all: half a line would be taken for damage once another one followed it.
func (j *Journal) write(line []byte) error {
	_, err := j.file.WriteAt(line, j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return &Problem{Code: "journal-write", Err: errors.Join(err, j.file.Truncate(j.size)),
			What:  T("The journal cannot be written: %s.", err.Error()),
			State: T("Nothing is begun that is not written down first; what was done before stays done."),
			Next:  []Choice{{ID: "retry", Text: T("make room on the disk, then try again")}, Leave}}
	}
	j.size += int64(len(line))
	return nil
}

// Intend says what is about to be done.
func (j *Journal) Intend(step, what, id string) error {
	return j.Write(Entry{Kind: EntryIntent, Step: step, What: what, ID: id})
}

// Result says that it has been done.
func (j *Journal) Result(step, what, id string) error {
	return j.Write(Entry{Kind: EntryResult, Step: step, What: what, ID: id})
}

// Failed says that it was refused and that nothing changed.
func (j *Journal) Failed(step, what, id string) error {
	return j.Write(Entry{Kind: EntryFailed, Step: step, What: what, ID: id})
}

// Unsettled finds the last intent of a kind that has neither result nor failure: the run ended in between.
func (j *Journal) Unsettled(step, what string) (Entry, bool) {
	e, ok := j.last(func(e Entry) bool {
		return e.Step == step && e.What == what && slices.Contains([]EntryKind{EntryIntent, EntryResult, EntryFailed}, e.Kind)
	})
	return e, ok && e.Kind == EntryIntent
}

// Last finds the last result of a kind.
func (j *Journal) Last(step, what string) (Entry, bool) {
	return j.last(func(e Entry) bool { return e.Kind == EntryResult && e.Step == step && e.What == what })
}

// Wish is what the rollout is to reach; the zero Wish when nothing has been chosen.
func (j *Journal) Wish() Wish {
	if e, ok := j.last(func(e Entry) bool { return e.Kind == EntryWish }); ok && e.Wish != nil {
		return *e.Wish
	}
	return Wish{}
}

// SetWish keeps the wish.
func (j *Journal) SetWish(w Wish) error {
	return j.Write(Entry{Kind: EntryWish, Wish: &w})
}

// Empty reports whether it holds nothing.
func (j *Journal) Empty() bool {
	return !slices.ContainsFunc(j.entries, func(e Entry) bool { return e.Kind != "" }) // any JSON on a line reads as an entry
}

// Where tells the last step that began and when, for "Continue".
func (j *Journal) Where() (step string, state string, at time.Time, ok bool) {
	e, ok := j.last(func(e Entry) bool { return e.Kind == EntryStep })
	return e.Step, e.What, e.Time, ok
}

// Finished reports whether the rollout came to its end.
func (j *Journal) Finished() bool {
	step, state, _, ok := j.Where()
	return ok && step == signInID && state == "done"
}

// NextPerson takes the person out of the wish: what was chosen for the organisation stays for the next one.
func (j *Journal) NextPerson() error {
	w := j.Wish()
	w.User, w.UserUPN, w.UserName = "", "", ""
	return j.SetWish(w)
}

// first reports whether nobody but this person was given a key through this journal.
func (j *Journal) first(user string) bool {
	return !slices.ContainsFunc(j.registered(), func(h held) bool { return h.user != user })
}

// unregistered reports whether a person is chosen for whom nothing was registered yet.
func (j *Journal) unregistered() bool {
	user := j.Wish().User
	return user != "" && !slices.ContainsFunc(j.registered(), func(h held) bool { return h.user == user })
}

// loosePasses are the people who were given a pass through this journal and no key, as they were wished for, and whose
// pass was not dealt with since.
func (j *Journal) loosePasses() (all []Wish) {
	var of Wish
	drop := func(user string) { all = slices.DeleteFunc(all, func(w Wish) bool { return w.User == user }) }
	for _, e := range j.entries {
		switch {
		case e.Kind == EntryWish && e.Wish != nil:
			of = *e.Wish
		case e.Step == tenantID && e.What == "pass" && (e.Kind == EntryIntent || e.Kind == EntryResult):
			drop(e.ID)
			if e.ID == of.User {
				all = append(all, of)
			}
		case e.Step == tenantID && e.What == "pass-left" && e.Kind == EntryResult:
			drop(e.ID)
		case e.Kind == EntryResult && e.Step == registrationID && e.What == "credential":
			drop(of.User)
		}
	}
	return all
}

// held is a credential that a rollout registered, and whose it is.
type held struct{ user, name, id string }

// registered lists what was registered through this journal, for everyone.
func (j *Journal) registered() (all []held) {
	var of Wish
	for _, e := range j.entries {
		switch {
		case e.Kind == EntryWish && e.Wish != nil:
			of = *e.Wish
		case e.Kind == EntryResult && e.Step == registrationID && e.What == "credential":
			all = append(all, held{of.User, of.UserName, e.ID})
		}
	}
	return all
}

func (j *Journal) last(is func(Entry) bool) (Entry, bool) {
	for _, e := range slices.Backward(j.entries) {
		if is(e) {
			return e, true
		}
	}
	return Entry{}, false
}

// Close closes the file.
func (j *Journal) Close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}

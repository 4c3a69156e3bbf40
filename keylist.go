package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"keyrollout/fido"
	"keyrollout/steps"
)

// listedKey is one key as  key list  tells it. Model, AAGUID and Entra are the key's own word; a key that could not be
// asked has Trouble instead.
type listedKey struct {
	fido.Device
	Model   string
	AAGUID  string
	Entra   bool // on Microsoft's list of models that pass while attestation is enforced
	Status  string
	Trouble *trouble `json:",omitempty"`
}

// trouble is why a key could not be asked, and the udev rule that would change that.
type trouble struct {
	Code, Explain, Rule string
	what                steps.Text
	do                  []steps.Text
}

// askFor is how long one key may take to say what it is: a key that is busy or dead must not hold up the list.
const askFor = 4 * time.Second

// listed asks every key what it is, all at once. That a key cannot be asked is told with that key.
func listed(ctx context.Context, keys fido.Keys) ([]listedKey, error) {
	devices, err := keys.List(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]listedKey, len(devices))
	var asked sync.WaitGroup
	for i, d := range devices {
		asked.Go(func() { all[i] = askModel(ctx, keys, d) })
	}
	asked.Wait()
	return all, ctx.Err()
}

func askModel(ctx context.Context, keys fido.Keys, d fido.Device) listedKey {
	ctx, stop := context.WithTimeout(ctx, askFor)
	defer stop()
	k := listedKey{Device: d, Model: steps.Printed(d.Manufacturer + " " + d.Product)}
	info, err := readInfo(ctx, keys, d)
	if err != nil {
		k.Trouble = troubleWith(d.Path, err)
		return k
	}
	k.AAGUID = fido.FormatAAGUID(info.AAGUID)
	if m, ok := fido.ModelOf(info.AAGUID); ok {
		k.Model, k.Entra, k.Status = m.Name, m.Entra, m.Status
	}
	return k
}

func readInfo(ctx context.Context, keys fido.Keys, d fido.Device) (fido.Info, error) {
	s, err := keys.Open(ctx, d)
	if err != nil {
		return fido.Info{}, err
	}
	defer s.Close()
	return s.Info(ctx)
}

func troubleWith(path string, err error) *trouble {
	t := &trouble{Code: "key-silent", what: steps.T("The key did not answer in time.")}
	if p := steps.ProblemOf(steps.WithRule(path, err)); p != nil {
		t.Code, t.what, t.do = p.Code, p.What, p.Do
	}
	if t.Code == "key-no-access" {
		t.Rule = fido.AccessTo(path).Rule
	}
	t.Explain = t.what.String()
	return t
}

func (a *app) keyList(ctx context.Context, keys fido.Keys, asJSON bool) error {
	all, err := listed(ctx, keys)
	if err != nil {
		return problemOr(err)
	}
	all = append(all, a.servedKeys()...)
	if asJSON {
		return writeJSON(a.out, all)
	}
	out := a.out.folded()
	if len(all) == 0 {
		fmt.Fprintln(out, a.say(steps.T("No security key is plugged into this computer.")))
		if a.env("SSH_CONNECTION") != "" {
			fmt.Fprintln(out, a.say(steps.T("This is an SSH session: the key has to be in this computer, not in the one you sit at.")))
			fmt.Fprintln(out, a.say(steps.T("A key at your desk can come here: run  keyrollout key share USER@HOST  there.")))
		}
		fmt.Fprintln(out, a.say(steps.T("Without a key:  keyrollout practice  or  keyrollout softkey.  If one is plugged in:  keyrollout doctor")))
		return nil
	}
	for _, k := range all {
		for _, l := range k.lines() {
			fmt.Fprintln(out, a.say(l))
		}
	}
	return nil
}

// lines are what there is to say of one key: its name and path, and below what Microsoft says of the model or why the
// key could not be asked.
func (k listedKey) lines() []steps.Text {
	head := steps.T("%s  %s (%04x:%04x)", k.Path, k.Model, k.VendorID, k.ProductID)
	switch {
	case k.Software:
		return []steps.Text{steps.T("%s  %s", k.Path, k.Model), indented(steps.T("a software key, served on this computer")), indented(steps.EntraWords(k.Entra))}
	case k.Serial != "":
		head = steps.T("%s  %s (%04x:%04x), serial number %s", k.Path, k.Model, k.VendorID, k.ProductID, steps.Printed(k.Serial))
	}
	if k.Trouble != nil {
		out := []steps.Text{head, indented(k.Trouble.what)}
		for _, l := range k.Trouble.do {
			out = append(out, indented(l))
		}
		return out
	}
	out := []steps.Text{head, indented(steps.EntraWords(k.Entra))}
	if k.Status != "" {
		out = append(out, indented(steps.StatusWords(k.Status)))
	}
	return out
}

func indented(t steps.Text) steps.Text { return steps.T("    %s", t) }

// useMetadata takes the models of a BLOB that the user has downloaded, once its signature has been checked.
func (a *app) useMetadata(path string) error {
	if path == "" {
		return nil
	}
	b, err := readAtMost(path, fido.MaxMetadata+1)
	var m fido.Metadata
	if err == nil {
		m, err = fido.ReadMetadata(b, time.Now())
	}
	if err != nil {
		return &steps.Problem{Code: "mds-refused", Err: err, What: steps.T("%s is not used: %s", path, blobWords(err)),
			State: steps.T("No key was asked; nothing was changed."),
			Next:  []steps.Choice{{ID: "retry", Text: steps.T("download it again from https://mds3.fidoalliance.org, or go on without --mds")}}}
	}
	fido.AddModels(m.Models)
	if time.Now().After(m.NextUpdate) {
		fmt.Fprintln(a.err, a.say(steps.T("This metadata is old: a newer one was due on %s.", m.NextUpdate.Format(time.DateOnly))))
	}
	return nil
}

// blobWords says why a BLOB is not used.
func blobWords(err error) steps.Text {
	switch {
	case errors.Is(err, fido.ErrNotBlob):
		return steps.T("this is not a BLOB of the FIDO Metadata Service.")
	case errors.Is(err, fido.ErrBlobTooLarge):
		return steps.T("it is larger than %d MB, which no BLOB is.", fido.MaxMetadata>>20)
	case errors.Is(err, fido.ErrBlobSigner):
		return steps.T("it is not signed by the FIDO Alliance's Metadata Service.")
	case errors.Is(err, fido.ErrBlobOld):
		return steps.T("it is so old that the certificate it was signed with has ended.")
	case errors.Is(err, fido.ErrBlobChanged):
		return steps.T("its signature is wrong: the file was changed, or is not complete.")
	}
	return steps.T("%s", err.Error())
}

// readAtMost reads so many bytes of a file: what is larger is cut, and refused for that.
func readAtMost(path string, n int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, n))
}

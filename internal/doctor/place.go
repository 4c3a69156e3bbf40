package doctor

import (
	"errors"
	"fmt"
	"io/fs"
)

// enough is far more than keyrollout writes: a full disk is a fault before it is full.
const enough = 50 << 20

func place(p Probe) []Finding {
	dir, err := p.StateDir()
	if err != nil {
		return []Finding{{"state", Fault, err.Error(), ""}}
	}
	f := Finding{"state", OK, dir + ", where only you may write", ""}
	switch err := p.CheckState(dir); {
	case errors.Is(err, fs.ErrNotExist):
		f.Text = dir + " will be made when it is needed"
	case err != nil:
		f.Level, f.Text = Fault, err.Error()
	}
	return append([]Finding{f}, disk(p, dir))
}

func disk(p Probe, dir string) Finding {
	free, err := p.Free(dir)
	switch {
	case err != nil:
		return Finding{"disk", Note, fmt.Sprintf("how much is free at %s cannot be told: %v", dir, err), ""}
	case free < enough:
		return Finding{"disk", Fault, fmt.Sprintf("only %d MB free at %s", free>>20, dir), "make room, or set KEYROLLOUT_STATE to a directory elsewhere"}
	}
	return Finding{"disk", OK, fmt.Sprintf("%d MB free", free>>20), ""}
}

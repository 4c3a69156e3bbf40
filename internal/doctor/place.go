package doctor

import (
	"errors"
	"io/fs"
)

// enough is far more than keyrollout writes: a full disk is a fault before it is full.
const enough = 50 << 20

func place(p Probe) []Finding {
	dir, err := p.StateDir()
	if err != nil {
		return []Finding{{"state", Fault, T("%s", err.Error()), Line{}}}
	}
	f := Finding{"state", OK, T("%s, where only you may write", dir), Line{}}
	if p.GOOS == "windows" {
		f.Text = T("%s, with the rights of the folder it is in", dir) // which CheckState cannot read
	}
	switch err := p.CheckState(dir); {
	case errors.Is(err, fs.ErrNotExist):
		f.Text = T("%s will be made when it is needed", dir)
	case err != nil:
		f.Level, f.Text = Fault, T("%s", err.Error())
	}
	return append([]Finding{f}, disk(p, dir))
}

func disk(p Probe, dir string) Finding {
	free, err := p.Free(dir)
	switch {
	case err != nil:
		return Finding{"disk", Note, T("how much is free at %s cannot be told: %s", dir, err.Error()), Line{}}
	case free < enough:
		return Finding{"disk", Fault, T("only %d MB free at %s", free>>20, dir), T("make room, or set KEYROLLOUT_STATE to a directory elsewhere")}
	}
	return Finding{"disk", OK, T("%d MB free", free>>20), Line{}}
}

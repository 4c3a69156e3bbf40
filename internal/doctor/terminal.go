package doctor

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// The wizard's smallest comfortable screen.
const goodWidth, goodHeight = 80, 24

func terminal(p Probe) []Finding {
	return []Finding{screen(p), colour(p), characters(p)}
}

func screen(p Probe) Finding {
	const plain = "the plain dialogue is used instead of the wizard"
	in, out, w, h := p.Terminal()
	name := p.Env("TERM")
	f := Finding{Name: "terminal", Level: Note}
	switch {
	case !in || !out:
		which := "output"
		if !in {
			which = "input"
		}
		f.Text, f.Next = fmt.Sprintf("standard %s is not a terminal: %s", which, plain), "start it in a terminal; over SSH: ssh -t HOST keyrollout"
	case p.Env("ACCESSIBLE") != "":
		f.Text, f.Next = "ACCESSIBLE is set: "+plain, ""
	case p.GOOS != "windows" && (name == "" || name == "dumb"):
		f.Text, f.Next = fmt.Sprintf("TERM is %q: %s", name, plain), "for the wizard: export TERM=xterm-256color, if your terminal is like that"
	case w == 0 || h == 0:
		f.Text, f.Next = "the terminal does not tell its size: "+plain, fmt.Sprintf("stty cols %d rows %d", goodWidth, goodHeight)
	case w < goodWidth || h < goodHeight:
		f.Text = fmt.Sprintf("%d columns and %d rows: the wizard has to be brief", w, h)
		f.Next = fmt.Sprintf("make the window %d columns and %d rows or more", goodWidth, goodHeight)
	default:
		f.Level, f.Text = OK, fmt.Sprintf("%s, %d columns and %d rows", name, w, h)
	}
	return f
}

func colour(p Probe) Finding {
	switch name := p.Env("TERM"); {
	case p.Env("NO_COLOR") != "":
		return Finding{"colour", OK, "none: NO_COLOR is set. Nothing is told by colour alone", ""}
	case p.Env("COLORTERM") == "truecolor" || p.Env("COLORTERM") == "24bit":
		return Finding{"colour", OK, "16 million", ""}
	case strings.Contains(name, "256color"):
		return Finding{"colour", OK, "256", ""}
	default:
		return Finding{"colour", OK, "few or none, by the name in TERM. Nothing is told by colour alone", ""}
	}
}

// characters: the first of these variables that is set decides (POSIX).
func characters(p Probe) Finding {
	if p.GOOS == "windows" {
		return Finding{"characters", OK, "Unicode", ""}
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		v := p.Env(name)
		if v == "" {
			continue
		}
		if u := strings.ToUpper(v); strings.Contains(u, "UTF-8") || strings.Contains(u, "UTF8") {
			return Finding{"characters", OK, fmt.Sprintf("UTF-8 (%s=%s)", name, v), ""}
		}
		return Finding{"characters", Note, fmt.Sprintf("%s=%s is not UTF-8: names and marks may come out as other characters", name, v),
			"export LC_ALL=C.UTF-8"}
	}
	return Finding{"characters", Note, "no locale is set: names and marks may come out as other characters", "export LC_ALL=C.UTF-8"}
}

// remote tells what stands between the person and this machine.
func remote(p Probe) (found []Finding) {
	inside := ""
	switch {
	case p.Env("TMUX") != "":
		inside = "tmux"
	case p.Env("STY") != "":
		inside = "screen"
	}
	if overSSH(p) {
		f := Finding{"ssh", Note, "you are here over SSH, which carries no USB", "plug the key into " + p.HostName + ", not into the computer you sit at"}
		if inside == "" {
			f.Next += "; a lost line does no harm in tmux: tmux new -A -s rollout"
		}
		found = append(found, f)
	}
	if slices.Contains(ancestors(p.Root), "mosh-server") {
		found = append(found, Finding{"mosh", Note, "you are here over mosh, which carries no USB", "plug the key into " + p.HostName + ", not into the computer you sit at"})
	}
	switch inside {
	case "tmux":
		found = append(found, Finding{"tmux", Note, "inside tmux: Esc answers half a second late, and what is copied may not reach your clipboard",
			"b goes back as well as Esc does; for the clipboard: tmux set -g set-clipboard on"})
	case "screen":
		found = append(found, Finding{"screen", Note, "inside screen: 256 colours, and nothing reaches your clipboard", "select text with the mouse instead"})
	}
	return found
}

// overSSH also looks at the parents, because sudo takes the variable away.
func overSSH(p Probe) bool {
	return p.Env("SSH_CONNECTION") != "" || slices.ContainsFunc(ancestors(p.Root), func(name string) bool {
		return strings.HasPrefix(name, "sshd")
	})
}

// ancestors names the programs above this process; none where the system has no /proc.
func ancestors(root fs.FS) (names []string) {
	pid := "self"
	for range 64 { // no shell is nested so deep; processes may come and go meanwhile
		stat, err := fs.ReadFile(root, "proc/"+pid+"/stat")
		if err != nil {
			return names
		}
		// "123 (name) S 122 …": the name may hold blanks and brackets, the last bracket ends it.
		head, tail, ok := cutLast(string(stat), ")")
		fields := strings.Fields(tail)
		if !ok || len(fields) < 2 {
			return names
		}
		if _, name, _ := strings.Cut(head, "("); pid != "self" {
			names = append(names, name)
		}
		if pid = fields[1]; pid == "0" {
			return names
		}
	}
	return names
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

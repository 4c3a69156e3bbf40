package doctor

import (
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
	in, out, w, h := p.Terminal()
	name := p.Env("TERM")
	f := Finding{Name: "terminal", Level: Note}
	switch {
	case !in || !out:
		f.Text = T("standard output is not a terminal: the plain dialogue is used instead of the wizard")
		if !in {
			f.Text = T("standard input is not a terminal: the plain dialogue is used instead of the wizard")
		}
		f.Next = T("start it in a terminal; over SSH: ssh -t HOST keyrollout")
	case p.Env("ACCESSIBLE") != "":
		f.Text = T("ACCESSIBLE is set: the plain dialogue is used instead of the wizard")
	case p.GOOS != "windows" && (name == "" || name == "dumb"):
		f.Text, f.Next = T("TERM is %q: the plain dialogue is used instead of the wizard", name), T("for the wizard: export TERM=xterm-256color, if your terminal is like that")
	case w == 0 || h == 0:
		f.Text, f.Next = T("the terminal does not tell its size: the plain dialogue is used instead of the wizard"), T("stty cols %d rows %d", goodWidth, goodHeight)
	case w < goodWidth || h < goodHeight:
		f.Text = T("%d columns and %d rows: the wizard has to be brief", w, h)
		f.Next = T("make the window %d columns and %d rows or more", goodWidth, goodHeight)
	case name == "": // Windows
		f.Level, f.Text = OK, T("the console, %d columns and %d rows", w, h)
	default:
		f.Level, f.Text = OK, T("%s, %d columns and %d rows", name, w, h)
	}
	return f
}

func colour(p Probe) Finding {
	switch name := p.Env("TERM"); {
	case p.Env("NO_COLOR") != "":
		return Finding{"colour", OK, T("none: NO_COLOR is set. Nothing is told by colour alone"), Line{}}
	case p.Env("COLORTERM") == "truecolor" || p.Env("COLORTERM") == "24bit" || p.GOOS == "windows" && name == "":
		return Finding{"colour", OK, T("16 million"), Line{}}
	case strings.Contains(name, "256color"):
		return Finding{"colour", OK, T("256"), Line{}}
	default:
		return Finding{"colour", OK, T("few or none, by the name in TERM. Nothing is told by colour alone"), Line{}}
	}
}

// characters: the first of these variables that is set decides (POSIX).
func characters(p Probe) Finding {
	if p.GOOS == "windows" {
		return Finding{"character set", OK, T("Unicode"), Line{}}
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		v := p.Env(name)
		if v == "" {
			continue
		}
		if u := strings.ToUpper(v); strings.Contains(u, "UTF-8") || strings.Contains(u, "UTF8") {
			return Finding{"character set", OK, T("UTF-8 (%s=%s)", name, v), Line{}}
		}
		return Finding{"character set", Note, T("%s=%s is not UTF-8: names and marks may come out as other characters", name, v),
			T("export LC_ALL=C.UTF-8")}
	}
	return Finding{"character set", Note, T("no locale is set: names and marks may come out as other characters"), T("export LC_ALL=C.UTF-8")}
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
		f := Finding{"ssh", Note, T("you are here over SSH, which carries no USB"), T("plug the key into %s, not into the computer you sit at", p.HostName)}
		if inside == "" {
			f.Next = T("plug the key into %s, not into the computer you sit at; a lost line does no harm in tmux: tmux new -A -s rollout", p.HostName)
		}
		found = append(found, f)
	}
	if slices.Contains(ancestors(p.Root), "mosh-server") {
		found = append(found, Finding{"mosh", Note, T("you are here over mosh, which carries no USB"), T("plug the key into %s, not into the computer you sit at", p.HostName)})
	}
	switch inside {
	case "tmux":
		found = append(found, Finding{"tmux", Note, T("inside tmux: esc answers half a second late, and what is copied may not reach your clipboard"),
			T("b goes back as well as esc does; for the clipboard: tmux set -g set-clipboard on")})
	case "screen":
		found = append(found, Finding{"screen", Note, T("inside screen: 256 colours, and nothing reaches your clipboard"), T("select text with the mouse instead")})
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

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keyrollout/fido"
	"keyrollout/fido/share"
	"keyrollout/fido/softkey"
	"keyrollout/steps"
	"keyrollout/tui"
)

// sharing is what  key share  was told on the command line.
type sharing struct {
	host    string
	ssh     []string // arguments for ssh
	device  string
	soft    bool
	store   sealing // of the software key
	auto    bool
	serve   bool
	program string // keyrollout on the far machine
}

func (a *app) keyShareCommand() *cobra.Command {
	var s sharing
	cmd := &cobra.Command{
		Use:   "share USER@HOST [-- SSH-ARGUMENTS]",
		Short: "Use the key at this desk on another machine, over SSH",
		Long: `SSH carries no USB. Run this where the key is plugged in: it logs in to the other machine by ssh, where keyrollout has
to be installed as well, and prints the device path of the key there. Any program there that uses libfido2 can be given
the path:  keyrollout key info --device PATH,  fido2-token -I PATH.  keyrollout key ... there finds it by itself.

Only FIDO reports pass. What is asked of the key is told here, with the site that asks, and touching the key allows it.
Whoever can act as you on the other machine can ask as well: what you did not begin yourself, do not touch; press n to
refuse it. What would change the key without a touch (a PIN, a deletion, a setting) waits until you press y, and so do
the first try of its PIN and every try after a wrong one. Without a terminal here all that is refused. q, Ctrl+C or the
end of the connection ends it. Sharing an attached key needs Linux at the desk, or Windows and a terminal that runs as
administrator; a software key, any system.
What stands behind -- goes to ssh:  keyrollout key share me@jump -- -p 2222 -J bastion

What ssh says, and the other machine through it, stands behind  ssh:  here.`,
		Args: func(cmd *cobra.Command, args []string) error {
			dash := cmd.ArgsLenAtDash()
			if dash < 0 {
				dash = len(args)
			}
			if s.serve && len(args) == 0 {
				return nil
			}
			if dash != 1 || s.serve || strings.HasPrefix(args[0], "-") {
				return usageError{steps.T("share takes one USER@HOST, and behind -- what ssh is to be told")}
			}
			s.host, s.ssh = args[0], args[dash:]
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.serve {
				return a.serveShared(cmd.Context())
			}
			return a.share(cmd.Context(), s)
		},
	}
	f := cmd.Flags()
	addDevice(f, &s.device)
	f.BoolVar(&s.soft, "softkey", false, "share the software key, for practice")
	s.store.add(f)
	f.BoolVar(&s.auto, "auto", false, "with --softkey: touch by itself and say yes, for tests")
	f.StringVar(&s.program, "program", "keyrollout", "the `COMMAND` that starts keyrollout on the other machine")
	f.BoolVar(&s.serve, "serve", false, "the other machine's part, started by ssh")
	return cmd
}

// share finds the key and offers it until the person or the connection ends.
func (a *app) share(ctx context.Context, s sharing) error {
	if !s.soft {
		if err := shareSystem(runtime.GOOS); err != nil {
			return err
		}
		link, err := a.linkToKey(ctx, s.device)
		if err != nil {
			return err
		}
		return a.shareLink(ctx, s, link, nil, tui.PlainTell(a.out, a.say))
	}
	lines := &deskLines{out: a.out, say: a.say, print: tui.PlainTell(a.out, a.say)}
	var ask steps.Asker = nobody{}
	hand := &deskHand{lines: lines, ask: oneByOne{a}}
	if a.isTerminal() {
		ask = hand
	}
	return a.withSoftkey(ctx, s, ask, lines.tell, func(ctx context.Context, k *softkey.Key) error {
		return a.shareLink(ctx, s, k.Link(), hand, lines.tell)
	})
}

// shareSystem refuses a desk on whose system keyrollout has no line of its own to an attached key.
func shareSystem(goos string) error {
	if goos == "linux" || goos == "windows" {
		return nil
	}
	return &steps.Problem{Code: "share-system", What: steps.T("An attached key can be shared from a Linux or Windows desk only."),
		State: steps.T("Nothing was shared."), Next: []steps.Choice{
			{ID: "here", Text: steps.T("run keyrollout at a machine where the key is plugged in: no step of it needs the other machine")},
			{ID: "linux", Text: steps.T("start this machine from a Linux live system and share the key from there")}}}
}

// linkToKey is a line to the key at a path, or to the only one that is plugged in.
func (a *app) linkToKey(ctx context.Context, path string) (fido.Link, error) {
	if path == "" {
		s, err := a.openOne(ctx, "")
		if err != nil {
			return nil, problemOr(err)
		}
		path = s.Device().Path
		if err := s.Close(); err != nil {
			return nil, err
		}
	}
	l, err := fido.OpenHID(path)
	var no *fido.Error
	if errors.As(err, &no) && no.Code == fido.CodeNotFIDO {
		return nil, &steps.Problem{Code: "share-no-key", Err: err, What: steps.T("%s is no security key.", path),
			State: steps.T("Nothing was shared."),
			Next:  []steps.Choice{{ID: "list", Text: steps.T("see  keyrollout key list  for the keys")}}}
	}
	if err != nil {
		return nil, problemOr(steps.WithRule(path, err))
	}
	return l, nil
}

const (
	sshAlive = "15" // seconds between signs of life; three missing ones end the connection
	sshEnds  = 3 * time.Second
)

// shareLink runs ssh, with the key at this end and keyrollout at the other. At a terminal single keys decide, and touch
// what a hand is for.
func (a *app) shareLink(ctx context.Context, s sharing, link fido.Link, hand *deskHand, tell func(steps.Event)) error {
	args := append(append([]string{}, s.ssh...), "-T", "-o", "ServerAliveInterval="+sshAlive, "-o", "ServerAliveCountMax=3", "--",
		s.host, s.program+" key share --serve")
	ctx, end := context.WithCancel(ctx)
	defer end()
	cmd := exec.CommandContext(ctx, "ssh", args...)
	cmd.WaitDelay = sshEnds
	words := &sshWords{out: a.err, room: sshAtHome}
	conn, wordsEnd, err := startPiped(cmd, words)
	if err != nil {
		return errors.Join(&steps.Problem{Code: "share-no-ssh", Err: err, What: steps.T("ssh cannot be started: %s.", err.Error()),
			State: steps.T("Nothing was shared."),
			Next:  []steps.Choice{{ID: "install", Text: steps.T("install OpenSSH's client, then try again")}}}, link.Close())
	}
	talk := &deskTalk{ctx: ctx, end: end, host: s.host, hand: hand, auto: s.soft && s.auto,
		note: func(t steps.Text) {
			words.give(sshAside)
			tell(steps.Event{Name: steps.EventNote, Text: t})
		}}
	shared, restore := false, func() {}
	desk := share.DeskOptions{Tell: talk.asked}
	if talk.auto || a.isTerminal() {
		talk.decide = make(chan bool)
		desk.Decide = talk.decide
	}
	desk.Ready = func(path string) { // no key press before: ssh may ask for a password
		shared = true
		talk.note(steps.T("The key can be used on %s at %s.", s.host, path))
		talk.note(steps.T("There:  keyrollout key info --device %s", path))
		switch {
		case talk.decide == nil:
			talk.note(steps.T("No terminal here: what would wait for a yes at this desk is refused."))
		case a.isTerminal():
			talk.note(steps.T("n refuses what is asked, y allows what waits for it, q ends the sharing at once."))
			restore = tui.Presses(ctx, a.in, talk.presses)
		}
	}
	if !talk.auto {
		desk.ReadTime = readTime
	}
	err = share.Desk(ctx, conn, link, desk)
	restore()
	words.give(sshAtHome)
	exit := cmd.Wait()
	wordsEnd()
	if ctx.Err() != nil {
		return nil // stopped by the person at the desk
	}
	return shareProblem(s.host, shared, err, exit)
}

// shareProblem says why sharing ended. OpenSSH's ssh exits with 255 when it fails itself, and a shell with 127 when it
// does not find the program.
func shareProblem(host string, shared bool, err, exit error) error {
	p := &steps.Problem{Err: err, State: steps.T("Nothing was shared."), Next: []steps.Choice{steps.Retry}}
	if shared {
		p.State = steps.T("The key is shared no more. What was under way on it was stopped.")
	}
	var code *exec.ExitError
	switch {
	case errors.Is(err, share.ErrKeyGone):
		p.Code, p.What = "share-key-gone", steps.T("The key was unplugged.")
	case errors.Is(err, share.ErrProtocol):
		p.Code, p.What = "share-protocol", steps.T("What came from %s is not keyrollout: %s.", host, err.Error())
		p.Next = []steps.Choice{{ID: "quiet", Text: steps.T("let the login there print nothing when it is not interactive; install the same version of keyrollout on both sides")}}
	case errors.Is(err, share.ErrFarEnded):
		p.Code, p.What = "share-far", steps.T("%s: %s.", host, err.Error())
	case errors.As(exit, &code) && code.ExitCode() == 127:
		p.Code, p.What = "share-no-program", steps.T("keyrollout was not found on %s.", host)
		p.Next = []steps.Choice{{ID: "install", Text: steps.T("install it there, or say where it is with --program /path/to/keyrollout")}}
	case errors.As(exit, &code) && code.ExitCode() == 255 && !shared:
		p.Code, p.What = "share-login", steps.T("ssh could not log in to %s.", host)
		p.Next = []steps.Choice{{ID: "try", Text: steps.T("see that  ssh %s  works; what it needs goes behind  --", host)}}
	default:
		p.Code, p.What = "share-hung-up", steps.T("The connection to %s ended.", host)
	}
	return p
}

// piped is a program's standard input and output as a connection.
type piped struct {
	io.Reader
	io.WriteCloser
	out io.Closer
}

func (p piped) Close() error { return errors.Join(p.WriteCloser.Close(), p.out.Close()) }

func startPiped(cmd *exec.Cmd, words *sshWords) (conn io.ReadWriteCloser, wordsEnd func(), err error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	said, tell, err := os.Pipe() // not cmd's own: waiting for cmd would close it before the last words are read
	if err != nil {
		return nil, nil, err
	}
	cmd.Stderr = tell
	err = cmd.Start()
	if tell.Close(); err != nil {
		return nil, nil, errors.Join(err, said.Close())
	}
	return piped{out, in, out}, words.from(said), nil
}

// withSoftkey opens this user's software key for f.
func (a *app) withSoftkey(ctx context.Context, s sharing, ask steps.Asker, tell func(steps.Event), f func(context.Context, *softkey.Key) error) error {
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	own := &ownSoftkey{a: a, store: s.store, auto: s.auto, leave: leave, tell: tell}
	defer own.close()
	if _, _, err := own.open(ctx, ask); err != nil {
		return err
	}
	return f(ctx, own.key)
}

// ownSoftkey is this user's software key, for who has no other at hand.
type ownSoftkey struct {
	a      *app
	store  sealing
	auto   bool                    // touched by itself
	leave  context.CancelCauseFunc // the person left while the key waited for a touch
	tell   func(steps.Event)
	world  *steps.World // from whose touches the person can go back; may be nil
	key    *softkey.Key
	unlock func() error
}

// open opens it; close is due whatever it returns. The Asker hears what the person's hand does to the key.
func (s *ownSoftkey) open(ctx context.Context, ask steps.Asker) (_ fido.Keys, _ steps.Asker, err error) {
	defer func() { err = storeProblem(err) }()
	dir := ""
	if !s.store.memory { // else there is no file for another process to be at
		if dir, s.unlock, err = s.a.ownPlace("softkey", "lock"); err != nil {
			return nil, nil, err
		}
	}
	asks := ask
	if s.world != nil {
		asks = backAsker{ask}
	}
	store, err := s.store.ownStore(ctx, dir, asks, s.tell)
	if err != nil { // who went back may come again
		s.close()
		return nil, nil, err
	}
	h := &hand{ask: ask, leave: s.leave, path: handPath(dir), world: s.world}
	if s.auto {
		h.auto = &script{}
		h.ask = h.auto
	}
	s.key, err = openKey(dir, store, softkey.Options{
		Light: func(l softkey.Light) { s.tell(steps.LightEvent(l.Colour, l.Blink)) }}, h)
	if err != nil {
		return nil, nil, err
	}
	return fido.Software(s.key.Device(), s.key.Link), h, nil
}

func (s *ownSoftkey) close() {
	if s.key != nil {
		_ = s.key.Close() // what it holds was written when it changed
	}
	if s.unlock != nil {
		_ = s.unlock()
	}
	s.key, s.unlock = nil, nil
}

// backAsker gives every question a way back.
type backAsker struct{ steps.Asker }

func (b backAsker) Ask(ctx context.Context, q steps.Question) (steps.Answer, error) {
	q.Back = true
	return b.Asker.Ask(ctx, q)
}

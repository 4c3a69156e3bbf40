package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"keyrollout/steps"
)

// model is all the screen knows. It is changed in Update and drawn in View, and does nothing else.
type model struct {
	opt    Options
	say    steps.Speaker
	st     Styles
	keys   KeyMap
	now    func() time.Time
	cancel func() // ends the run

	w, h int

	tenant steps.TenantState
	states map[string]steps.State
	step   string // the step that was active last
	person string // whose key it deals with, where it is one's

	seen scene    // what the engine told, as far as it is still on the screen
	ask  *asking  // the question on the screen, or nil
	past *asking  // the one that was answered last, as far as it is still to be seen
	page *explain // the page of explanations, if open

	notice   steps.Text // one line above the keys, until the next key
	leaving  bool       // asked whether to leave
	stopping steps.Text // why the run is being ended; empty while it is not
	ended    bool       // the run is over
	hold     bool       // the run is over and its summary waits for Enter
	left     bool       // left without waiting for the run
	runErr   error
	summary  *steps.Summary
	stopAt   time.Time
	scroll   int    // lines of the context scrolled away
	more     int    // how far the context can be scrolled, found out while drawing
	leap     int    // lines that one key scrolls: one less than are seen, so that none is passed over
	address  string // a long one of the question, which stands below everything else; found out while drawing
	ticking  bool
	quiet    time.Time // since when the engine has said nothing and nothing was asked
	replied  time.Time // when the person last answered
}

// asking is the question on the screen.
type asking struct {
	p    *pending
	form form
	wait bool // answered, and the answer is being looked at
	grace
}

// Messages.
type (
	tickMsg  time.Time
	endedMsg struct{ err error }
	stopMsg  struct{ why steps.Text }
)

// forceAfter is how long a run that was told to end has before a person may leave without it.
const forceAfter = 10 * time.Second

func newModel(o Options, cancel func()) *model {
	say := Cleaned(o.Say)
	m := &model{
		opt: o, say: say, st: newStyles(), keys: newKeys(say), now: time.Now, cancel: cancel,
		w: 80, h: 24, states: map[string]steps.State{},
	}
	m.quiet = m.now()
	return m
}

func (m *model) Init() tea.Cmd { return m.clock() }

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmds []tea.Cmd
	switch msg := msg.(type) {
	case batch:
		for _, one := range msg {
			cmds = append(cmds, m.take(one))
		}
	default:
		cmds = append(cmds, m.take(msg))
	}
	return m, tea.Batch(append(cmds, m.clock())...)
}

// take is Update for one message.
func (m *model) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m.press(msg)
	case tea.PasteMsg:
		m.pasted(msg.Content)
	case steps.Event:
		m.see(msg)
	case askMsg:
		m.asked(msg.p)
	case withdrawMsg:
		m.withdrawn(msg.p)
	case refusedMsg:
		if m.asks(msg.p) {
			m.ask.wait = false
			m.ask.form.refused(msg.problem)
		}
	case againMsg:
		if m.asks(msg.p) {
			m.ask.wait = false
			m.ask.form.again()
		}
	case tickMsg:
		m.ticking = false
	case stopMsg:
		if m.ended { // the summary is held for a person who is not there any more
			return tea.Quit
		}
		m.stop(msg.why, true)
	case endedMsg:
		return m.end(msg.err)
	}
	return nil
}

func (m *model) asks(p *pending) bool { return m.ask != nil && m.ask.p == p }

// asked puts a question on the screen.
func (m *model) asked(p *pending) {
	if !m.stopping.Empty() {
		p.answer(reply{err: steps.ErrQuit})
		return
	}
	m.settle(steps.Event{})
	m.dropAsk()
	now := m.now()
	g := grace{came: now, quiet: startled}
	follows := now.Sub(m.replied) < followsOn && p.Kind != steps.Show
	if follows || p.Kind == steps.Touch { // touches come one after the other, and confirm nothing
		g.quiet = bounce
	}
	if p.Kind == steps.Show { // taken away it is gone: nobody has read it sooner
		g.quiet = patience
	}
	m.ask = &asking{p: p, form: newForm(p.Question), grace: g}
	m.seen.asked(p.Question)
	m.scroll = 0
}

// withdrawn takes a question away that nobody waits for any more.
func (m *model) withdrawn(p *pending) {
	if !m.asks(p) {
		return
	}
	if m.ask.wait { // it was looked at, and is fine
		m.keep(m.ask)
	}
	m.dropAsk()
	m.seen.answered(p.Kind)
}

func (m *model) dropAsk() {
	if m.ask != nil {
		m.ask.form.wipe()
		m.ask.p.Value.Wipe()
		m.ask = nil
		m.quiet = m.now()
	}
}

// answer sends a reply to the engine. A line or a secret stays on the screen until it was looked at.
func (m *model) answer(r reply) {
	a := m.ask
	m.replied = m.now()
	if r.err == nil && (a.p.Kind == steps.Line || a.p.Kind == steps.Secret) {
		a.wait = true
		m.quiet = m.now()
		a.p.answer(r)
		return
	}
	m.keep(a)
	m.dropAsk()
	m.seen.answered(a.p.Kind)
	a.p.answer(r)
}

// stop ends the run: from now on the screen only waits for it. A question is answered with "the person left", and
// the engine may then put things in order; anything else is cancelled.
func (m *model) stop(why steps.Text, cancel bool) {
	if m.ended {
		return
	}
	if m.stopping.Empty() {
		m.stopping, m.stopAt = why, m.now()
		m.leaving, m.page = false, nil
		if m.ask == nil || m.ask.p.Kind == steps.Touch {
			cancel = true
		}
		if m.ask != nil {
			m.answer(reply{err: steps.ErrQuit})
		}
	}
	if m.stopping.Format == stopped.Format {
		m.stopping = why // a signal says more than the end of a context, and may come second
	}
	if cancel {
		m.cancel()
	}
}

// end takes note that the run is over. A finished one stays on the screen until Enter.
func (m *model) end(err error) tea.Cmd {
	m.ended, m.runErr = true, err
	m.dropAsk()
	if err == nil && m.summary != nil && m.stopping.Empty() {
		m.hold, m.page, m.scroll = true, nil, 0
		return nil
	}
	return tea.Quit
}

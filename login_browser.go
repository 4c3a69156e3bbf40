package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"keyrollout/graph"
	"keyrollout/steps"
)

// atBrowser is the credential of a person who signs in with a browser: at the beginning, and again when a step needs a
// permission that nobody has consented to yet. It shows the code or the page for as long as they are waited for.
type atBrowser struct {
	azcore.TokenCredential
	a    *app
	ask  steps.Asker
	tell func(steps.Event)

	mu   sync.Mutex
	had  []string // permissions that were asked for so far
	more []string // and those that are asked for now, by name

	ctx    context.Context // of the sign-in under way
	cancel context.CancelCauseFunc
	asked  chan struct{} // closed when the question is off the screen; nil = none was asked
}

// GetToken asks the person only where Microsoft gives no token without them.
func (p *atBrowser) GetToken(ctx context.Context, t policy.TokenRequestOptions) (token azcore.AccessToken, err error) {
	err = p.during(ctx, t.Scopes, func(ctx context.Context) (err error) {
		token, err = p.TokenCredential.GetToken(ctx, t)
		return err
	})
	return token, err
}

// during runs f, which may show a code or a page. The person may leave while those wait for them.
func (p *atBrowser) during(ctx context.Context, scopes []string, f func(context.Context) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.more = nil
	for _, s := range scopes {
		if !slices.Contains(p.had, s) {
			p.more = append(p.more, s[strings.LastIndexByte(s, '/')+1:])
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	p.ctx, p.cancel, p.asked = ctx, cancel, nil
	err := f(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	cancel(nil)
	if p.asked != nil {
		<-p.asked // the question is off the screen before the next one comes
	}
	if err == nil {
		p.had = append(p.had, scopes...)
	}
	return err
}

func (p *atBrowser) show(q steps.Question) error {
	if len(p.more) > 0 {
		p.tell(steps.Event{Name: steps.EventNote, Text: steps.T("What comes next needs more permissions: %s. Sign in once more and consent to them.", strings.Join(p.more, ", "))})
	}
	ctx, cancel, done := p.ctx, p.cancel, make(chan struct{})
	p.asked = done
	go func() {
		defer close(done)
		if _, err := p.ask.Ask(ctx, q); err != nil && ctx.Err() == nil && !errors.Is(err, steps.ErrNoAnswer) {
			cancel(err) // where nobody can answer, the sign-in itself still can
		}
	}()
	return nil
}

func (p *atBrowser) showCode(c graph.DeviceCode) error {
	ctx := p.ctx
	time.AfterFunc(time.Second, func() { // a question that arrives ends a wait: the countdown comes after it
		if cols, _ := p.a.room(); cols > 0 && ctx.Err() == nil {
			p.tell(waitForCode(c))
		}
	})
	return p.show(p.a.codeQuestion(c))
}

func (p *atBrowser) showPage(url string) error { return p.show(pageQuestion(url)) }

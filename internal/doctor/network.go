package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// patience is how long the servers may take: doctor must also be quick on a machine that is cut off.
const patience = 3 * time.Second

// skew is how far a clock may be off before sign-ins fail: Microsoft's tokens allow five minutes.
const skew = 5 * time.Minute

var servers = []struct{ host, use string }{
	{"login.microsoftonline.com", "signing in"},
	{"graph.microsoft.com", "the tenant"},
}

func network(ctx context.Context, p Probe) []Finding {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	dates := make([]time.Time, len(servers))
	found := make([]Finding, len(servers))
	var asked sync.WaitGroup
	for i, s := range servers {
		asked.Go(func() {
			found[i], dates[i] = reach(ctx, p, s.host, s.use)
		})
	}
	asked.Wait()
	return append(append(proxy(p), found...), clock(p, dates))
}

// proxy tells the variables, without the password that may be in one.
func proxy(p Probe) (found []Finding) {
	for _, names := range [][]string{{"HTTPS_PROXY", "https_proxy"}, {"NO_PROXY", "no_proxy"}} {
		for _, name := range names {
			if v := p.Env(name); v != "" {
				found = append(found, Finding{"proxy", OK, name + " is " + withoutPassword(v), ""})
				break
			}
		}
	}
	return found
}

func withoutPassword(v string) string {
	before, host, ok := cutLast(v, "@")
	if !ok {
		return v
	}
	scheme, _, ok := strings.Cut(before, "://")
	if !ok {
		return "(hidden)@" + host
	}
	return scheme + "://(hidden)@" + host
}

func reach(ctx context.Context, p Probe, host, use string) (Finding, time.Time) {
	began := p.Now()
	status, date, err := p.Head(ctx, "https://"+host+"/")
	if err == nil {
		// The server's clock was read somewhere between question and answer.
		took := p.Now().Sub(began)
		return Finding{"network", OK, fmt.Sprintf("%s (%s) answers: HTTP %d", host, use, status), ""}, date.Add(took / 2)
	}
	const practice = "practice works without it: keyrollout practice"
	f := Finding{"network", Note, fmt.Sprintf("%s (%s) cannot be reached: %v", host, use, cause(err)), practice}
	var unknown x509.UnknownAuthorityError
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		f.Text = fmt.Sprintf("%s (%s) does not answer within %v", host, use, patience)
		f.Next = "if there is a proxy, set HTTPS_PROXY; " + practice
	case errors.As(err, &unknown):
		f.Text = fmt.Sprintf("%s (%s): its certificate is signed by %q, whom this machine does not trust", host, use, issuer(unknown))
		f.Next = "if that is your company's proxy, add its certificate to this machine; if not, somebody is in between: do not sign in here"
	case errors.As(err, &dns):
		f.Text = fmt.Sprintf("%s (%s) has no address here: no network, or no name server", host, use)
		f.Next = "if there is a proxy, set HTTPS_PROXY; " + practice
	}
	return f, time.Time{}
}

// cause leaves out what url.Error repeats: method and address.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func issuer(e x509.UnknownAuthorityError) string {
	if e.Cert == nil {
		return "somebody"
	}
	return e.Cert.Issuer.String()
}

// clock holds the machine's clock against the servers', or against what cannot be.
func clock(p Probe, dates []time.Time) Finding {
	now := p.Now()
	f := Finding{"clock", OK, now.UTC().Format("2006-01-02 15:04 UTC"), ""}
	const set = "set the clock: sudo timedatectl set-ntp true"
	for _, date := range dates {
		if date.Unix() <= 0 {
			continue
		}
		if off := now.Sub(date).Abs().Round(time.Second); off > skew {
			which := "behind"
			if now.After(date) {
				which = "ahead of"
			}
			return Finding{"clock", Fault, fmt.Sprintf("%s, which is %v %s Microsoft's: passes and sign-ins will be refused", f.Text, off, which), set}
		}
		f.Text += ", as Microsoft's"
		return f
	}
	// This program is younger than that.
	if now.Before(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		return Finding{"clock", Fault, f.Text + " cannot be right: passes and sign-ins will be refused", set}
	}
	f.Text += ", not compared with anybody's"
	return f
}

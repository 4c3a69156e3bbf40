package doctor

import (
	"context"
	"crypto/x509"
	"errors"
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

var servers = []struct {
	host string
	use  Line
}{
	{"login.microsoftonline.com", T("signing in")},
	{"graph.microsoft.com", T("the tenant")},
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
				found = append(found, Finding{"proxy", OK, T("%s is %s", name, withoutPassword(v)), Line{}})
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

func reach(ctx context.Context, p Probe, host string, use Line) (Finding, time.Time) {
	began := p.Now()
	status, date, err := p.Head(ctx, "https://"+host+"/")
	if err == nil {
		// The server's clock was read somewhere between question and answer.
		took := p.Now().Sub(began)
		return Finding{"network", OK, T("%s (%s) answers: HTTP %d", host, use, status), Line{}}, date.Add(took / 2)
	}
	practice := T("practice works without it: keyrollout practice")
	proxied := T("if there is a proxy, set HTTPS_PROXY; practice works without it: keyrollout practice")
	f := Finding{"network", Note, T("%s (%s) cannot be reached: %s", host, use, cause(err).Error()), practice}
	var unknown x509.UnknownAuthorityError
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		f.Text = T("%s (%s) does not answer within %v", host, use, patience)
		f.Next = proxied
	case errors.As(err, &unknown):
		f.Text = T("%s (%s): its certificate is signed by %q, whom this machine does not trust", host, use, issuer(unknown))
		f.Next = T("if that is your company's proxy, add its certificate to this machine; if not, somebody is in between: do not sign in here")
	case errors.As(err, &dns):
		f.Text = T("%s (%s) has no address here: no network, or no name server", host, use)
		f.Next = proxied
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
	here := now.UTC().Format("2006-01-02 15:04 UTC")
	set := T("set the clock: sudo timedatectl set-ntp true")
	for _, date := range dates {
		if date.Unix() <= 0 {
			continue
		}
		if off := now.Sub(date).Abs().Round(time.Second); off > skew {
			wrong := T("%s, which is %v behind Microsoft's: passes and sign-ins will be refused", here, off)
			if now.After(date) {
				wrong = T("%s, which is %v ahead of Microsoft's: passes and sign-ins will be refused", here, off)
			}
			return Finding{"clock", Fault, wrong, set}
		}
		return Finding{"clock", OK, T("%s, as Microsoft's", here), Line{}}
	}
	// This program is younger than that.
	if now.Before(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		return Finding{"clock", Fault, T("%s cannot be right: passes and sign-ins will be refused", here), set}
	}
	return Finding{"clock", OK, T("%s, not compared with anybody's", here), Line{}}
}

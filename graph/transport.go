package graph

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
)

// NewTransport is net/http's transport, which honours HTTPS_PROXY and NO_PROXY and trusts what the system trusts, and
// trusts moreCA as well: certificates in PEM, for networks that look into TLS. Use it for Options and LogInOptions.
func NewTransport(moreCA []byte) (*http.Transport, error) {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if d, ok := http.DefaultTransport.(*http.Transport); ok {
		t = d.Clone()
	}
	if len(moreCA) == 0 {
		return t, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(moreCA) {
		return nil, errors.New("graph: there is no certificate in PEM form in it")
	}
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t, nil
}

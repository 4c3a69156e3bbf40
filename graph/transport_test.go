package graph

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"keyrollout/internal/secret"
)

// Over real TLS: refused without the network's own certificate, and told so; fine with it.
func TestOwnCertificates(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"value":[{"id":"t1","displayName":"Contoso"}]}`))
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshakes
	defer srv.Close()
	for _, trusted := range []bool{false, true} {
		var ca []byte
		if trusted {
			ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
		}
		rt, err := NewTransport(ca)
		if err != nil {
			t.Fatal(err)
		}
		tenant, err := New(Options{BaseURL: srv.URL + "/v1.0", Bearer: secret.New([]byte("x")), Transport: rt, Sleep: noSleep})
		if err != nil {
			t.Fatal(err)
		}
		_, err = tenant.Organization(t.Context())
		if trusted && err != nil || !trusted && (refusal(err) == nil || !strings.Contains(err.Error(), "certificate")) {
			t.Errorf("trusted %v: %v", trusted, err)
		}
		_, err = tenant.IssuePass(t.Context(), someUser, PassRequest{})
		if !trusted && (refusal(err) == nil || refusal(err).Unknown) {
			t.Errorf("never sent: %v", err)
		}
	}
	if _, err := NewTransport([]byte("no certificate")); err == nil {
		t.Error("garbage is no certificate")
	}
}

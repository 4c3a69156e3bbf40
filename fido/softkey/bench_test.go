package softkey_test

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"keyrollout/fido"
	"keyrollout/fido/softkey"
	"keyrollout/internal/secret"
)

type always struct{}

func (always) Touch(context.Context, softkey.TouchRequest) (softkey.Touch, error) {
	return softkey.Touch{}, nil
}

func thePIN() secret.Secret { return secret.New([]byte("1234")) }

// visit opens a session on a new key with a PIN: over libfido2 where the build has it.
func visit(b *testing.B, store softkey.Store) fido.Session {
	b.Helper()
	p := softkey.ATKeyPro21()
	p.MaxResident = 1 << 20
	k, err := softkey.Open(softkey.Options{Profile: p, Store: store, Toucher: always{}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = k.Close() })
	s, err := fido.OpenLink(b.Context(), k.Device(), k.Link())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	if err := s.SetPIN(b.Context(), thePIN()); err != nil {
		b.Fatal(err)
	}
	return s
}

// stores are memory, which shows the key's own cost, and a file, which adds a synced write per change.
var stores = map[string]func(*testing.B) softkey.Store{
	"memory": func(*testing.B) softkey.Store { return softkey.MemoryStore() },
	"file": func(b *testing.B) softkey.Store {
		s, err := softkey.FileStore(filepath.Join(b.TempDir(), "key"), softkey.WithKey(secret.New(make([]byte, 32))))
		if err != nil {
			b.Fatal(err)
		}
		return s
	},
}

// run times f and tells the median and the 99th percentile beside the mean.
func run(b *testing.B, f func(i int) error) {
	b.Helper()
	var took []time.Duration
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		begun := time.Now()
		if err := f(i); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "ops/s")
}

// BenchmarkRegister makes resident credentials, each for the same account: a key does not fill up.
func BenchmarkRegister(b *testing.B) {
	for name, store := range stores {
		b.Run(name, func(b *testing.B) {
			s := visit(b, store(b))
			run(b, func(int) error {
				_, err := s.Make(b.Context(), thePIN(), request())
				return err
			})
		})
	}
}

// BenchmarkAssert signs in with one of them.
func BenchmarkAssert(b *testing.B) {
	for name, store := range stores {
		b.Run(name, func(b *testing.B) {
			s := visit(b, store(b))
			if _, err := s.Make(b.Context(), thePIN(), request()); err != nil {
				b.Fatal(err)
			}
			run(b, func(int) error {
				_, err := s.Assert(b.Context(), thePIN(), fido.AssertRequest{
					RPID: "bench.example", ClientDataHash: sha256.Sum256(nil), VerifyUser: true,
				})
				return err
			})
		})
	}
}

func request() fido.MakeRequest {
	return fido.MakeRequest{
		RPID: "bench.example", RPName: "Bench", UserID: []byte("user"), UserName: "user@bench.example",
		ClientDataHash: sha256.Sum256(nil), Algorithms: []int{-7}, HMACSecret: true, CredProtect: 1,
	}
}

package softkey

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"keyrollout/internal/secret"
	"keyrollout/matcher"
)

// busyKey is a key in the middle of its life, for hostile clients.
func busyKey(f testing.TB) *Key {
	k, c := protectedKey(f, Options{Toucher: toucher{}})
	c.make("a.example", "u", m{6: map[string]any{"hmac-secret": true, "credProtect": 2}})
	c.make("a.example", "v", nil)
	return k
}

// FuzzCTAPHID throws reports at the packet layer. Whatever comes, INIT is answered afterwards.
func FuzzCTAPHID(f *testing.F) {
	var seed []byte
	for _, r := range frames(1, hidCBOR, append([]byte{cmdInfo}, make([]byte, 100)...)) {
		seed = append(seed, r[:]...)
	}
	f.Add(seed)
	for _, cmd := range []byte{hidPing, hidInit, hidLock, hidWink, hidMsg, hidCancel, 0xFF} {
		r := frames(1, cmd, []byte{1})[0]
		f.Add(r[:])
	}
	k := busyKey(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		l := k.Link()
		defer func() { _ = l.Close() }()
		c := &client{t: t, link: l}
		c.init()
		own := c.cid
		for len(b) > 0 && len(b) <= 64*300 {
			var r report
			n := copy(r[:], b)
			b = b[n:]
			if r[3]&1 == 1 { // half of them on a channel that exists
				binary.BigEndian.PutUint32(r[:], own)
			}
			if err := l.Write(r); err != nil {
				t.Fatal(err)
			}
		}
		c.init()
	})
}

// FuzzRequest throws CTAP2 requests at the commands: no panic, a status, and at most what fits a message.
func FuzzRequest(f *testing.F) {
	add := func(cmd byte, params any) {
		b, err := encoder.Marshal(params)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte{cmd}, b...))
	}
	add(cmdMake, makeParams("a.example", "u", tok{2, make([]byte, 32)}, m{5: allow([]byte{1}), 6: map[string]any{"credProtect": 2}}))
	add(cmdMake, makeParams("a.example", "u", tok{}, m{7: map[string]bool{}}))
	add(cmdAssert, assertParams("a.example", tok{}, m{3: allow([]byte{1}), 4: map[string]any{"hmac-secret": m{1: 1}}}))
	add(cmdPIN, m{1: 2, 2: 9, 3: coseKey{Kty: 2, Alg: -25, Crv: []byte{1}, X: make([]byte, 32), Y: make([]byte, 32)}, 6: make([]byte, 32), 9: 1})
	add(cmdBio, m{1: 1, 2: 1, 3: m{3: 10}, 4: 2, 5: make([]byte, 32)})
	add(cmdCredMgmt, m{1: 4, 2: m{1: make([]byte, 32)}, 3: 2, 4: make([]byte, 32)})
	add(cmdBlobs, m{2: make([]byte, 17), 3: 0, 4: 17})
	add(cmdConfig, m{1: 3, 2: m{1: 6}, 3: 1, 4: make([]byte, 16)})
	for cmd := range commandNames {
		f.Add([]byte{cmd})
	}
	k := busyKey(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		a := k.cbor(context.Background(), 1, b)
		if len(a) == 0 || len(a) > maxMessage {
			t.Errorf("an answer of %d bytes", len(a))
		}
	})
}

// FuzzU2F does the same for U2F messages.
func FuzzU2F(f *testing.F) {
	f.Add([]byte{0, 3, 0, 0, 0, 0, 0})
	f.Add(append([]byte{0, 1, 0, 0, 0, 0, 64}, make([]byte, 66)...))
	f.Add(append([]byte{0, 2, 3, 0, 69}, make([]byte, 70)...))
	k := busyKey(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		k.mu.Lock()
		defer k.mu.Unlock()
		if a := k.message(context.Background(), b); len(a) < 2 || len(a) > maxMessage {
			t.Errorf("an answer of %d bytes", len(a))
		}
	})
}

// FuzzStore reads files and states that somebody else wrote.
func FuzzStore(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "key")
	key := make([]byte, 32) // of this process alone: the file that another one seeds is forged
	if _, err := rand.Read(key); err != nil {
		f.Fatal(err)
	}
	s, err := FileStore(path, WithKey(secret.New(key)))
	if err != nil {
		f.Fatal(err)
	}
	defer closeStore(f, s)
	st, err := factory(ATKeyPro21(), zeroReader{})
	if err != nil {
		f.Fatal(err)
	}
	b, err := encoder.Marshal(st)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	if err := s.Save(b); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Load(); err == nil && len(b) > 0 && string(b) != string(whole) {
			t.Errorf("a forged file gave %x", got)
		}
		if st, err := decodeState(b, ATKeyPro21()); err == nil {
			for _, fg := range st.Fingers {
				_ = new(matcher.Finger).UnmarshalBinary(fg.Data)
			}
		}
	})
}

type zeroReader struct{}

func (zeroReader) Read(b []byte) (int, error) { clear(b); return len(b), nil }

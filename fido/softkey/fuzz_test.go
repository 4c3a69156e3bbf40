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

// FuzzCTAPHID throws reports at the packet layer. Whatever comes, INIT is answered afterwards, once no lock is held.
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
		k.hid.mu.Lock()
		k.hid.release()
		k.hid.mu.Unlock()
		c.init()
	})
}

// requestSeeds is a request of every command and subcommand, and of every extension: command byte ‖ parameters.
func requestSeeds(f testing.TB) (seeds [][]byte) {
	add := func(cmd byte, params any) {
		b, err := encoder.Marshal(params)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, append([]byte{cmd}, b...))
	}
	param, id := make([]byte, 32), []byte{1, 2, 3, 4}
	key := coseKey{Kty: 2, Alg: -25, Crv: []byte{1}, X: param, Y: param}
	secret := m{1: key, 2: make([]byte, 48), 3: param, 4: 2}
	descriptor := map[string]any{"id": id, "type": publicKeyType, "transports": []string{"usb"}}
	user := map[string]any{"id": id, "name": "n", "displayName": "N"}

	add(cmdMake, makeParams("a.example", "u", tok{2, param}, m{5: allow([]byte{1}), 6: map[string]any{"credProtect": 2}}))
	add(cmdMake, makeParams("a.example", "u", tok{}, m{7: map[string]bool{"rk": true, "uv": true, "up": true}, 8: []byte{}}))
	add(cmdMake, makeParams("a.example", "u", tok{}, m{7: map[string]bool{}, 10: 2, 11: []string{"none", "packed"}}))
	add(cmdMake, makeParams("a.example", "u", tok{}, m{6: map[string]any{
		"credBlob": id, "credProtect": 3, "hmac-secret": true, "hmac-secret-mc": secret, "largeBlobKey": true,
		"minPinLength": true, "pinComplexityPolicy": true, "thirdPartyPayment": true,
	}}))
	add(cmdAssert, assertParams("a.example", tok{2, param}, m{3: allow([]byte{1}), 4: map[string]any{"hmac-secret": secret}}))
	add(cmdAssert, assertParams("a.example", tok{}, m{4: map[string]any{
		"credBlob": true, "largeBlobKey": true, "thirdPartyPayment": true,
	}, 5: map[string]bool{"up": false, "uv": true}}))
	for sub := range 11 { // 0 and 10 are none
		add(cmdPIN, m{1: 2, 2: sub, 3: key, 4: param, 5: make([]byte, 80), 6: param, 9: 1 << (sub % 8), 10: "a.example"})
		add(cmdPIN, m{1: 1, 2: sub, 3: key, 4: param[:16], 5: make([]byte, 64), 6: param[:16]})
	}
	for sub := range 9 {
		add(cmdBio, m{1: 1, 2: sub, 3: m{1: id, 2: "thumb", 3: 10}, 4: 2, 5: param})
		add(cmdBioPre, m{1: 1, 2: sub, 3: m{1: id, 2: "thumb", 3: 10}, 4: 1, 5: param[:16]})
		add(cmdCredMgmt, m{1: sub, 2: m{1: param, 2: descriptor, 3: user}, 3: 2, 4: param})
		add(cmdMgmtPre, m{1: sub, 2: m{1: param, 2: descriptor, 3: user}, 3: 1, 4: param[:16]})
		add(cmdConfig, m{1: sub, 2: m{1: 6, 2: []string{"a.example"}, 3: true, 4: true}, 3: 1, 4: param[:16]})
	}
	add(cmdBio, m{6: true})
	add(cmdBlobs, m{1: 64, 3: 0})
	add(cmdBlobs, m{2: make([]byte, 17), 3: 0, 4: 17})
	add(cmdBlobs, m{2: make([]byte, 17), 3: 17, 5: param, 6: 2})
	for cmd := range 256 { // getInfo, reset, selection and getNextAssertion take nothing, the others do not go on without
		seeds = append(seeds, []byte{byte(cmd)})
	}
	return seeds
}

// FuzzRequest throws CTAP2 requests at the commands: no panic, a status, and at most what fits a message.
func FuzzRequest(f *testing.F) {
	for _, b := range requestSeeds(f) {
		f.Add(b)
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
		if a := k.message(context.Background(), 1, b); len(a) < 2 || len(a) > maxMessage {
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
		if st, err := decodeState(b); err == nil {
			for _, fg := range st.Fingers {
				_ = new(matcher.Finger).UnmarshalBinary(fg.Data)
			}
		}
	})
}

type zeroReader struct{}

func (zeroReader) Read(b []byte) (int, error) { clear(b); return len(b), nil }

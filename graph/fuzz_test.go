package graph

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"testing"

	"keyrollout/internal/secret"
)

// Whatever a tenant sends as its policy: it is read or refused, and a change of one field never loses another.
func FuzzFIDO2Policy(f *testing.F) {
	f.Add([]byte(migrated))
	f.Add([]byte(flat))
	f.Add([]byte(`{"id":"Fido2","includeTargets":[null,{"id":null}],"passkeyProfiles":[{"id":"x","passkeyTypes":",, ,"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseFIDO2Policy(b)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Raw, b) {
			t.Fatal("the raw answer changed")
		}
		if same, err := fido2Changes(p, p); err != nil || len(same) != 0 {
			t.Fatalf("no change: %v, %v", same, err)
		}
		q := p
		q.Enabled = !p.Enabled
		q.Include = append([]Target{{ID: pilots}}, p.Include...)
		changes, err := fido2Changes(p, q)
		if err != nil {
			return
		}
		if changes["state"] == nil || changes["excludeTargets"] != nil || changes["passkeyProfiles"] != nil {
			t.Fatalf("changed %v", changes)
		}
		sent, _ := changes["includeTargets"].([]json.RawMessage)
		var was fido2Wire
		if json.Unmarshal(b, &was) != nil || len(sent) != len(was.Include)+1 {
			t.Fatalf("sent %d targets, was %d", len(sent), len(was.Include))
		}
		for i, raw := range was.Include {
			first := 0
			for first < i && p.Include[first].ID != p.Include[i].ID {
				first++
			}
			if first == i && p.Include[i].ID != pilots && !bytes.Equal(sent[i+1], raw) {
				t.Fatalf("target %d: sent %s, was %s", i, sent[i+1], raw)
			}
		}
		if _, err := json.Marshal(changes); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzCreationOptions(f *testing.F) {
	f.Add([]byte(options2024))
	f.Add([]byte(`{"publicKey":{"rp":{},"user":{},"extensions":{"hmacCreateSecret":"x","credentialProtectionPolicy":1}}}`))
	f.Add([]byte(`{"publicKey":[{"rp":5}],"challengeTimeoutDateTime":"never"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := safely(t.Context(), func(context.Context) (CreationOptions, error) { return ParseCreationOptions(b) })
		if err != nil {
			return
		}
		if o.Challenge == "" || o.RPID == "" || len(o.UserID) == 0 || len(o.UserID) > 64 || len(o.Algorithms) == 0 || o.CredProtect > 3 {
			t.Fatalf("accepted %+v", o)
		}
		if !bytes.Contains(b, []byte(o.Challenge)) && !bytes.ContainsAny(b, "\\\xff\xfe") && json.Valid(b) && isASCII(o.Challenge) {
			t.Fatalf("the challenge was changed: %q", o.Challenge)
		}
	})
}

func isASCII(s string) bool {
	for _, r := range s {
		if r > 126 {
			return false
		}
	}
	return true
}

func FuzzCredentialID(f *testing.F) {
	for _, s := range []string{"TZ2KrDEawbrIGQsnheGZ/BG9Nfnb7blSGwQYMGyJIhM=", "TZ2KrDEawbrIGQsnheGZ_BG9Nfnb7blSGwQYMGyJIhM1", "AAAA0", "", "=", "12"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list := CredentialIDs(s)
		if len(list) > 2 || len(list) == 2 && bytes.Equal(list[0], list[1]) {
			t.Fatalf("%q: %x", s, list)
		}
		for _, id := range list {
			again := CredentialIDs(base64.StdEncoding.EncodeToString(id))
			if len(id) == 0 || len(id)%3 != 0 && (len(again) != 1 || !bytes.Equal(again[0], id)) {
				t.Fatalf("%q: %x, again %x", s, id, again)
			}
		}
	})
}

// A secret read from JSON is what encoding/json would read.
func FuzzSecretText(f *testing.F) {
	f.Add([]byte(`"A\u0026b\"\\\u00e4\ud83d\ude00\ud83dx\n"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var want string
		var got secretText
		if json.Unmarshal(b, &want) != nil {
			return
		}
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		var text []byte
		secret.Secret(got).Use(func(b []byte) { text = bytes.Clone(b) })
		if string(bytes.ToValidUTF8(text, []byte("\ufffd"))) != want && json.Valid(b) && !bytes.ContainsRune(text, '\ufffd') && bytes.Equal(b, bytes.ToValidUTF8(b, nil)) {
			t.Fatalf("%q: %q, want %q", b, text, want)
		}
		var round string
		if bytes.Equal(text, bytes.ToValidUTF8(text, nil)) {
			if err := json.Unmarshal(jsonString(secret.New(bytes.Clone(text))), &round); err != nil || !reflect.DeepEqual([]byte(round), append([]byte{}, text...)) {
				t.Fatalf("%q came back as %q, %v", text, round, err)
			}
		}
	})
}

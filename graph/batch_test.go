package graph

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestPasskeysOfMany(t *testing.T) {
	part := func(id int, status int, body string, header string) string {
		return fmt.Sprintf(`{"id":"%d","status":%d,"headers":{%s},"body":%s}`, id, status, header, body)
	}
	var first []string
	for i := range 20 {
		switch i {
		case 3:
			first = append(first, part(i, 429, graphError("TooManyRequests", ""), `"Retry-After":"4"`))
		case 5:
			first = append(first, part(i, 404, graphError("Request_ResourceNotFound", "gone"), ""))
		case 6:
			first = append(first, part(i, 200, `"garbage"`, ""))
		default:
			first = append(first, part(i, 200, `{"value":[{"id":"AQIDBA2","displayName":"k"}]}`, ""))
		}
	}
	i, s := inspect(t, reply(200, `{"responses":[`+strings.Join(first, ",")+`]}`),
		reply(200, `{"responses":[`+part(3, 200, `{"value":[]}`, "")+`]}`),
		reply(200, `{"responses":[`+part(0, 200, `{"value":[]}`, "")+`]}`))
	var ids []string
	for n := range 21 {
		ids = append(ids, fmt.Sprintf("user %d#EXT#@contoso.com", n))
	}
	got := 0
	for h, err := range i.PasskeysOf(t.Context(), ids) {
		if err != nil {
			t.Fatal(err)
		}
		want := 1
		switch {
		case h.UserID != ids[got]:
			t.Errorf("%d is %s", got, h.UserID)
		case got == 3 || got == 20:
			want = 0
		case got == 5:
			if !NotFound(h.Err) {
				t.Errorf("got %v", h.Err)
			}
			want = 0
		case got == 6:
			if refusal(h.Err) == nil || refusal(h.Err).Code != CodeGarbled {
				t.Errorf("got %v", h.Err)
			}
			want = 0
		}
		if len(h.Passkeys) != want {
			t.Errorf("%d: %+v", got, h)
		}
		got++
	}
	if got != 21 || len(s.slept) != 1 || s.slept[0] != 4*time.Second {
		t.Errorf("%d people, waited %v", got, s.slept)
	}
	if want := `{"requests":[{"id":"3","method":"GET","url":"/users/user%203%23EXT%23@contoso.com/authentication/fido2Methods"}]}`; s.asked[1].body != want {
		t.Errorf("asked %s\nwant %s", s.asked[1].body, want)
	}
}

func TestBatchThatGoesWrong(t *testing.T) {
	for _, body := range []string{`{}`, `{"responses":[]}`, `{"responses":null}`, `[]`} {
		i, _ := inspect(t, reply(200, body))
		for _, err := range i.PasskeysOf(t.Context(), []string{someUser}) {
			if refusal(err) == nil || refusal(err).Code != CodeGarbled {
				t.Errorf("%s: %v", body, err)
			}
		}
	}
}

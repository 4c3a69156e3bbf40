package fido_test

import (
	"reflect"
	"testing"

	"keyrollout/fido"
)

// Every implementation of Session reads the same out of the same key.
func TestSameInfo(t *testing.T) {
	k, _ := newKey(t)
	var first *fido.Info
	for name, o := range openers {
		i, err := open(t, o, k).Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = &i
		} else if !reflect.DeepEqual(*first, i) {
			t.Errorf("%s differs:\n%+v\n%+v", name, *first, i)
		}
	}
}

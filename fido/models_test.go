package fido_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"keyrollout/fido"
)

func TestModels(t *testing.T) {
	all := fido.ModelsNamed("")
	eligible, bio := 0, 0
	seen := map[uuid.UUID]bool{}
	for i, m := range all {
		if m.Name == "" || seen[m.AAGUID] {
			t.Errorf("row %d: %+v", i, m)
		}
		seen[m.AAGUID] = true
		if m.Entra {
			eligible++
			if m.Bio {
				bio++
			}
		}
	}
	if eligible != 265 || bio != 75 { // as Microsoft's page has it
		t.Errorf("%d eligible models, %d of them with a sensor", eligible, bio)
	}
	pro := [16]byte(uuid.MustParse("e416201b-afeb-41ca-a03d-2281c28322aa"))
	m, ok := fido.ModelOf(pro)
	if !ok || !strings.HasPrefix(m.Name, "ATKey.Pro") || !m.Bio || !m.USB || !m.Entra || m.Fingers != 10 {
		t.Errorf("ATKey.Pro 2.1: %+v %v", m, ok)
	}
	if got := fido.FormatAAGUID(pro); got != "e416201b-afeb-41ca-a03d-2281c28322aa" {
		t.Error(got)
	}
	if _, ok := fido.ModelOf([16]byte{}); ok {
		t.Error("the AAGUID of nobody has a model")
	}
}

func TestModelsNamed(t *testing.T) {
	if !strings.HasPrefix(fido.ModelsNamed("")[0].Name, "ATKey") {
		t.Error("ATKey does not come first")
	}
	at := fido.ModelsNamed(" atkey ")
	if len(at) != 5 {
		t.Errorf("%d ATKey models: %v", len(at), at)
	}
	for _, m := range fido.ModelsNamed("yubikey BIO") {
		if !m.Bio {
			t.Errorf("%+v", m)
		}
	}
	if n := len(fido.ModelsNamed("e416201b")); n != 1 {
		t.Errorf("%d models by AAGUID", n)
	}
	if n := len(fido.ModelsNamed("no such key")); n != 0 {
		t.Error(n)
	}
}

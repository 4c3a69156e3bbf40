package fido

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
)

// Model is a kind of key. A key that says nothing of itself but its AAGUID is named by it.
type Model struct {
	AAGUID        uuid.UUID
	Name          string // as in the FIDO Metadata Service; several AAGUIDs share a name
	Bio           bool   // has a fingerprint sensor
	USB, NFC, BLE bool
	Fingers       int    // that its sensor keeps; 0 = not told
	Entra         bool   // on Microsoft's list of models accepted while attestation is enforced; else perhaps only newer
	Status        string // last status report of metadata the user supplied, e.g. "REVOKED"; "" = not told
}

// modelTable is made by internal/genmodels; its head names the sources.
//
//go:embed models.csv
var modelTable string

// models is the table in use, with the models that were added.
func models() []Model {
	if m := added.Load(); m != nil {
		return *m
	}
	return table()
}

var added atomic.Pointer[[]Model]

// AddModels puts models before those that this program brings, for as long as it runs.
func AddModels(more []Model) {
	all := slices.Clone(models())
	for _, m := range more {
		i := slices.IndexFunc(all, func(o Model) bool { return o.AAGUID == m.AAGUID })
		if i >= 0 {
			all[i] = m
		} else {
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(a, b Model) int { return cmp.Or(rank(a)-rank(b), cmp.Compare(a.Name, b.Name)) })
	added.Store(&all)
}

// table is the built-in table, ATKey first and then by name. A row that cannot be read is left out: a test reads all.
var table = sync.OnceValue(func() []Model {
	r := csv.NewReader(strings.NewReader(modelTable))
	r.Comment = '#'
	r.FieldsPerRecord = 8
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		return nil
	}
	var out []Model
	for _, row := range rows[1:] {
		id, err := uuid.Parse(row[0])
		if err != nil {
			continue
		}
		is := func(column int) bool { return row[column] == "1" }
		fingers, _ := strconv.Atoi(row[7])
		out = append(out, Model{AAGUID: id, Name: row[1], Bio: is(2), USB: is(3), NFC: is(4), BLE: is(5), Entra: is(6),
			Fingers: fingers})
	}
	slices.SortStableFunc(out, func(a, b Model) int { return rank(a) - rank(b) })
	return out
})

func rank(m Model) int {
	if strings.HasPrefix(m.Name, "ATKey") {
		return 0
	}
	return 1
}

// SoftwareAAGUID is the model identifier of the software key. It is made up (a random UUID whose last six bytes spell
// "keyrol") and belongs to no vendor: a relying party can tell this key from hardware by it.
var SoftwareAAGUID = uuid.MustParse("d1a3f6be-5c0e-4a7b-9e43-6b6579726f6c")

var softwareModel = Model{AAGUID: SoftwareAAGUID, Name: "keyrollout software key", Bio: true, Fingers: 10}

// Fingers is how many fingers the key's model keeps; 0 = not told, or no sensor. The standard has no question for it.
func (i Info) Fingers() int {
	const bio = 328965 // firmware of the YubiKey Bio that the software key can behave as
	switch {
	case !i.hasSensor():
		return 0
	case i.AAGUID == SoftwareAAGUID && i.Firmware == bio:
		return 5
	}
	m, _ := ModelOf(i.AAGUID)
	return m.Fingers
}

// ModelOf names the model of a key.
func ModelOf(aaguid [16]byte) (Model, bool) {
	if aaguid == SoftwareAAGUID {
		return softwareModel, true
	}
	return find(models(), aaguid)
}

func builtIn(aaguid [16]byte) (Model, bool) { return find(table(), aaguid) }

func find(in []Model, aaguid [16]byte) (Model, bool) {
	for _, m := range in {
		if m.AAGUID == aaguid {
			return m, true
		}
	}
	return Model{}, false
}

// ModelsNamed lists the models whose name holds every word of query, or whose AAGUID begins with it; all when it is
// empty. ATKey models come first, the others by name.
func ModelsNamed(query string) []Model {
	query = strings.ToLower(strings.TrimSpace(query))
	words := strings.Fields(query)
	var out []Model
	for _, m := range models() {
		if holdsAll(strings.ToLower(m.Name), words) || strings.HasPrefix(m.AAGUID.String(), query) {
			out = append(out, m)
		}
	}
	return out
}

func holdsAll(name string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(name, w) {
			return false
		}
	}
	return true
}

// FormatAAGUID writes an AAGUID as everybody does: 8-4-4-4-12 hexadecimal digits.
func FormatAAGUID(aaguid [16]byte) string { return uuid.UUID(aaguid).String() }

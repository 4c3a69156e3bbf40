// Command genmodels makes fido/models.csv, the table of security key models, out of two files:
//
//	go run ./fido/internal/genmodels eligible.csv getinfo.json > fido/models.csv
//
// eligible.csv is Microsoft's list of the models that Entra ID accepts while attestation is enforced, with the columns
// aaguid, description_mds, bio, usb, nfc, ble (0 or 1). getinfo.json holds decoded metadata statements of the FIDO
// Metadata Service: {"entries": [{aaguid, description, attachmentHint, userVerificationDetails,
// authenticatorGetInfo}]}; only names and transports are taken from it. See models.csv for both sources.
package main

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

const header = `# Security key models by AAGUID, made by fido/internal/genmodels. Names are those of the FIDO Metadata Service.
# entra = 1: on Microsoft's list of models that Entra ID accepts while attestation is enforced. That list, and for its
# models the column bio, are from "FIDO2 security key vendors" in MicrosoftDocs/entra-docs, page of 2026-10-06, metadata
# version 285, by Microsoft, CC BY 4.0, changed in form only. Other models, transports that the list leaves out, and the
# number of fingers (0: not told) are from metadata statements of the FIDO Metadata Service, number 78.
# A model that is not here, or has no 1 in a column, may only be newer than the list: refuse no key because of it.
`

type model struct {
	id, name                  string
	bio, usb, nfc, ble, entra bool
	fingers                   int
}

type statement struct {
	AAGUID, Description string
	AttachmentHint      []string
	UserVerification    [][]method                    `json:"userVerificationDetails"`
	Info                struct{ Transports []string } `json:"authenticatorGetInfo"`
}

type method struct {
	UserVerificationMethod string
	BaDesc                 struct{ MaxTemplates int }
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "genmodels:", err)
		os.Exit(1)
	}
}

func run(args []string, w io.Writer) error {
	if len(args) != 2 {
		return errors.New("usage: genmodels eligible.csv getinfo.json > models.csv")
	}
	models := map[string]*model{}
	if err := readEligible(args[0], models); err != nil {
		return err
	}
	if err := readStatements(args[1], models); err != nil {
		return err
	}
	return write(w, models)
}

func readEligible(path string, models map[string]*model) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return err
	}
	for _, r := range rows[1:] {
		if len(r) != 6 {
			return fmt.Errorf("%s: a row has %d columns", path, len(r))
		}
		id := strings.ToLower(r[0])
		models[id] = &model{id, r[1], r[2] == "1", r[3] == "1", r[4] == "1", r[5] == "1", true, 0}
	}
	return nil
}

func readStatements(path string, models map[string]*model) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var all struct{ Entries []statement }
	if err := json.Unmarshal(b, &all); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, s := range all.Entries {
		m := models[strings.ToLower(s.AAGUID)]
		if m == nil {
			if slices.Contains(s.AttachmentHint, "internal") || strings.Contains(s.Description, "TEST") {
				continue // built into a computer, or nobody's
			}
			m = &model{id: strings.ToLower(s.AAGUID), name: s.Description, bio: s.sensor() >= 0}
			models[m.id] = m
		}
		m.fingers = max(0, s.sensor())
		m.usb = m.usb || slices.Contains(s.Info.Transports, "usb") || slices.Contains(s.AttachmentHint, "wired")
		m.nfc = m.nfc || slices.Contains(s.Info.Transports, "nfc") || slices.Contains(s.AttachmentHint, "nfc")
		m.ble = m.ble || slices.Contains(s.Info.Transports, "ble") || slices.Contains(s.AttachmentHint, "bluetooth")
	}
	return nil
}

// sensor is how many fingers the sensor keeps: -1 where there is none, 0 where it is not told.
func (s statement) sensor() int {
	n := -1
	for _, way := range s.UserVerification {
		for _, m := range way {
			if m.UserVerificationMethod == "fingerprint_internal" {
				n = max(n, m.BaDesc.MaxTemplates)
			}
		}
	}
	return n
}

func write(w io.Writer, models map[string]*model) error {
	if _, err := io.WriteString(w, header+"aaguid,name,bio,usb,nfc,ble,entra,fingers\n"); err != nil {
		return err
	}
	var all []*model
	for _, m := range models {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *model) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id)) })
	out := csv.NewWriter(w)
	for _, m := range all {
		if err := out.Write([]string{m.id, m.name, bit(m.bio), bit(m.usb), bit(m.nfc), bit(m.ble), bit(m.entra),
			strconv.Itoa(m.fingers)}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

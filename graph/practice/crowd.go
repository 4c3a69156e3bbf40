package practice

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// Crowd fills a tenant with made-up people, for a rehearsal at size: up to 100,000 of them.
type Crowd struct {
	People int `json:"people"`
	// Keys is how many of them have a passkey, of the models in turn (AAGUIDs; none = an ATKey.Pro).
	Keys   int      `json:"keys"`
	Models []string `json:"models"`
	// GroupSize is how many people share a group "Crowd 1", "Crowd 2" …; 0 = 1000.
	GroupSize int `json:"groupSize"`
}

// crowdLimit keeps a slip of the pen from filling the memory.
const crowdLimit = 100_000

var (
	crowdGiven   = strings.Fields("Aino Bram Carla Dmitri Eun-ji Farid Gwen Hiro Ilse Jorge Kofi Léa Mina Nils Odile Paulo Rania Søren Tuan Uma Vera Wen Yara Zoltán")
	crowdSurname = strings.Fields("Adeyemi Bergström Costa Dvořák Eriksen Fontaine Guðmundsdóttir Haddad Ivanova Jansen Kim Lindqvist Moreau Nakamura Okafor Pérez Quist Rossi Sharma Tamm Ueda Virtanen Weiß Xu Yılmaz Zieliński")
	crowdModels  = []string{"e416201b-afeb-41ca-a03d-2281c28322aa"}
)

// expand adds the crowd to the people and groups of the seed.
func (cr Crowd) expand(s *Seed) error {
	if cr.People < 0 || cr.People > crowdLimit || cr.Keys > cr.People {
		return fmt.Errorf("a crowd has at most %d people, and no more keys than people", crowdLimit)
	}
	models := cr.Models
	if len(models) == 0 {
		models = crowdModels
	}
	size := cr.GroupSize
	if size <= 0 {
		size = 1000
	}
	s.Groups = slices.Clone(s.Groups) // the caller's seed stays as it is
	people := make([]Person, 0, cr.People)
	for i := range cr.People {
		// The two lists have lengths without a common factor and each 24·26 names a number, so nobody is called the same.
		given, surname := crowdGiven[i%len(crowdGiven)], crowdSurname[i/len(crowdGiven)%len(crowdSurname)]
		name := given + " " + surname
		if n := i / (len(crowdGiven) * len(crowdSurname)); n > 0 {
			name += fmt.Sprintf(" %d", n+1)
		}
		p := Person{UPN: fmt.Sprintf("p%06d", i+1), Name: name, Given: given, Surname: surname, Department: "Crowd"}
		if i < cr.Keys {
			p.Keys = []string{models[i%len(models)]}
		}
		people = append(people, p)
		if i%size == 0 {
			s.Groups = append(s.Groups, Group{Name: fmt.Sprintf("Crowd %d", i/size+1), Kind: Security})
		}
		g := &s.Groups[len(s.Groups)-1]
		g.Members = append(g.Members, p.UPN)
	}
	s.People = append(append([]Person{}, s.People...), people...)
	return nil
}

// seededKeys are the passkeys that people of the seed already have. Nobody holds their private keys.
func (t *Tenant) seededKeys() []*passkey {
	var keys []*passkey
	for _, u := range t.dir.users {
		for n, aaguid := range u.Keys {
			id := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(u.id+"/key/"), uint32(n)))
			keys = append(keys, &passkey{Credential: id[:], UserID: u.id, AAGUID: strings.ToLower(aaguid), Name: "Security key", Model: modelName(strings.ToLower(aaguid)), Created: founded})
		}
	}
	return keys
}

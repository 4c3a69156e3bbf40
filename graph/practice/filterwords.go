package practice

import (
	"fmt"
	"strings"
	"unicode"
)

// filterWords cuts a filter into words: quoted text keeps its opening quote as a mark.
func filterWords(s string) (words []string, err error) {
	for rest := strings.TrimSpace(s); rest != ""; rest = strings.TrimSpace(rest) {
		switch {
		case rest[0] == '\'':
			var b strings.Builder
			i := 1
			for ; ; i++ {
				if i >= len(rest) {
					return nil, fmt.Errorf("there is an unterminated string literal")
				}
				if rest[i] == '\'' {
					if i+1 < len(rest) && rest[i+1] == '\'' { // '' is a quote inside
						i++
					} else {
						break
					}
				}
				b.WriteByte(rest[i])
			}
			words, rest = append(words, "'"+b.String()), rest[i+1:]
		case strings.ContainsRune("(),", rune(rest[0])):
			words, rest = append(words, rest[:1]), rest[1:]
		default:
			n := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("(),'", r) })
			if n < 0 {
				n = len(rest)
			}
			words, rest = append(words, rest[:n]), rest[n:]
		}
	}
	return words, nil
}

package tui

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Japanese is written without spaces between words: a line may end behind almost any letter. Not before or behind the
// marks that must not begin or end one (JIS X 4051), not within a Latin word, and not between a number and its counter.

// closes reports whether a mark belongs to what is before it.
func closes(r rune) bool {
	switch r {
	case '、', '。', '，', '．', '・', '：', '；', '？', '！', '）', '」', '』', '】', '〉', '》', '〕',
		',', '.', ':', ';', '?', '!', ')', ']', '}', '%':
		return true
	}
	return false
}

// opens reports whether a mark belongs to what is behind it.
func opens(r rune) bool {
	switch r {
	case '（', '「', '『', '【', '〈', '《', '〔', '(', '[', '{', '#':
		return true
	}
	return false
}

// beginsNoLine reports whether a letter must not stand first: a mark that closes, a small kana, one that prolongs or repeats.
func beginsNoLine(r rune) bool {
	switch r {
	case 'ー', '々', '〜', '～',
		'ぁ', 'ぃ', 'ぅ', 'ぇ', 'ぉ', 'っ', 'ゃ', 'ゅ', 'ょ', 'ゎ',
		'ァ', 'ィ', 'ゥ', 'ェ', 'ォ', 'ッ', 'ャ', 'ュ', 'ョ', 'ヮ', 'ヵ', 'ヶ':
		return true
	}
	return closes(r)
}

// firstWide is where the scripts begin that are written without spaces.
const firstWide = 0x2e80

func hasJapanese(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= firstWide }) >= 0
}

// brokenJapanese breaks a text to w cells. A line ends at the end of a phrase (at a space, behind a mark, where what
// declines a word gives way to the next word) rather than in the middle of one, if that leaves it half full.
func brokenJapanese(s string, w int) []string {
	type letter struct {
		r    rune // the first of it
		end  int  // where it ends in s
		wide int  // in cells
	}
	var letters []letter
	for at := 0; at < len(s); {
		cluster, cells := ansi.FirstGraphemeCluster(s[at:], ansi.GraphemeWidth)
		r, _ := utf8.DecodeRuneInString(cluster)
		at += len(cluster)
		letters = append(letters, letter{r, at, cells})
	}
	var lines []string
	from, first, cells := 0, 0, 0 // where this line begins, in s and in letters, and how wide it is so far
	phrase, may := 0, 0           // how many letters come before its end: behind a phrase that leaves it full enough, or anywhere; 0 = nowhere
	for i := 0; i < len(letters); i++ {
		l := letters[i]
		if l.r != ' ' && cells+l.wide > w && i > first {
			first = cmp.Or(phrase, may, i)
			to := letters[first-1].end
			if line := strings.TrimRight(s[from:to], " "); line != "" {
				lines = append(lines, line)
			}
			from, cells, phrase, may = to, 0, 0, 0
			i = first - 1
			continue
		}
		cells += l.wide
		if i+1 == len(letters) {
			break
		}
		before := i
		for letters[before].r == ' ' && before > first {
			before--
		}
		ends, endsPhrase := lineEnds(letters[before].r, l.r == ' ', letters[i+1].r)
		if ends {
			may = i + 1
		}
		if endsPhrase && cells >= w/2 {
			phrase = i + 1
		}
	}
	return append(lines, s[from:])
}

// lineEnds reports whether a line may end between two letters, and whether a phrase ends there.
func lineEnds(before rune, space bool, behind rune) (may, phrase bool) {
	switch {
	case behind == ' ', before == ' ', beginsNoLine(behind), opens(before), before == '～', before == '〜':
		return false, false
	case space:
		return true, !unicode.Is(unicode.Hiragana, behind) // which goes with the Latin word before it
	case before < firstWide && behind < firstWide, unicode.IsDigit(before):
		return false, false
	}
	return true, closes(before) || opens(behind) ||
		unicode.Is(unicode.Hiragana, before) && !unicode.Is(unicode.Hiragana, behind) && !(joins(before) && unicode.Is(unicode.Han, behind))
}

// joins reports whether a kana often stands within a word, between the halves of a verb or behind a prefix of courtesy.
func joins(r rune) bool {
	switch r {
	case 'い', 'え', 'き', 'ぎ', 'け', 'げ', 'し', 'せ', 'ち', 'び', 'み', 'め', 'り', 'れ', 'お', 'ご':
		return true
	}
	return false
}

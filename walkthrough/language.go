package walkthrough

import (
	"fmt"

	"golang.org/x/text/language"

	"keyrollout/steps"
)

// catalogs hold the translations, by the English format they stand for.
var catalogs = map[language.Tag]map[string]string{language.Japanese: japanese}

// Language chooses a language from the environment, as POSIX does: LC_ALL, then LC_MESSAGES, then LANG. What is not
// spoken here is English.
func Language(env func(string) string) language.Tag {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		v := env(name)
		if v == "" {
			continue
		}
		tag, _ := language.Parse(posix(v)) // what it cannot read it calls undetermined, which is English here
		base, _ := tag.Base()
		for t := range catalogs {
			if b, _ := t.Base(); b == base {
				return t
			}
		}
		return language.English
	}
	return language.English
}

// Speak speaks a language. What has no translation is said in English.
func Speak(tag language.Tag) steps.Speaker {
	cat := catalogs[tag]
	return func(t steps.Text) string { return speak(cat, t) }
}

// posix turns ja_JP.UTF-8 into ja-JP.
func posix(v string) string {
	for i, r := range v {
		if r == '.' || r == '@' {
			return v[:i]
		}
	}
	return v
}

func speak(cat map[string]string, t steps.Text) string {
	format, ok := cat[t.Format]
	if !ok {
		format = t.Format
	}
	if len(t.Args) == 0 {
		return format
	}
	args := make([]any, len(t.Args))
	for i, a := range t.Args {
		if inner, ok := a.(steps.Text); ok {
			a = speak(cat, inner)
		}
		args[i] = a
	}
	return fmt.Sprintf(format, args...)
}

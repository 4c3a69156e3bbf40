package walkthrough

import "maps"

// japanese translates the English formats of steps, tui, this package and the commands; each room's have a file of
// their own. A verb whose place changes has its number: %[2]s.
//
// The manner: です・ます in sentences, plain forms in what is chosen from a list. Microsoft's own terms, with a space
// between Latin and Japanese and after a full stop inside a text, as in its documentation: the screen breaks lines
// there. Names of people, keys and groups come with a space before what follows (%s さん); what is Japanese itself, a
// finger or the name of a step, comes without.
var japanese = merged(japaneseRooms)

// japaneseRooms are the parts of the catalogue. A sentence stands in one of them.
var japaneseRooms = []map[string]string{
	japaneseSteps, japaneseTUI, japaneseWords, japaneseQuestions, japaneseCommands, japaneseKey, japanesePlan, japaneseNames,
	japaneseWizard, japaneseSignIn, japaneseCare, japaneseUpkeep,
	japaneseTenant, japaneseGraph, japaneseDoctor, japaneseFindings, japaneseHelp, japaneseFinger,
}

// japaneseNames are names and remarks that come from tables and stand in no sentence of their own: a Text whose format
// is the name finds them here. Roles of Entra, then what a cloud lacks.
var japaneseNames = map[string]string{
	"Global Reader":                       "グローバル閲覧者",
	"Reports Reader":                      "レポート閲覧者",
	"Authentication Administrator":        "認証管理者",
	"Authentication Policy Administrator": "認証ポリシー管理者",

	"An administrator cannot register a key on behalf of a user: its Graph has no call for it. People register in Security info.": "管理者による代理登録はできません。 Graph にその機能がないため、本人がセキュリティ情報で登録します。",
	"Its Graph has neither the passkey policy nor the Temporary Access Pass policy, and no passkeys of users.":                    "Graph に、パスキー ポリシー、一時アクセス パス ポリシー、ユーザーのパスキーがありません。",
}

func merged(all []map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}

package walkthrough

// japanesePlan is what the commands say that plan, apply and take back a change of a tenant.
var japanesePlan = map[string]string{
	"Keys that are registered now could stop signing in. Which ones cannot be seen with this account or licence.": "登録済みのキーでサインインできなくなる可能性があります。 どのキーかは、このアカウントまたはライセンスでは確認できません。",

	"The file cannot be read: %s.":                      "ファイルを読み取れません: %s",
	"There is a file %s already; it was left as it is.": "ファイル %s は既にあります。 変更していません。",
	"name a file that is not there yet":                 "まだないファイル名を指定する",
	"name a file that is there and may be read":         "読み取れる既存のファイルを指定する",
}

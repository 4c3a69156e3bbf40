package walkthrough

// japaneseSignIn is what is said of permissions that are asked for step by step, and of the kept sign-in.
var japaneseSignIn = map[string]string{
	// login_browser.go
	"What comes next needs more permissions: %s. Sign in once more and consent to them.": "次の操作には追加のアクセス許可が必要です: %s。 もう一度サインインして同意してください。",

	// login_kept.go
	"A sign-in is kept in %s, but the system's key store, where its key lies, cannot be reached.": "サインインが %s に保持されていますが、その鍵があるシステムのキー ストアを利用できません。",
	"unlock the key store, or remove the sign-in:  keyrollout login forget":                       "キー ストアのロックを解除するか、サインインを削除する:  keyrollout login forget",
	"No sign-in is kept.":                 "保持されているサインインはありません。",
	"%s, tenant %s at %s, app %s":         "%s、テナント %s (%s)、アプリ %s",
	"keyrollout login forget  removes it": "削除するには:  keyrollout login forget",
	"The kept sign-in is gone. The key store cannot be reached: the key that is left in it opens nothing.":             "保持されていたサインインを削除しました。 キー ストアを利用できないため鍵は残っていますが、その鍵で開けるものはありません。",
	"The kept sign-in and its key are gone from this computer.":                                                        "保持されていたサインインとその鍵を、このコンピューターから削除しました。",
	"Copies that somebody took before would still open:  Entra ID > Users > the person > Revoke sessions  ends those.": "以前に作られたコピーは引き続き有効です。 無効にするには:  Entra ID > ユーザー > 対象のユーザー > セッションの取り消し",

	// steps/problem_tenant.go
	"The permission for it was not granted (%s).":                                                               "必要なアクセス許可が付与されていません (%s)。",
	"The permission %s was not granted (%s). Consent to it takes an administrator; using it takes the role %s.": "アクセス許可 %s が付与されていません (%s)。 同意には管理者が、使用にはロール %s が必要です。",
	"ask for it again; how an administrator grants it beforehand:  keyrollout tenant app":                       "もう一度要求する。 管理者が事前に付与する方法:  keyrollout tenant app",
	"Signing in for it failed (%s): %s.":                                                                        "そのためのサインインに失敗しました (%s): %s",
	"sign in again":                                                                                             "もう一度サインインする",
}

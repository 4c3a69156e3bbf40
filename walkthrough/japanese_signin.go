package walkthrough

// japaneseSignIn is what is said of permissions that are asked for step by step, and of the kept sign-in.
var japaneseSignIn = map[string]string{
	// pass.go, registration.go
	"Is the Temporary Access Pass of %s at hand?":                                                                "%s さんの一時アクセス パスは手元にありますか?",
	"Step 1 shows it once; a helpdesk or another administrator may have issued it since. Nobody can look it up.": "手順1で1回だけ表示されます。 その後、ヘルプデスクや別の管理者が発行した場合もあります。 あとから確認することは誰にもできません。",
	"yes: type it now":              "はい、今入力する",
	"no: issue a new one":           "いいえ、新しく発行する",
	"one from before stops working": "以前のパスは使えなくなります",
	"The tenant has none for them that works now: it has ended, was used, or was taken away.": "現在有効なパスはテナントにありません。 期限切れ、使用済み、または取り消し済みです。",
	"The one that works was issued at %s and ends at %s.":                                     "有効なパスは %s に発行され、%s に失効します。",
	"that is done: look":                              "完了したので確認する",
	"the pass was lost or has ended: issue a new one": "パスを紛失した、または期限切れ: 新しく発行する",

	// login_browser.go
	"What comes next needs more permissions: %s. Sign in once more and consent to them.": "次の操作には追加のアクセス許可が必要です: %s。 もう一度サインインして同意してください。",

	// serve.go
	"What is kept of this practice tenant is damaged: %s.":                   "保存されている練習用テナントのデータが壊れています: %s",
	"begin anew without  %s;  or look in with --forget, which keeps nothing": "%s  を削除して始め直すか、何も保存しない --forget で開く",
	"This computer cannot keep what happens in the practice tenant: %s.":     "練習用テナントの内容をこのコンピューターに保存できません: %s",
	"make room on the disk, or end the other program, then try again":        "ディスクの空きを増やすか、他のプログラムを終了して、もう一度試す",

	// login_problem.go
	"a PKCS #12 file of today (AES) has to be made PEM first, kept where only you can read it:  openssl pkcs12 -in app.pfx -noenc -out app.pem": "現在の形式 (AES) の PKCS #12 ファイルは、先に PEM に変換し、自分だけが読める場所に置く:  openssl pkcs12 -in app.pfx -noenc -out app.pem",

	// login_kept.go
	"A sign-in is kept in %s, but the system's key store, where its key lies, cannot be reached.": "サインインが %s に保持されていますが、その鍵があるシステムのキー ストアを利用できません。",
	"unlock the key store, or remove the sign-in:  keyrollout login forget":                       "キー ストアのロックを解除するか、サインインを削除する:  keyrollout login forget",
	"No sign-in is kept.":                 "保持されているサインインはありません。",
	"%s, tenant %s at %s, app %s":         "%s、テナント %s (%s)、アプリ %s",
	"keyrollout login forget  removes it": "削除するには:  keyrollout login forget",
	"The kept sign-in is gone. The key store cannot be reached: the key that is left in it opens nothing.":             "保持されていたサインインを削除しました。 キー ストアを利用できないため鍵は残っていますが、その鍵で開けるものはありません。",
	"The kept sign-in and its key are gone from this computer.":                                                        "保持されていたサインインとその鍵を、このコンピューターから削除しました。",
	"Copies that somebody took before would still open:  Entra ID > Users > the person > Revoke sessions  ends those.": "以前に作られたコピーは引き続き有効です。 無効にするには:  Entra ID > ユーザー > 対象のユーザー > セッションの取り消し",

	// steps/pass.go
	"give --minutes within that; 0 is what the policy says":                                                              "その範囲で --minutes を指定する。 0 はポリシーの既定値",
	"they sign in with the account of their own organisation; a pass and a key belong there":                             "ゲストは自分の組織のアカウントでサインインします。 パスとキーもそちらで設定します",
	"have the account enabled (Entra ID > Users), then try again":                                                        "アカウントを有効にしてもらい (Entra ID > ユーザー)、もう一度試す",
	"have another administrator do it":                                                                                   "別の管理者に依頼する",
	"put them into a group of the policy, or their group into the policy:  keyrollout tenant plan":                       "ポリシーのグループにユーザーを追加するか、ユーザーのグループをポリシーに追加する:  keyrollout tenant plan",
	"turn them on in step 1 of  keyrollout,  or with  temporaryAccessPass: {enabled: true}  and  keyrollout tenant plan": "keyrollout  の手順1、または  temporaryAccessPass: {enabled: true}  と  keyrollout tenant plan  で有効にする",
	"look at the spelling; a sign-in name (name@domain) or an object id is unmistakable":                                 "つづりを確かめる。 サインイン名 (name@domain) かオブジェクト ID なら確実です",

	// steps/desire.go, desire_resolve.go
	"a profile is called by its name or its id":                                                          "プロファイルは name か id で指定します",
	"a profile that is removed has no other values":                                                      "remove を指定したプロファイルには他の値を書けません",
	"there is no key \"%s\" here; perhaps \"%s\" is meant":                                               "ここに「%s」というキーはありません。 「%s」のことですか",
	"there is no key \"%s\" here; there are %s":                                                          "ここに「%s」というキーはありません。 使えるキー: %s",
	"a value is expected here":                                                                           "ここには値が必要です",
	"\"%s\" is the default profile, which cannot be removed":                                             "「%s」は既定のプロファイルなので削除できません",
	"groups have the profile \"%s\": take it away from them under  who,  apply that, and remove it then": "プロファイル「%s」はグループに割り当てられています。 先に  who  で割り当てを外して適用し、その後で削除してください",
	"the profile \"%s\" is removed by the same file":                                                     "プロファイル「%s」は同じファイルで削除されます",
	"there is no passkey profile \"%s\"; perhaps \"%s\" is meant":                                        "「%s」というパスキー プロファイルはありません。 「%s」のことですか",
	"\"%s\" is no AAGUID: it has 32 digits and letters a to f, in groups of 8-4-4-4-12":                  "「%s」は AAGUID ではありません。 AAGUID は 8-4-4-4-12 に区切った32桁の16進数です",
	"no model is called \"%s\"; perhaps \"%s\" is meant":                                                 "「%s」というモデルはありません。 「%s」のことですか",

	// steps/problem_tenant.go
	"The permission for it was not granted (%s).":                                                               "必要なアクセス許可が付与されていません (%s)。",
	"The permission %s was not granted (%s). Consent to it takes an administrator; using it takes the role %s.": "アクセス許可 %s が付与されていません (%s)。 同意には管理者が、使用にはロール %s が必要です。",
	"ask for it again; how an administrator grants it beforehand:  keyrollout tenant app":                       "もう一度要求する。 管理者が事前に付与する方法:  keyrollout tenant app",
	"Signing in for it failed (%s): %s.":                                                                        "そのためのサインインに失敗しました (%s): %s",
	"sign in again":                                                                                             "もう一度サインインする",
}

package walkthrough

// japaneseWords is the pages behind "?", step by step.
var japaneseWords = map[string]string{
	"Four steps: the tenant allows security keys, a key gets a PIN and a fingerprint, the key is registered for a person, and a sign-in proves that it works.": "4つの手順です。 テナントでセキュリティ キーを許可し、キーに PIN と指紋を設定し、ユーザーに登録し、サインインで動作を実証します。",
	"Each step looks first, says what it would change and what that does to people, and changes nothing before you say yes.":                                   "どの手順もまず現状を確認し、変更内容とユーザーへの影響を示します。 同意するまで何も変わりません。",
	"You may stop at any time: what was done stays done, and the next start goes on from there.":                                                               "いつでも中断できます。 完了した内容はそのまま残り、次回はその続きから始まります。",
	"Practice is the whole of it with a made-up company, in ten minutes: begin there if this is your first time.":                                              "練習では、架空の会社で全体を10分ほどで体験できます。 初めての場合は練習から始めてください。",
	"What":                "内容",
	"Where in the portal": "ポータルでの場所",
	"Why":                 "理由",
	"  %s":                "  %s",

	// tenant
	"Turns on the sign-in method \"Passkey (FIDO2)\" for everyone or for one security group.":             "認証方法「パスキー (FIDO2)」を、全員または1つのセキュリティ グループに対してオンにします。",
	"For people who have nothing else to come in with: Temporary Access Pass, and one pass.":              "ほかのサインイン方法がない人には、一時アクセス パスをオンにし、パスを1つ発行します。",
	"Entra ID > Authentication methods > Policies > Passkey (FIDO2), and Temporary Access Pass.":          "Entra ID > 認証方法 > ポリシー > パスキー (FIDO2) と、一時アクセス パス。",
	"The pass: Entra ID > Users > the person > Authentication methods > Add.":                             "パス: Entra ID > ユーザー > 対象のユーザー > 認証方法 > 追加。",
	"Until the policy is on, nobody can register a key. Microsoft ends SMS and voice on 1 February 2027.": "ポリシーがオンになるまで、誰もキーを登録できません。 2027年2月1日に、Microsoft は SMS と音声通話を終了します。",
	"Begin with a pilot group: nobody else notices anything.":                                             "パイロット グループから始めます。 ほかの人には影響しません。",

	// key
	"Gives the key a PIN and a fingerprint: here, or for an ATKey on the key itself.":                     "キーに PIN と指紋を設定します。 ここで行うか、ATKey ならキー本体だけでも行えます。",
	"An ATKey's light: cyan flashing = touch, green = good, red = not, blue flashing = show your finger.": "ATKey のライト: 水色の点滅 = タッチ、緑 = 成功、赤 = 失敗、青の点滅 = 指紋の確認。",
	"Windows: Settings > Accounts > Sign-in options > Security key. Other systems have no such page.":     "Windows: 設定 > アカウント > サインイン オプション > セキュリティ キー。 ほかのシステムにはこの画面がありません。",
	"Entra wants the person verified by the key: without PIN or finger it cannot be registered.":          "Entra はキーによる本人確認を求めます。 PIN も指紋もないキーは登録できません。",
	"PIN and finger stay on the key. Eight wrong PINs lock it; only a reset helps then.":                  "PIN と指紋はキーの外に出ません。 PIN を8回間違えるとロックされ、リセットが必要になります。",

	// registration
	"The key makes a key pair for this account, and the tenant keeps the public half.":              "キーがこのアカウント用の鍵ペアを作り、テナントが公開鍵を保管します。",
	"The person: aka.ms/mysecurityinfo > Add sign-in method > Security key.":                        "本人: aka.ms/mysecurityinfo > サインイン方法の追加 > セキュリティ キー。",
	"An administrator cannot do it in the portal, only through Microsoft Graph, as this tool does.": "管理者はポータルでは登録できません。 このツールのように Microsoft Graph で行います。",
	"From then on the key signs in and nothing a thief could phish is typed.":                       "以後はキーでサインインし、フィッシングで盗まれるものを入力しません。",
	"Register two keys for each person: the second one is for the day the first is lost.":           "1人につき2つのキーを登録してください。 2つ目は、1つ目をなくしたときのためです。",

	// signin
	"Signs in once with the key and finds that sign-in in the tenant's own log.":         "キーで1回サインインし、テナントのログでその記録を見つけます。",
	"myapplications.microsoft.com in a private window > Sign-in options > Security key.": "プライベート ウィンドウの myapplications.microsoft.com > サインイン オプション > セキュリティ キー。",
	"The log: Entra ID > Users > the person > Sign-in logs > Authentication details.":    "ログ: Entra ID > ユーザー > 対象のユーザー > サインイン ログ > 認証の詳細。",
	"Registered is not proven: Entra may fall back to a push without a word.":            "登録しただけでは実証になりません。 Entra は断りなくプッシュ通知に切り替えることがあります。",
}

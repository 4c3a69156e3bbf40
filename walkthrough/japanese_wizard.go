package walkthrough

// japaneseWizard is what looking again at a rollout says: whether the key at hand is the one that was registered.
var japaneseWizard = map[string]string{
	"This key does not tell which sign-ins it holds; that it is this one is known from the journal only.":                            "このキーは、保持しているサインイン情報を示しません。 登録済みのキーであることは、記録からのみ分かります。",
	"It does not show the sign-in that is registered as \"%s\": if that was another key, take that one.":                             "「%s」として登録済みのサインイン情報が、このキーには見当たりません。 登録したのが別のキーであれば、そちらを使ってください。",
	"This key does not hold the sign-in that is registered for %s as \"%s\": it is another key, or the sign-in was deleted from it.": "このキーには、%s さんの「%s」として登録済みのサインイン情報がありません。 別のキーであるか、キーから削除されています。",
	"Nothing was changed, neither on the key nor in the tenant.":                                                                     "キーもテナントも変更していません。",
	"plug in the key that was registered, then look again":                                                                           "登録したキーを挿して、もう一度確認する",
	"This key signs in as %s already.":                                                                                               "このキーは、すでに %s さんのサインインに使われています。",
	"Nothing was changed. Whoever has its PIN or a finger on it could sign in as both; %s should have a key of their own.":           "何も変更していません。 このキーの PIN を知る人や指紋を登録した人は、両方のアカウントでサインインできてしまいます。 %s さんには専用のキーを用意してください。",
	"plug in the other key, then look again":                                                                                         "別のキーを挿して、もう一度確認する",
	"go on with this key: both accounts are of one person":                                                                           "このキーで続ける (どちらも同じ人のアカウント)",
	"A pass for %s is out, seen or not; it ends by itself after %d minutes.":                                                         "%s さんのパスは発行済みです (表示の有無にかかわらず)。 %d分後に自動で失効します。",
	"go back to step 1 and choose there which keys are accepted":                                                                     "手順1に戻り、使えるキーを選び直す",
	"register this key as well": "このキーも登録する",
	"\"%s\" stays registered beside it. If that key is lost, take it away from their sign-in methods.": "「%s」も登録されたまま残ります。 そのキーを紛失した場合は、サインイン方法から削除してください。",
	"The proof of %s was of a key that the tenant does not list any more.":                             "%s の確認は、テナントの一覧にもうないキーのものです。",
	"The proof of %s was of another key than the one that is plugged in.":                              "%s の確認は、いま挿してあるキーとは別のキーのものです。",

	"(shown once, not recorded)": "(1回だけ表示、記録なし)",
	"(hidden)":                   "(非表示)",
	"(back)":                     "(戻る)",
	"cancel":                     "中止",

	"Stopped: nothing of this finger is kept on the key.": "中止しました。 この指の情報はキーに残りません。",

	"%s is not covered by the passkey policy: in an excluded group.": "%s さんは除外グループに属しているため、パスキー ポリシーの対象外です。",
	"%s would not be covered: in an excluded group.":                 "%s さんは除外グループに属しているため、対象外になります。",
	"keys need not prove what they are":                              "キーの種類の証明は不要",
	"not told":                                                       "不明",

	"the next person": "次のユーザー",
	"with a key of their own; what was chosen for the organisation is offered again": "専用のキーを使用、組織について選んだ内容は既定値として表示",
	"The rollout for %s is done.": "%s さんの展開は完了しています。",
	"That was practice: nothing real changed. For real, start keyrollout and choose \"My organisation\".":               "これは練習で、実際には何も変わっていません。 本番では keyrollout を起動し、「自分の組織」を選んでください。",
	"Next: a second key for %s, for the day this one is lost; then the next person. Start keyrollout again for either.": "次は、紛失に備えた %s さんの2本目のキーと、次のユーザーです。 どちらも keyrollout をもう一度起動してください。",

	"The journal cannot be written: %s.":                                                "記録を書き込めません: %s",
	"Nothing is begun that is not written down first; what was done before stays done.": "記録せずに始める操作はありません。 完了した操作はそのまま残ります。",
	"make room on the disk, then try again":                                             "ディスクの空き容量を増やして、もう一度試す",
}

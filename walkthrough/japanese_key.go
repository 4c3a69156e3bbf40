package walkthrough

// japaneseKey is what the care of a key says: its commands, its settings, a key that is shared over SSH.
var japaneseKey = map[string]string{
	// keylist.go
	"The key did not answer in time.":                                               "キーが時間内に応答しませんでした。",
	"A key at your desk can come here: run  keyrollout key share USER@HOST  there.": "お手元のキーをここで使うには、お手元で  keyrollout key share USER@HOST  を実行します。",
	"%s  %s (%04x:%04x), serial number %s":                                          "%s  %s (%04x:%04x)、シリアル番号 %s",
	"certified: %s":                                                                 "認定: %s",
	"the FIDO Alliance reports: %s":                                                 "FIDO Alliance の報告: %s",
	"%s is not used: %s.":                                                           "%s は使いません: %s",
	"No key was asked; nothing was changed.":                                        "キーには問い合わせていません。 何も変更されていません。",
	"download it again from https://mds3.fidoalliance.org, or go on without --mds":  "https://mds3.fidoalliance.org からもう一度ダウンロードするか、--mds なしで続ける",
	"This metadata is old: a newer one was due on %s.":                              "このメタデータは古くなっています。 新しいものの予定日: %s",

	// key.go
	"Several keys are plugged in: touch the one you mean.": "複数のキーが接続されています。 使うキーにタッチしてください。",

	// keyinfo.go
	"put this into a file and try again:\n%s": "次の内容をファイルに保存して、もう一度試す:\n%s",
	"path":                 "パス",
	"serial number":        "シリアル番号",
	"not told by this key": "このキーからは分かりません",
	"new PIN":              "新しい PIN",
	"demanded: the key does nothing else before its PIN is changed (keyrollout key pin)": "変更が必要: PIN を変更するまで、キーは他のことをしません (keyrollout key pin)",
	"how many": "本数",
	"told after the PIN only:  keyrollout key fingerprint list": "PIN の入力後にだけ分かります:  keyrollout key fingerprint list",
	"sensor":        "センサー",
	"always verify": "常に本人確認",
	"status":        "状況",
	"on: every use wants the PIN or a finger":       "オン: 使うたびに PIN か指紋が必要です",
	"off: a site decides whether a touch is enough": "オフ: タッチだけでよいかはサイトが決めます",
	"by touch": "タッチ式",
	"by swipe": "スワイプ式",
	"%s, about %d touches a finger; the model keeps %d fingers": "%s、指1本につき約%d回のタッチ。 このモデルは%d本まで登録できます",
	"%s, about %d touches a finger":                             "%s、指1本につき約%d回のタッチ",
	"none: delete a sign-in from the key first":                 "なし。 先にキーのサインインを削除してください",
	"told after the PIN only:  keyrollout key credentials room": "PIN の入力後にだけ分かります:  keyrollout key credentials room",
	"for Windows: %s":                          "Windows に必要: %s",
	"for both: a new PIN; the key demands one": "両方に必要: 新しい PIN (キーが変更を求めています)",

	// keyconfig.go
	"%d sign-ins on the key, room for about %d more":                "キーにサインイン%d件、空きは約%d件分",
	"This key lets none of it be changed (no authenticatorConfig).": "このキーではどれも変更できません (authenticatorConfig なし)。",
	"always verify: %s":                      "常に本人確認: %s",
	"new PIN: demanded before anything else": "新しい PIN: 他の操作の前に変更が必要",
	"new PIN: not demanded":                  "新しい PIN: 要求なし",
	"shortest PIN: %d characters":            "最短の PIN: %d文字",

	// steps/upkeep_config.go
	"%s has no such setting (authenticatorConfig, option %s).": "%s にこの設定はありません (authenticatorConfig、オプション %s)。",
	"Every use of the key wants its PIN or a finger, where a touch was enough before: second-factor sites that ask for neither (U2F) stop working with it, and some iPhones ask again and again.":        "これまでタッチだけで済んだ場面でも、使うたびに PIN か指紋が必要になります。 どちらも求めない2要素認証のサイト (U2F) では使えなくなり、何度も確認を求める iPhone もあります。",
	"From now on a PIN of this key has at least %d characters. Only a reset, which wipes the key, lowers that again. If its PIN is shorter now, the key demands a new one before it does anything else.": "このキーの PIN は今後%d文字以上になります。 下げるには、キーを消去するリセットしかありません。 今の PIN がそれより短い場合、キーは他の操作の前に新しい PIN を求めます。",
	"Read back: a site decides whether a touch is enough.": "読み戻しで確認: タッチだけでよいかはサイトが決めます。",
	"Read back: every use wants the PIN or a finger.":      "読み戻しで確認: 使うたびに PIN か指紋が必要です。",
	"Read back: the key demands a new PIN.":                "読み戻しで確認: キーは新しい PIN を求めます。",
	"Read back: the shortest PIN has %d characters.":       "読み戻しで確認: 最短の PIN は%d文字です。",
	"That is how it stands already.":                       "すでにその設定です。",
	"The key demands a new PIN already.":                   "キーはすでに新しい PIN を求めています。",
	"The key does nothing until its PIN has been changed: no sign-in, no finger. Not every system can change it: Windows 11, Chrome on a Mac and keyrollout can.": "PIN を変更するまで、サインインも指紋の登録もできません。 変更できる環境は限られます: Windows 11、Mac の Chrome、keyrollout。",
	"The key said yes, but its setting reads as before.":                                                                                       "キーは受け付けましたが、設定は以前のままです。",
	"The shortest PIN has %d characters already.":                                                                                              "最短の PIN はすでに%d文字です。",
	"The shortest PIN of this key has %d characters: it can only be raised, to at most %d.":                                                    "このキーの最短の PIN は%d文字です。 上げることだけができ、最大は%dです。",
	"This key has no PIN that could be changed.":                                                                                               "このキーには変更する PIN がありません。",
	"What the key says of itself:  keyrollout key config show.":                                                                                "キーの現在の設定:  keyrollout key config show",
	"Whoever holds the key can use it by a touch alone at sites that ask for no more. Microsoft Entra ID always asks for the PIN or a finger.": "タッチだけを求めるサイトでは、キーを持つ人なら誰でも使えるようになります。 Microsoft Entra ID は常に PIN か指紋を求めます。",
	"set one with  keyrollout key pin":                                                                                                         "keyrollout key pin  で設定する",

	// steps/upkeep_resident.go
	"A key keeps names of 1 to %d bytes; this one has %d.":                 "キーに保存できる名前は1～%dバイトです。 この名前は%dバイトです。",
	"Read back: \"%s\" at %s is now shown as \"%s\".":                      "読み戻しで確認: 「%s」(%s) は「%s」と表示されます。",
	"The key kept the name as \"%s\".":                                     "キーは名前を「%s」として保存しました。",
	"The key tells its room only after its PIN, and has none yet.":         "空きは PIN の入力後にだけ分かりますが、PIN がまだありません。",
	"The sign-in works as before; only the name that is shown is another.": "サインインはこれまでどおり使えます。 変わるのは表示される名前だけです。",

	// keyshare.go
	"%s is no security key.":                                           "%s はセキュリティ キーではありません。",
	"Nothing was shared.":                                              "何も共有されていません。",
	"see  keyrollout key list  for the keys":                           "キーの一覧:  keyrollout key list",
	"ssh cannot be started: %s.":                                       "ssh を起動できません: %s",
	"install OpenSSH's client, then try again":                         "OpenSSH クライアントをインストールして、もう一度試す",
	"The key can be used on %s at %s until you stop this with Ctrl+C.": "キーは %s の %s で使えます。 Ctrl+C で終了します。",
	"There:  keyrollout key info --device %s":                          "接続先での例:  keyrollout key info --device %s",
	"The key waits: touch it to allow this, or leave it alone.":        "キーが待っています。 許可するにはタッチしてください。 許可しない場合は触れないでください。",
	"The key is shared no more. What was under way on it was stopped.": "キーの共有は終わりました。 実行中だった操作は中止されました。",
	"The key was unplugged.":                                           "キーが抜かれました。",
	"What came from %s is not keyrollout: %s.":                         "%s からの応答が keyrollout のものではありません: %s",
	"let the login there print nothing when it is not interactive; install the same version of keyrollout on both sides": "対話なしのログインでは何も表示しないようにする。 両側に同じバージョンの keyrollout をインストールする",
	"keyrollout was not found on %s.":                                         "%s に keyrollout が見つかりません。",
	"install it there, or say where it is with --program /path/to/keyrollout": "接続先にインストールするか、--program /path/to/keyrollout で場所を指定する",
	"ssh could not log in to %s.":                                             "ssh で %s にログインできません。",
	"see that  ssh %s  works; what it needs goes behind  --":                  "ssh %s  が通ることを確認する。 必要な引数は  --  の後に書く",
	"The connection to %s ended.":                                             "%s との接続が切れました。",
}

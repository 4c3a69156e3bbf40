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
}

package walkthrough

// japaneseTUI is what the screen and the plain dialogue say, file by file. What they share with package steps ("yes",
// "no", "off") stands there.
var japaneseTUI = map[string]string{
	// asker.go
	"The two entries differ.":                                     "2回の入力が一致しません。",
	"Neither is taken. Type it again, then once more to be sure.": "どちらも使用していません。 もう一度入力し、確認のために再入力してください。",

	// body.go
	"Checking.":              "確認しています。",
	"Working.":               "処理中です。",
	"since %s":               "%s から",
	"Longer than usual.":     "通常より時間がかかっています。",
	"About %d seconds more.": "あと約%d秒です。",
	"About %d minutes more.": "あと約%d分です。",
	"Ending what is under way, so that nothing is left half done.": "中途半端にならないよう、進行中の処理を終えています。",
	"%d more lines below (pgdn)":                                   "下にあと%d行 (pgdn)",
	"the end (pgup scrolls back)":                                  "ここまで (pgup で戻る)",

	// enrol.go
	"The picture is practice data: a real key never shows your finger.": "画像は練習用のデータです。 実際のキーが指紋を見せることはありません。",
	"Touch %d of about %d":  "タッチ%d回目 (約%d回のうち)",
	"All touches are done.": "タッチはすべて完了しました。",
	"Last touch: %s":        "前回: %s",
	"Now: %s":               "今回: %s",
	"PIN set, %s left":      "PIN 設定済み (残り%s)",
	"PIN set":               "PIN 設定済み",
	"no PIN":                "PIN 未設定",
	"fingers %d of %d":      "指紋 %d/%d",
	"fingers %d":            "指紋 %d",
	"LED %s":                "LED %s",
	"LED %s, flashing":      "LED %s、点滅",

	// explain.go, keys.go
	"Keyboard": "いつでも使えるキー操作",
	"arrows":   "矢印",
	"choose":   "選択",
	"move":     "移動",
	"first":    "先頭",
	"last":     "末尾",
	"back":     "戻る",
	"quit":     "終了",
	"explain":  "説明",
	"scroll":   "スクロール",
	"redraw":   "再描画",
	"suspend":  "一時停止",
	"leave":    "終了",

	// model.go
	"Something is under way. Press ctrl+c to stop it and leave.": "処理中です。 中止して終了するには ctrl+c を押してください。",
	"There is nothing to go back to from here.":                  "ここからは戻れません。",
	"The key is in use. Press ctrl+c to cancel that and leave.":  "キーを使用中です。 取り消して終了するには ctrl+c を押してください。",
	"You left.":                             "終了しました。",
	"This system cannot suspend a program.": "このシステムではプログラムを一時停止できません。",
	"Not now: the key waits for a touch and would give up. Try again after it.": "キーがタッチを待っているため、今は一時停止できません。 タッチの後に試してください。",

	// options.go
	"asked for with --plain":                            "--plain が指定されています",
	"ACCESSIBLE is set":                                 "ACCESSIBLE が設定されています",
	"the input is not a terminal":                       "入力がターミナルではありません",
	"the output is not a terminal":                      "出力がターミナルではありません",
	"this terminal cannot move its cursor (TERM is %q)": "このターミナルはカーソルを移動できません (TERM は %q)",

	// plain.go
	"keyrollout, plain dialogue.": "keyrollout、テキスト対話モードです。",
	"Answer a numbered question with the number or the name. b goes back (< where text is typed), q leaves, ? explains.": "番号付きの質問には、番号または名前で答えてください。 b (文字を入力する質問では <) で戻り、q で終了、? で説明します。",
	"ctrl+c leaves at any time. What was done stays done.":                                                               "ctrl+c でいつでも終了できます。 完了した内容はそのまま残ります。",
	"The same once more, to be sure.":                                                                                    "確認のため、もう一度入力してください。",
	"This is read from a terminal only, and there is none. A script can give it: see keyrollout replay.":                 "これはターミナルからのみ入力できますが、ターミナルがありません。 スクリプトで指定できます: keyrollout replay",
	"Nothing was typed.": "何も入力されていません。",
	"This is shown on a terminal only, and there is none.": "これはターミナルにのみ表示しますが、ターミナルがありません。",
	"Press enter when you have it: ":                       "控えたら enter を押してください: ",

	// plain_question.go
	"yes or no":                       "yes (はい) または no (いいえ)",
	"to go on, type: %s":              "続けるには次のとおり入力: %s",
	"press enter when done":           "終わったら enter",
	"nothing is shown while you type": "入力中は何も表示されません",
	"shown once":                      "1回だけ表示",
	"default %s":                      "既定値 %s",
	"no default":                      "既定値なし",
	"These are not the words. Nothing was done.":         "指定の語句ではありません。 何も実行していません。",
	"There is nothing that enter alone would take here.": "ここでは enter だけでは答えになりません。",
	"%q is not one of the answers.":                      "%q は選択肢にありません。",

	// plain_tell.go, plain_wait.go
	"%s: stays %s":              "%s: %s のまま",
	"%s: now %s, then %s":       "%s: 現在 %s、変更後 %s",
	"What this does to people:": "ユーザーへの影響:",
	"Sign-in check for %s":      "%s のサインインの確認",
	"now":                       "現在",
	"done":                      "完了",
	"failed":                    "失敗",
	"left out":                  "対象外",
	"not yet":                   "未完了",
	"Problem: %s":               "問題: %s",
	"State: %s":                 "状態: %s",
	"Next: %s":                  "次の操作: %s",
	"Still working.":            "処理を続けています。",
	"Still waiting: %s":         "待機中: %s",

	// plan.go, problem.go
	"Settings that stay as they are: %d": "変更しない設定: %d件",
	"What this does to people":           "ユーザーへの影響",
	"then":                               "変更後",
	"now  %s":                            "現在   %s",
	"then %s":                            "変更後 %s",
	"State":                              "状態",
	"code %s   request %s":               "コード %s   要求 %s",
	"code %s":                            "コード %s",

	// question_act.go
	"done, go on":                    "完了、次へ",
	"Press enter when that is done.": "終わったら enter を押してください。",
	"I have it, take it away":        "控えたので消す",
	"It is kept nowhere. Press enter to take it off this screen.": "どこにも保存されません。 enter を押すと画面から消えます。",
	"That is too long: it was not taken.":                         "長すぎるため、入力していません。",
	"This goes on by itself.":                                     "自動的に次へ進みます。",
	"This goes on by itself":                                      "自動的に次へ進みます",

	// question_choose.go, question_line.go, question_touch.go, question_typed.go
	"Yes":           "はい",
	"No":            "いいえ",
	"%d more above": "上にあと%d件",
	"%d more below": "下にあと%d件",
	"Nothing is chosen yet: move to one first.": "まだ選択されていません。 先に移動して選んでください。",
	"take this":               "これで決定",
	"Press enter to take: %s": "enter で決定: %s",
	"There is nothing to take yet: type it, then press enter.": "まだ何も入力されていません。 入力してから enter を押してください。",
	"touch":               "タッチ",
	"confirm":             "確認",
	"Type  %s  to go on.": "続けるには  %s  と入力してください。",

	"These words are typed, not pasted.": "この語句は貼り付けずに入力してください。",

	// styles.go
	"blue":  "青",
	"green": "緑",
	"red":   "赤",
	"cyan":  "水色",
	"white": "白",

	// summary.go
	"Complete.":         "完了しました。",
	"Not complete yet.": "まだ完了していません。",
	"Done":              "完了したこと",
	"Not done":          "完了していないこと",
	"Evidence":          "証跡",
	"The input ended before the question was answered. Nothing was taken for a yes.":            "質問に答える前に入力が終わりました。 「はい」とは見なしていません。",
	"It was left before it had ended. The next start asks the tenant and the key what is true.": "処理が終わる前に終了しました。 次回の起動時に、テナントとキーの実際の状態を確認します。",
	"It stopped in the step %q. What was done stays done.":                                      "手順 %q で止まりました。 完了した内容はそのまま残ります。",
	"Start keyrollout again to go on: it asks the tenant and the key what is true.":             "続けるには、もう一度 keyrollout を起動してください。 テナントとキーの実際の状態を確認します。",

	// system_unix.go, wizard.go
	"The terminal went away: %s":                   "ターミナルが閉じられました: %s",
	"Stopped: the line was hung up.":               "停止しました: 回線が切断されました。",
	"Stopped: the system asked keyrollout to end.": "停止しました: システムが keyrollout の終了を要求しました。",
	"The terminal went away.":                      "ターミナルが閉じられました。",
	"Stopped.":                                     "停止しました。",

	// view.go
	"A question waits behind this page.":                                    "このページの後ろで質問が待っています。",
	"keyrollout needs %d x %d. It goes on running; make the window larger.": "keyrollout には %d x %d の画面が必要です。 処理は続いています。 ウィンドウを広げてください。",
	"(practice)": "(練習)",
	"Leave? The key is in use; leaving cancels that.": "終了しますか? キーを使用中で、終了すると取り消されます。",
	"Leave? What was done stays done.":                "終了しますか? 完了した内容はそのまま残ります。",
	"again to leave":                                  "もう一度で終了",
	"any other key":                                   "ほかのキー",
	"stays":                                           "続ける",
	"leave without waiting":                           "待たずに終了",
	"this step":                                       "この手順",
	"the keyboard":                                    "キー操作",
	"? once more says more.":                          "もう一度 ? を入力すると、手順の説明を表示します。",
	"close":                                           "閉じる",
	"more":                                            "続き",
}

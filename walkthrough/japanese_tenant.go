package walkthrough

// japaneseTenant is what is said of changes that were cut off, of files and outputs that cannot be written, and of
// wishes that do not fit.
var japaneseTenant = map[string]string{
	// desire_doubt.go
	"A change of this tenant was cut off at %s, and it does not show. It may be on its way: waiting for it until %s.": "このテナントの変更が %s に中断され、まだ反映されていません。 これから反映される可能性があるため、%s まで待ちます。",
	"The change that was cut off at %s did not arrive in the time that a change takes: it was not carried out.":       "%s に中断された変更は、反映にかかる時間内に届きませんでした。 変更は行われていません。",
	"The change that was cut off shows now.": "中断された変更が反映されました。",

	// desire.go, desire_scalar.go, desire_resolve.go
	"it begins with a tab; in YAML lines are indented with blanks": "行がタブで始まっています。 YAML では空白で字下げします",
	"a key is one word here, not %s":                               "ここのキーは1つの単語です (%s ではなく)",
	"\"%s\" takes %s, not %s":                                      "「%s」に指定できるのは %s です (%s ではなく)",
	"\"%s\" does not take %s":                                      "「%s」に %s は指定できません",
	"true or false":                                                "true か false",
	"a whole number":                                               "整数",
	"one word":                                                     "1つの単語",
	"a time such as 60m, 8h or 2d":                                 "60m、8h、2d のような時間",
	"a list, written [one, another]":                               "[one, another] の形の一覧",
	"a list of profiles, each beginning with  - name:":             "プロファイルの一覧 (それぞれ  - name:  で始めます)",
	"a list":           "一覧",
	"keys with values": "キーと値",
	"write  everyone,  or the lists  include  and  exclude":                                         "everyone  と書くか、一覧  include  と  exclude  を書いてください",
	"a group stands here by its name or id, not %s":                                                 "ここにはグループの名前か ID が必要です (%s ではなく)",
	"two passkey profiles would be called \"%s\"; small and capital letters do not tell them apart": "パスキー プロファイル「%s」が2つになります。 大文字と小文字の違いでは区別されません",

	// desire_undo.go, tenant_change.go
	"The journal knows no change by that plan, or it was taken back already.":                                             "その計画による変更はジャーナルにないか、既に元に戻されています。",
	"see what stands:  keyrollout tenant check;  without a file the latest change is taken back:  keyrollout tenant undo": "現在の状態を確認する:  keyrollout tenant check;  ファイルを指定しなければ最新の変更を元に戻す:  keyrollout tenant undo",
	"After that plan the policies were changed again, on %s: that change comes first.":                                    "その計画の後、%s にポリシーが再び変更されています。 先にその変更を元に戻してください。",
	"take the latest change back:  keyrollout tenant undo;  then this plan":                                               "最新の変更を元に戻す:  keyrollout tenant undo;  その後でこの計画",
	"undo takes the plan that was applied, or no file for the latest change:  keyrollout tenant undo":                     "undo には適用した計画を指定するか、最新の変更ならファイルを省く:  keyrollout tenant undo",
	"That is a journal, not a plan.":                                "これは計画ではなくジャーナルです。",
	"keyrollout tenant undo --journal %s":                           "keyrollout tenant undo --journal %s",
	"This tenant is being worked in: %s.":                           "このテナントは現在操作中です: %s",
	"one change at a time: when the other one has ended, try again": "変更は一度に1つです。 もう一方が終わってから、もう一度試す",
	"A change of this tenant was cut off and may be on its way still: what is told of the policies may be from before it.": "このテナントの変更が中断され、これから反映される可能性があります。 ポリシーについての表示は変更前のものかもしれません。",

	"keyrollout practice --fresh  begins anew": "keyrollout practice --fresh  で新しく始める",

	// login_problem.go
	"Port %d of this computer, where the browser comes back to, is taken by another program.": "このコンピューターのポート%dは、ブラウザーが戻る先ですが、別のプログラムが使用しています。",
	"end that program, or sign in with a code:  --login device-code":                          "そのプログラムを終了するか、コードでサインインする:  --login device-code",

	// pass.go
	"Do you mean %s (%s)?": "%s さん (%s) ですか?",
	"\"%s\" is not a whole sign-in name; the only person it fits is %s (%s).":                        "「%s」は完全なサインイン名ではありません。 該当するのは %s さん (%s) だけです。",
	"if that is the person, write the whole sign-in name":                                            "その人であれば、完全なサインイン名を指定する",
	"This is the account you are signed in with: nobody looks after their own passes through Graph.": "サインイン中のアカウント自身です。 Graph では自分のパスを管理できません。",
	"Passes of %s (%s):": "%s さん (%s) のパス:",

	// login.go
	"\"%s\" is no domain and no id of an organisation.": "「%s」は組織のドメインでも ID でもありません。",

	// practice.go
	"The place where state is kept cannot be used: %s.":             "状態の保存先を使用できません: %s",
	"see to it, or name a directory of your own in the variable %s": "それを解決するか、環境変数 %s に自分のディレクトリを指定する",

	// journal.go
	"The journal %s cannot be used: %s.":                               "ジャーナル %s を使用できません: %s",
	"Nothing was changed in the tenant or on the key.":                 "テナントもキーも変更していません。",
	"see that the file can be read and written by you, then try again": "ファイルを自分が読み書きできるか確認し、もう一度試す",
	"The journal %s is damaged in line %d.":                            "ジャーナル %s の%d行目が壊れています。",
	"bring the file back from a copy, or move it away to begin anew: the tenant and the key do not depend on it, but what stood before earlier changes is kept nowhere else": "コピーからファイルを戻すか、別の場所に移して新しく始める。 テナントとキーには影響しないが、以前の変更より前の状態はほかに保存されていない",

	// output.go, login.go, serve.go
	"The answer could not be written whole: %s.":                                   "結果をすべて書き出せませんでした: %s",
	"What the command did stays done; only its answer is cut off.":                 "コマンドが行ったことはそのままです。 結果の表示だけが途切れています。",
	"make room where the output goes, then ask again":                              "出力先の空き容量を確保し、もう一度実行する",
	"The trace in %s is not whole: %s.":                                            "トレース %s は完全ではありません: %s",
	"What the command did stays done; the trace lacks what came after.":            "コマンドが行ったことはそのままです。 トレースには、それ以降の記録がありません。",
	"make room on that disk, or name a file elsewhere, before the next try":        "次に試す前に、そのディスクの空き容量を確保するか、別の場所のファイルを指定する",
	"The file %s cannot be written: %s.":                                           "ファイル %s に書き込めません: %s",
	"make room on that disk, or name a place that you may write to":                "そのディスクの空き容量を確保するか、書き込める場所を指定する",
	"name a file that is there and may be read, or a place that may be written to": "読み取れる既存のファイルか、書き込める場所を指定する",
	"correct the file, then serve again; without --seed it is Contoso":             "ファイルを修正し、もう一度起動する。 --seed がなければ Contoso になる",
}

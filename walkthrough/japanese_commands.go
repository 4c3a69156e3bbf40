package walkthrough

// japaneseCommands is what the commands say, file by file.
var japaneseCommands = map[string]string{
	// begin.go
	"Where do you want to begin?":                                       "どこから始めますか?",
	"Four steps from passwords to security keys in Microsoft Entra ID.": "Microsoft Entra ID でパスワードからセキュリティ キーへ移行する4つの手順です。",
	"Practice": "練習",
	"a made-up company and a software key; nothing real changes": "架空の会社とソフトウェア キー。 実際の環境は変わりません",
	"My organisation": "自分の組織",
	"sign in as an administrator; nothing changes before you say so": "管理者としてサインイン。 同意するまで何も変わりません",
	"My own key": "自分のキー",
	"A key has to be plugged into this computer (%s), not into the one you sit at.": "キーは、お手元ではなくこのコンピューター (%s) に接続してください。",
	"goes on where it stopped: step \"%s\", %s":                                     "前回の続きから: 手順「%s」、%s",

	// key.go
	"No security key is plugged into this computer.":                                                         "このコンピューターにセキュリティ キーが接続されていません。",
	"This is an SSH session: the key has to be in this computer, not in the one you sit at.":                 "SSH セッションです。 キーは、お手元ではなくこのコンピューターに接続してください。",
	"Without a key:  keyrollout practice  or  keyrollout softkey.  If one is plugged in:  keyrollout doctor": "キーがない場合:  keyrollout practice  または  keyrollout softkey  接続済みの場合:  keyrollout doctor",
	"Nothing was changed.": "何も変更されていません。",
	"plug it in, or give a path with --device; if it is in:  keyrollout doctor": "キーを接続するか、--device でデバイス パスを指定する。 接続済みの場合:  keyrollout doctor",
	"Several keys are plugged in: %s.":                                          "複数のキーが接続されています: %s",
	"name one with --device PATH":                                               "--device PATH で1つ指定する",
	"not on Microsoft's list: refused where attestation is enforced":            "Microsoft の一覧になし。 構成証明を強制すると拒否されます",
	"on Microsoft's list: accepted where attestation is enforced":               "Microsoft の一覧にあり。 構成証明を強制しても使えます",
	"model":                           "モデル",
	"AAGUID":                          "AAGUID",
	"versions":                        "バージョン",
	"firmware":                        "ファームウェア",
	"%d":                              "%d",
	"room":                            "空き",
	"for %d more sign-ins":            "サインイン %d件分",
	"extensions":                      "拡張",
	"options":                         "オプション",
	"Entra":                           "Entra",
	"lacks":                           "不足",
	"this key has none":               "このキーにはありません",
	"not set; at least %d characters": "未設定、%d文字以上",
	"set":                             "設定済み",
	"locked: only a reset helps":      "ロック中、リセットが必要",
	"set; %d tries left; at least %d characters":                   "設定済み、残り%d回、%d文字以上",
	"this key has no sensor":                                       "このキーにはセンサーがありません",
	"none enrolled":                                                "未登録",
	"enrolled, locked after too many misses: the PIN unlocks them": "登録済み、失敗が続きロック中 (PIN で解除)",
	"enrolled; %d tries left":                                      "登録済み、残り%d回",
	"enrolled":                                                     "登録済み",
	"nothing that Entra or Windows asks for":                       "なし (Entra と Windows の要件を満たしています)",
	"for Entra and Windows: %s":                                    "Entra と Windows に必要: %s",

	// keycare.go
	"%s  (id %s)":                "%s  (ID %s)",
	"%s  %s  (id %s)":            "%s  %s  (ID %s)",
	"The key holds no sign-ins.": "キーにサインインはありません。",

	// main.go
	"Interrupted. What was done stays done; start keyrollout again to go on.": "中断しました。 完了した内容はそのまま残ります。 続けるには、もう一度 keyrollout を起動してください。",

	// organisation.go
	"Domain or id of your organisation": "組織のドメインまたは ID",
	"For example contoso.com. \"organizations\" stands for the one your account belongs to.": "例: contoso.com。 「organizations」は、アカウントの所属する組織を表します。",
	"sign in in another way, or try again":                                                   "別の方法でサインインするか、もう一度試す",
	"How do you sign in?":                                                                    "どの方法でサインインしますか?",
	"with a code, on any device":                                                             "コードを使う (任意のデバイス)",
	"good over SSH; some organisations block it":                                             "SSH 向き。 組織によってはブロックされます",
	"in a browser": "ブラウザーを使う",
	"on this computer; over SSH with  ssh -L 8400:localhost:8400":      "このコンピューターで。 SSH では  ssh -L 8400:localhost:8400",
	"as the Azure CLI is signed in":                                    "Azure CLI のサインインを使う",
	"after  az login":                                                  "az login の後",
	"Waiting %s before asking again (%s).":                             "%s 待ってから再試行します (%s)。",
	"the tenant":                                                       "テナント",
	"Open this page in a browser and sign in as an administrator.":     "このページをブラウザーで開き、管理者としてサインインしてください。",
	"It comes back to port %d here; over SSH:  ssh -L %d:localhost:%d": "ブラウザーはこのコンピューターのポート %d に戻ります。 SSH では転送してください:  ssh -L %d:localhost:%d",

	// practice.go
	"This practice has been played to its end.": "この練習は最後まで終わっています。",
	"look at it once more":                      "もう一度見る",
	"begin anew":                                "最初からやり直す",
	"a new company, a key as from the factory":  "新しい会社と、出荷時の状態のキー",

	// practice_hand.go
	"touch with the finger":       "選んだ指でタッチ",
	"touch with another finger":   "別の指でタッチ",
	"a dry finger":                "乾いた指",
	"a wet finger":                "ぬれた指",
	"only the edge of the finger": "指の端だけ",
	"only the tip":                "指先だけ",
	"turned sideways":             "横向きの指",
	"The key waits for a touch.":  "キーがタッチを待っています。",
	"nobody touches it":           "タッチしない",
	"pull the key out":            "キーを抜く",

	// replay.go
	"No terminal here: this is the built-in first rollout, in practice. Nothing real changes.": "ターミナルがないため、内蔵の最初のロールアウトを練習として実行します。 実際の環境は変わりません。",

	// softkeystore.go
	"%s is sealed with a key in the system's key store, not with a passphrase.":                                    "%s はパスフレーズではなく、システムのキーストアにある鍵で封印されています。",
	"leave --passphrase-file away, or change it first:  keyrollout softkey seal":                                   "--passphrase-file を外すか、先に変更する:  keyrollout softkey seal",
	"The passphrase of the software key":                                                                           "ソフトウェア キーのパスフレーズ",
	"A passphrase for the software key's file":                                                                     "ソフトウェア キーのファイルに付けるパスフレーズ",
	"It is kept nowhere. Without it the key cannot be opened again.":                                               "どこにも保存されません。 失うと、キーは二度と開けません。",
	"A passphrase has at least %d characters.":                                                                     "パスフレーズは%d文字以上にしてください。",
	"The passphrase does not open it. Nothing was changed.":                                                        "このパスフレーズでは開けません。 何も変更されていません。",
	"The passphrase does not open %s, nor the state before it.":                                                    "このパスフレーズでは %s も、その前の状態も開けません。",
	"try another passphrase; with --fresh a new key begins, and this one is lost":                                  "別のパスフレーズを試す。 --fresh を付けると新しいキーになり、今のキーは失われます",
	"The passphrase cannot be read: %s.":                                                                           "パスフレーズを読み取れません: %s",
	"This system offers no key store at the moment (%s); the software key is sealed with a passphrase instead.":    "今、このシステムではキーストアを使えません (%s)。 代わりに、ソフトウェア キーをパスフレーズで封印します。",
	"The software key's file was opened by a key in the file beside it. It is sealed anew, and that file is gone.": "ソフトウェア キーのファイルは、隣のファイルにある鍵で開けました。 封印し直し、そのファイルは削除しました。",
	"The software key's file is sealed anew; what opened it before opens it no more.":                              "ソフトウェア キーのファイルを封印し直しました。 以前の方法では開けません。",
	"There is no software key in %s yet.":                                                                          "%s にソフトウェア キーはまだありません。",
	"begin with one:  keyrollout softkey":                                                                          "作成する:  keyrollout softkey",
	"The software key's file needs a passphrase, and nobody is there to type it.":                                  "ソフトウェア キーのファイルにはパスフレーズが必要ですが、入力する人がいません。",
	"give it with --passphrase-file FILE":                                                                          "--passphrase-file FILE で渡す",
	"or keep nothing, with --in-memory":                                                                            "または --in-memory で何も保存しない",
	"The key to the software key's file is not in the system's key store any more.":                                "ソフトウェア キーのファイルを開く鍵が、システムのキーストアにもうありません。",
	"restore the key store from a backup; with --fresh a new key begins, and this one is lost":                     "キーストアをバックアップから戻す。 --fresh を付けると新しいキーになり、今のキーは失われます",
	"The key to the software key's file lies in the system's key store, which cannot be used now: %s.":             "ソフトウェア キーのファイルを開く鍵はシステムのキーストアにありますが、今は使えません: %s",
	"unlock it at the desktop, or start this where it runs: over SSH there is often none":                          "デスクトップでロックを解除するか、キーストアが動く場所で起動する。 SSH では使えないことがよくあります",
	"to need none from now on, there:  keyrollout softkey seal --passphrase":                                       "今後キーストアを使わないようにするには、そこで:  keyrollout softkey seal --passphrase",
	"Waiting for the system's key store to be unlocked.":                                                           "システムのキーストアのロック解除を待っています。",
	"a software key, served on this computer":                                                                      "ソフトウェア キー (このコンピューターで動作中)",

	// practice_hand.go
	"The key waits for a long touch, five to ten seconds.": "キーは長いタッチ (5～10秒) を待っています。",
	"touch and hold": "触れたまま待つ",

	// softkey.go
	"The software key is a USB key of this computer until you stop this with ctrl+c; fido2-token -L lists it.": "ソフトウェア キーは、このコンピューターの USB キーとして使えます。 ctrl+c で停止します。 fido2-token -L で一覧に表示されます。",
	"The software key is at %s until you stop this with ctrl+c.":                                               "ソフトウェア キーは %s にあります。 ctrl+c で停止します。",
	"Done: %s.":        "完了: %s",
	"Refused: %s: %s.": "拒否: %s: %s",

	// tenant.go
	"next: %s": "次の操作: %s",

	// pass.go
	"No pass.":                     "パスはありません。",
	"issued %s, good until %s, %s": "発行 %s、期限 %s、%s",

	// fingerprint.go
	"Quality %d of 100. The pictures are in %s; they show a finger, so they were written for you alone.": "品質は100点中%d点です。 画像は %s にあります。 指紋が写っているため、ご本人だけが読めるように保存しました。",
	"not the same finger, as far as these pictures tell":                                                 "これらの画像からは、同じ指とは言えません",
	"the same finger":                "同じ指です",
	"score %.1f (opens at %.1f): %s": "スコア %.1f (基準 %.1f): %s",
	"turned %.0f degrees, stretched %.0f %%; ridges in step in %d of %d squares":                                  "回転 %.0f度、伸縮 %.0f%%。 隆線が一致した区画: %[4]d個中%[3]d個",
	"for it: ridges in step %+.1f, minutiae that meet %+.1f; against it: squares out of step %+.1f, strain %+.1f": "一致の根拠: 隆線の一致 %+.1f、特徴点の一致 %+.1f。 不一致の根拠: 一致しない区画 %+.1f、ひずみ %+.1f",
	"squares of 24 px: o in step, x out of step, . ridges in one print only":                                      "24ピクセルの区画: o 一致、x 不一致、. 片方の画像だけに隆線",
	"The pictures are in %s; they show fingers, so they were written for you alone.":                              "画像は %s にあります。 指紋が写っているため、ご本人だけが読めるように保存しました。",
	"ends":                               "端点",
	"splits":                             "分岐点",
	"  a ridge %s at %d,%d and at %d,%d": "  隆線の%s: %d,%d と %d,%d",

	// serve.go
	"Signed in as:": "サインイン中:",
	"Graph:":        "Graph:",
	"Browser:":      "ブラウザー:",
	"Tenant:":       "テナント:",
	"Token:":        "トークン:",
	"Certificate:":  "証明書:",
	"Node:  NODE_EXTRA_CA_CERTS=%s  and  Client.init({ baseUrl: \"%s\", customHosts: new Set([\"localhost\"]), ... })": "Node:  NODE_EXTRA_CA_CERTS=%s  と  Client.init({ baseUrl: \"%s\", customHosts: new Set([\"localhost\"]), ... })",
	"This program:  keyrollout --practice-at %s%s  is the wizard; tenant and pass take the flag too.":                  "このプログラム:  keyrollout --practice-at %s%s  はウィザードです。 tenant と pass でも同じフラグを使えます。",
	"Any other:  send  Authorization: Bearer TOKEN  to the address of Graph above.":                                    "その他:  上の Graph のアドレスに  Authorization: Bearer TOKEN  を送信してください。",
	"Everybody who reaches this address is let in without a password.":                                                 "このアドレスに到達できる人は、誰でもパスワードなしで入れます。",
	"ctrl+c ends it.": "ctrl+c で終了します。",
	"The practice tenant cannot be served: %s.": "練習用テナントを公開できません: %s",
	"The practice tenant is no longer served.":  "練習用テナントの公開を終了しました。",
	"The seed file cannot be used: %s.":         "シード ファイルを使用できません: %s",
	"Nothing is served.":                        "何も公開していません。",
	"choose another address with --listen; to let others on the network in:  --accept %s": "--listen で別のアドレスを選ぶ。 ネットワークのほかの人に公開する場合:  --accept %s",

	// login.go
	"A file that was named cannot be used: %s.":                                          "指定されたファイルを使用できません: %s",
	"A pass is shown on a terminal only, and there is none.":                             "パスはターミナルにのみ表示しますが、ターミナルがありません。",
	"start it in a terminal; without one, sealed in a file:  keyrollout pass issue-many": "ターミナルで開始します。 ターミナルがなければ、ファイルに封印します:  keyrollout pass issue-many",
	"none runs in this session, as often over SSH and in containers":                     "このセッションでは動いていません。 SSH やコンテナーではよくあります",
	"it is locked, and nobody unlocked it":                                               "ロックされていて、解除されませんでした",
	"Nothing was sent.":                                                                  "何も送信していません。",
	"This system offers no key store at the moment: the sign-in is kept in memory only.": "このシステムでは現在キー ストアを使えません。 サインインはメモリにだけ保持します。",

	// login_ask.go
	"The certificate file cannot be opened without a password, and nobody is there to type it.": "証明書ファイルを開くにはパスワードが必要ですが、入力する人がいません。",
	"give the password in the variable %s":                                                      "変数 %s でパスワードを指定する",
	"The password of the certificate file %s":                                                   "証明書ファイル %s のパスワード",
	"Codes are blocked in this organisation by the Conditional Access policy \"%s\".":           "この組織では、条件付きアクセス ポリシー「%s」がコードをブロックしています。",

	// login_problem.go
	"Nobody is signed in, and nothing was changed.": "サインインしておらず、何も変更されていません。",
	"Signing in failed: %s.":                        "サインインに失敗しました: %s",
	"A Conditional Access policy of this organisation does not let a sign-in with a code through (%s).":           "この組織の条件付きアクセス ポリシーにより、コードではサインインできません (%s)。",
	"--login browser: on this computer, or over SSH with  ssh -L %d:localhost:%d":                                 "--login browser: このコンピューターで、または SSH で  ssh -L %d:localhost:%d",
	"--login azure-cli: as  az login  is signed in":                                                               "--login azure-cli:  az login  のサインインを使う",
	"--login certificate: as an application":                                                                      "--login certificate: アプリケーションとして",
	"The permissions were not granted: %s.":                                                                       "アクセス許可が付与されていません: %s",
	"keyrollout tenant app  says which permissions, and how an administrator grants them":                         "keyrollout tenant app  で、必要なアクセス許可と管理者による付与の方法を確認する",
	"keyrollout tenant app  says how the app has to be registered":                                                "keyrollout tenant app  で、アプリの登録方法を確認する",
	"Nobody used the code in time.":                                                                               "時間内にコードが使われませんでした。",
	"The sign-in was declined.":                                                                                   "サインインが拒否されました。",
	"az login --tenant DOMAIN --scope https://graph.microsoft.com/.default":                                       "az login --tenant DOMAIN --scope https://graph.microsoft.com/.default",
	"Microsoft's sign-in cannot be reached: %s.":                                                                  "Microsoft のサインインに接続できません: %s",
	"look at the network:  keyrollout doctor;  a proxy is taken from HTTPS_PROXY, its certificate from --ca FILE": "keyrollout doctor  でネットワークを調べる。 プロキシは HTTPS_PROXY、その証明書は --ca FILE で指定",
	"set keys up without the tenant:  keyrollout key":                                                             "テナントなしでキーを設定する:  keyrollout key",

	// login_screen.go
	"On any device, open  %s  and enter this code:":                 "任意のデバイスで  %s  を開き、次のコードを入力してください:",
	"Sign in there as an administrator. The code is good until %s.": "そこで管理者としてサインインしてください。 コードの有効期限は %s です。",
	"Waiting for the sign-in.":                                      "サインインを待っています。",

	// tenant_change.go
	"The tenant stands as wanted: nothing to change.": "テナントは目標の状態です。 変更はありません。",
	"next:  keyrollout tenant apply %s":               "次の操作:  keyrollout tenant apply %s",

	// passmany.go
	"Everybody else has a sealed hand-over in %s.":            "ほかの全員の封をした引き渡し用ファイルは %s にあります。",
	"Issue a pass to each of %d people in %s?":                "%[2]s の%[1]d人それぞれにパスを発行しますか?",
	"Some people got no pass; why stands beside their names.": "パスを発行できなかった人がいます。 理由は名前の横にあります。",
	"issued   %s, good until %s":                              "発行済み  %s、期限 %s",
	"refused  %s: %s":                                         "拒否      %s: %s",
	"skipped  %s: %s":                                         "スキップ  %s: %s",
	"when that is settled, run the same command again: it passes over who has one": "解決したら、同じコマンドをもう一度実行する (発行済みの人はスキップします)",

	// tenantapp.go
	"Permissions of Microsoft Graph, delegated, and the least role of the person who signs in:":                         "Microsoft Graph の委任されたアクセス許可と、サインインする人に必要な最小のロール:",
	"In the portal (entra.microsoft.com):":                                                                              "ポータル (entra.microsoft.com):",
	"  1. Entra ID > App registrations > New registration: name keyrollout, this organisation only.":                    "  1. Entra ID > アプリの登録 > 新規登録: 名前は keyrollout、この組織のみ。",
	"  2. Authentication > Add a platform > Mobile and desktop applications > redirect URI  http://localhost":           "  2. 認証 > プラットフォームを追加 > モバイル アプリケーションとデスクトップ アプリケーション > リダイレクト URI  http://localhost",
	"  3. Authentication > Allow public client flows: yes. This is for codes; leave it off to sign in by browser only.": "  3. 認証 > パブリック クライアント フローを許可する: はい。 コード用です。 ブラウザーのみでサインインする場合はオフのままにします。",
	"  4. API permissions > Microsoft Graph > Delegated permissions: those above. Then: Grant admin consent.":           "  4. API のアクセス許可 > Microsoft Graph > 委任されたアクセス許可: 上記のもの。 その後、管理者の同意を与えます。",
	"  5. Enterprise applications > keyrollout > Properties > Assignment required: yes, and assign the operators.":      "  5. エンタープライズ アプリケーション > keyrollout > プロパティ > 割り当てが必要: はい。 操作する人を割り当てます。",
	"With Azure CLI:": "Azure CLI の場合:",
	"Through Graph; each answer's id goes into the next request:": "Graph の場合 (各応答の ID を次の要求に入れます):",
	"Without a person (--login certificate): the same names as application permissions, with Organization.Read.All instead of User.Read; upload the certificate under Certificates & secrets.": "無人の場合 (--login certificate): 同じ名前のアプリケーションの許可を使い、User.Read の代わりに Organization.Read.All を使います。 証明書は「証明書とシークレット」でアップロードします。",
	"Then:  keyrollout tenant app --check --tenant DOMAIN --client-id APP":                                        "その後:  keyrollout tenant app --check --tenant DOMAIN --client-id APP",
	"The app lacks %d permission(s).":                                                                             "アプリのアクセス許可が%d個不足しています。",
	"What this app may do cannot be read from its sign-in; what can be tried without changing anything is tried.": "このアプリの権限はサインインからは読み取れません。 何も変更せずに試せることを試します。",
	"fails  %s: %s":  "失敗  %s: %s",
	"has    %s (%s)": "あり  %s (%s)",
	"lacks  %s (%s)": "不足  %s (%s)",
	"works  %s: reading; whether it may write is seen when it does": "成功  %s: 読み取り。 書き込めるかどうかは、書き込むときにわかります",
	"keyrollout tenant app  says how an administrator grants them":  "keyrollout tenant app  で、管理者による付与の方法を確認する",
}

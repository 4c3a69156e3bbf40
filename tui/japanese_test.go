package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"keyrollout/steps"
)

// japanese is enough of a translation to see whether the screens bear one.
var japanese = map[string]string{
	"sign in":                         "サインイン",
	"tenant":                          "テナント",
	"key":                             "キー",
	"registration":                    "登録",
	"sign-in check":                   "サインイン確認",
	"(practice)":                      "（練習）",
	"now":                             "現在",
	"then":                            "変更後",
	"What this does to people":        "利用者への影響",
	"Passkey (FIDO2) policy":          "パスキー (FIDO2) ポリシー",
	"attestation enforced":            "構成証明の強制",
	"accepted keys":                   "使用できるキー",
	"24 people can register a key.":   "24人がキーを登録できるようになります。",
	"Change these settings now?":      "今すぐこれらの設定を変更しますか。変更はいつでも元に戻すことができ、利用者の現在のサインイン方法には影響しません。",
	"Yes":                             "はい",
	"No":                              "いいえ",
	"choose":                          "選択",
	"move":                            "移動",
	"arrows":                          "矢印キー",
	"back":                            "戻る",
	"quit":                            "終了",
	"explain":                         "説明",
	"leave":                           "中止",
	"touch":                           "触れる",
	"yes":                             "はい",
	"no":                              "いいえ",
	"Touch %d of about %d":            "%d回目（およそ%d回）",
	"Last touch: %s":                  "前回：%s",
	"Now: %s":                         "次は：%s",
	"too fast":                        "速すぎます",
	"hold the finger a little longer": "もう少し長く触れてください",
	"touch the key":                   "キーに触れてください",
	"LED %s, flashing":                "LED %s 点滅",
	"cyan":                            "水色",
	"How is the key touched?":         "キーにどう触れますか",
	"with the right index finger":     "右手の人差し指で",
	"with another finger":             "別の指で",
	"The picture is practice data: a real key never shows your finger.": "この画像は練習用のデータです。本物のキーが指の画像を外に出すことはありません。",
	"PIN set, %s left":   "PIN 設定済み、残り%s",
	"%d tries":           "%d回",
	"fingers %d of %d":   "指紋 %d/%d",
	"right index finger": "右手の人差し指",
}

func inJapanese(o *Options) {
	o.Say = func(t steps.Text) string {
		if f, ok := japanese[t.Format]; ok {
			t.Format = f
		}
		t.Args = slices.Clone(t.Args)
		for i, a := range t.Args {
			if inner, ok := a.(steps.Text); ok {
				t.Args[i] = o.Say(inner)
			}
		}
		return t.String()
	}
}

func TestScenesInJapanese(t *testing.T) {
	for _, s := range scenes {
		switch s.name {
		case "plan", "enrol", "proof":
		default:
			continue
		}
		for _, w := range []int{80, 50} {
			b := newBench(t, w, 24, inJapanese)
			s.make(b)
			sound(t, b.View(), w, 24)
			if w == 80 {
				golden(t, s.name+"-ja-80x24.golden", b.screen())
			}
		}
	}
}

func TestNoLineBeginsWithAFullStop(t *testing.T) {
	b := brush{say: steps.English, st: newStyles(), w: 10}
	got := b.wrap(b.st.Text, "あいうえお。かきく、けこ、さ")
	for i, l := range got {
		if strings.HasPrefix(l, "。") || strings.HasPrefix(l, "、") {
			t.Errorf("line %d of %q", i, got)
		}
		if n := ansi.StringWidth(l); n > 12 {
			t.Errorf("%q is %d cells wide", l, n)
		}
	}
}

package walkthrough

// japaneseFinger is what the matcher says of the steps it draws.
var japaneseFinger = map[string]string{
	"The picture at the working resolution, softened a little.":                                                         "処理用の解像度にし、少しぼかした画像。",
	"Brightness and contrast made even; ridges are bright from here on.":                                                "明るさとコントラストを均一にした画像。 以後、隆線は明るく表示します。",
	"Where the ridges run: hue of gray is the direction, dark where it is unsure.":                                      "隆線の向き。 濃淡が方向を示し、不確かな部分は暗くなります。",
	"How far ridges are apart, 5 px black to 14 px white. The median is %.1f px; the picture was scaled by %.2f.":       "隆線の間隔。 5ピクセルが黒、14ピクセルが白です。 中央値は %.1fピクセル、画像の倍率は %.2f です。",
	"How far ridges are apart, 5 px black to 14 px white. The median could not be told, so the picture kept its scale.": "隆線の間隔。 5ピクセルが黒、14ピクセルが白です。 中央値がわからないため、画像の倍率は変えていません。",
	"Ridges and valleys after filtering along them.":                                                                    "流れに沿ってフィルターをかけた隆線と谷線。",
	"How much of the picture the filter explains.":                                                                      "フィルターで説明できる画像の割合。",
	"What counts as print.":      "指紋と見なす範囲。",
	"Ridge or valley.":           "隆線か谷線か。",
	"Ridges worn down to lines.": "線になるまで細くした隆線。",
	"Where ridges end (circle) and split (square), with their direction, numbered.":                                "隆線の端点 (円) と分岐点 (四角)、その方向と番号。",
	"What is known of each minutia: the ridges around it, turned its way, and the 64 points kept of them.":         "特徴点ごとの情報: 周りの隆線を特徴点の向きに回したものと、そのうち保存する64点。",
	"The ridges redrawn from the template: what it reveals.":                                                       "テンプレートから描き直した隆線。 テンプレートからわかることです。",
	"Minutiae whose surroundings look alike: the likeliest pairs, from which the search started.":                  "周りが似ている特徴点: 最も有望な組。 探索はここから始まります。",
	"Squares whose ridges run in step with the other print's (green), out of step (red), or were left out (gray).": "隆線がもう一方の指紋と一致した区画 (緑)、一致しない区画 (赤)、除いた区画 (灰色)。",
	"The ridges of one print (red) laid on those of the other (blue): where they agree they are black.":            "一方の隆線 (赤) をもう一方の隆線 (青) に重ねた画像。 一致する部分は黒です。",
	"The minutiae that meet.": "対応する特徴点。",
}

package steps

// LightMeaning says in words what a colour of an ATKey's light means (AuthenTrend's guide).
func LightMeaning(colour string, blink bool) Text {
	switch {
	case colour == "blue" && blink:
		return T("show an enrolled finger")
	case colour == "cyan" && blink:
		return T("touch the key")
	case colour == "white" && blink:
		return T("enrolment on the key itself: touch it")
	case colour == "green" && blink:
		return T("show an enrolled finger to begin")
	case colour == "blue":
		return T("the key has power")
	case colour == "green":
		return T("recognised")
	case colour == "red":
		return T("not recognised")
	case colour == "cyan":
		return T("the computer does not know the key yet")
	}
	return T("off")
}

// LightEvent tells what the key's light shows now.
func LightEvent(colour string, blink bool) Event {
	how := ColourWord(colour)
	if blink {
		how = T("%s, flashing", how)
	}
	meaning := LightMeaning(colour, blink)
	return Event{Name: EventLED, Text: T("LED %s: %s.", how, meaning), Data: LED{colour, blink, meaning}}
}

// ColourWord names a colour of a key's light in the reader's language.
func ColourWord(colour string) Text {
	switch colour {
	case "blue":
		return T("blue")
	case "green":
		return T("green")
	case "red":
		return T("red")
	case "cyan":
		return T("cyan")
	case "white":
		return T("white")
	}
	return T("off")
}

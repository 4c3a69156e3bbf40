package fido

import "testing"

// What a key says of its lists may be nonsense; lists come of it all the same.
func TestListsForAKeyThatCannotCount(t *testing.T) {
	ids := make([][]byte, 20)
	for i := range ids {
		ids[i] = []byte{byte(i)}
	}
	for most, want := range map[int]int{-1: 3, 0: 3, 1: 20, 7: 3, 20: 1, 1 << 62: 1} {
		i := Info{MaxCredIDs: most, MaxCredID: -most}
		if most < 0 {
			i.MaxCredID = most
		}
		if got := len(i.inLists(i.fitting(ids))); got != want {
			t.Errorf("%d at once: %d lists, not %d", most, got, want)
		}
	}
}

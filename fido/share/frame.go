package share

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"keyrollout/fido"
	"keyrollout/internal/foreign"
)

// Both sides begin with this line, Desk first, so that whatever else is at the other end (a shell's greeting, an older version) is
// noticed before anything reaches the key.
const hello = "keyrollout key share 1\n"

// A frame is one byte of kind, two of length (big endian), and so many bytes.
const (
	frameReady  byte = 1 // Host to Desk, once, first: the device path
	frameReport byte = 2 // both ways: a CTAPHID report
	frameEnd    byte = 3 // both ways, last: why it ends
)

const (
	frameHead = 3
	maxText   = 255 // bytes of a reason
	maxPath   = 64
)

type report = [fido.ReportSize]byte

// ErrProtocol is the root of every complaint about what came over the connection. The connection ends with it.
var ErrProtocol = errors.New("that is no shared key")

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrProtocol}, args...)...)
}

func writeFrame(w io.Writer, kind byte, body []byte) error {
	b := binary.BigEndian.AppendUint16([]byte{kind}, uint16(len(body)))
	_, err := w.Write(append(b, body...)) // in one piece: two goroutines may write
	return err
}

// readFrame reads one frame. The length is held against the kind before anything is read by it.
func readFrame(r io.Reader) (kind byte, body []byte, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, nil, bad("cut off within a frame")
		}
		return 0, nil, err
	}
	n := int(binary.BigEndian.Uint16(head[1:]))
	switch kind = head[0]; kind {
	case frameReport:
		if n != fido.ReportSize {
			return 0, nil, bad("a report of %d bytes", n)
		}
	case frameReady, frameEnd:
		if n == 0 || n > maxText {
			return 0, nil, bad("a text of %d bytes", n)
		}
	default:
		return 0, nil, bad("a frame of kind %d", kind)
	}
	body = make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, nil, bad("cut off within a frame")
		}
		return 0, nil, err
	}
	return kind, body, nil
}

// readHello reads the line both sides begin with. What came instead is quoted: most often it explains itself.
func readHello(r io.Reader) error {
	var got []byte
	for len(got) < len(hello) {
		b := make([]byte, len(hello)-len(got))
		n, err := r.Read(b)
		got = append(got, b[:n]...)
		switch {
		case !strings.HasPrefix(hello, string(got)):
			return bad("it began with %q", got)
		case err != nil && len(got) > 0 && len(got) < len(hello):
			return bad("cut off after %q", got)
		case err != nil && len(got) == 0:
			return err
		}
	}
	return nil
}

// text makes words from the other side safe to print.
func text(b []byte) string { return foreign.Shown(string(b)) }

const siteBegin, siteEnd = 20, 43 // letters that are shown of a long name

// Site makes the name of a site safe to show to a person: of what cannot be seen there is a ?, and of a long one both ends
// are there. Its end says more: that is where a domain belongs to somebody.
func Site(rpID string) string {
	all := []rune(foreign.Shown(rpID))
	if len(all) <= siteBegin+siteEnd+1 {
		return string(all)
	}
	return string(all[:siteBegin]) + "…" + string(all[len(all)-siteEnd:])
}

// end tells the other side why it ends, as far as that still gets there.
func end(w io.Writer, why error) {
	s := why.Error()
	_ = writeFrame(w, frameEnd, []byte(s[:min(len(s), maxText)]))
}

// isPath keeps what is told as a path from being a sentence.
func isPath(b []byte) bool {
	return len(b) <= maxPath && bytes.HasPrefix(b, []byte("/")) && !bytes.ContainsFunc(b, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-", r))
	})
}

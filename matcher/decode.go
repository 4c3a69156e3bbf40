package matcher

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // fingerprints are met in JPEG too
	_ "image/png"
	"io"
)

// Decode reads a picture file: PNG, JPEG, or PGM (plain "P2" and raw "P5", 8 and 16 bits). Colour becomes gray.
// The files' own resolution fields are not read: the ridges tell better. Other formats, and pictures over MaxPixels,
// are errors that name what was met.
func Decode(r io.Reader) (Image, error) {
	b := bufio.NewReader(io.LimitReader(r, 256<<20))
	head, err := b.Peek(16)
	switch {
	case err != nil && err != io.EOF:
		return Image{}, fmt.Errorf("matcher: reading the picture: %w", err)
	case len(head) == 0:
		return Image{}, fmt.Errorf("matcher: the file is empty")
	case bytes.HasPrefix(head, []byte("P5")), bytes.HasPrefix(head, []byte("P2")):
		return decodePGM(b)
	case bytes.HasPrefix(head, []byte{0xff, 0xa0}), bytes.HasPrefix(head, []byte("NIST_COM")):
		return Image{}, fmt.Errorf("matcher: this is a WSQ file; convert it to PNG first (NBIS' dwsq does)")
	case bytes.HasPrefix(head, []byte("BM")), bytes.HasPrefix(head, []byte("II*")), bytes.HasPrefix(head, []byte("MM\x00*")):
		return Image{}, fmt.Errorf("matcher: BMP and TIFF files are not read; convert to PNG first")
	}
	data, err := io.ReadAll(b)
	if err != nil {
		return Image{}, fmt.Errorf("matcher: reading the picture: %w", err)
	}
	c, kind, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Image{}, fmt.Errorf("matcher: not a picture that can be read (PNG, JPEG and PGM can): %w", err)
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > MaxPixels || c.Height > MaxPixels || c.Width*c.Height > MaxPixels {
		return Image{}, fmt.Errorf("matcher: a %s of %dx%d is too large (at most %d pixels)", kind, c.Width, c.Height, MaxPixels)
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return Image{}, fmt.Errorf("matcher: a damaged %s: %w", kind, err)
	}
	return FromImage(m), nil
}

// FromImage makes a gray Image of any picture. Transparent parts count as white, as paper does.
func FromImage(m image.Image) Image {
	r := m.Bounds()
	out := Image{W: r.Dx(), H: r.Dy(), Pix: make([]byte, r.Dx()*r.Dy())}
	if g, ok := m.(*image.Gray); ok {
		for y := range out.H {
			copy(out.Pix[y*out.W:(y+1)*out.W], g.Pix[g.PixOffset(r.Min.X, r.Min.Y+y):])
		}
		return out
	}
	for y := range out.H {
		for x := range out.W {
			c := m.At(r.Min.X+x, r.Min.Y+y)
			cr, cg, cb, a := c.RGBA()
			white := 0xffff - a
			gray := color.Gray16Model.Convert(color.RGBA64{uint16(cr + white), uint16(cg + white), uint16(cb + white), 0xffff})
			out.Pix[y*out.W+x] = byte(gray.(color.Gray16).Y >> 8)
		}
	}
	return out
}

// decodePGM reads the portable graymap format: three numbers, then the pixels.
func decodePGM(r *bufio.Reader) (Image, error) {
	var kind string
	var num [3]int
	if _, err := fmt.Fscan(r, &kind); err != nil {
		return Image{}, fmt.Errorf("matcher: a damaged PGM: %w", err)
	}
	for i := range num {
		n, err := pgmNumber(r)
		if err != nil {
			return Image{}, fmt.Errorf("matcher: a damaged PGM header: %w", err)
		}
		num[i] = n
	}
	w, h, top := num[0], num[1], num[2]
	if w < 1 || h < 1 || w > MaxPixels || h > MaxPixels || w*h > MaxPixels || top < 1 || top > 65535 {
		return Image{}, fmt.Errorf("matcher: a PGM of %dx%d with gray up to %d cannot be read", w, h, top)
	}
	var pix []byte // grown as data comes: a header may promise more than the file holds
	for range w * h {
		v, err := 0, error(nil)
		switch {
		case kind == "P2":
			v, err = pgmNumber(r)
		default:
			var hi, lo byte
			if top > 255 {
				hi, err = r.ReadByte()
			}
			if err == nil {
				lo, err = r.ReadByte()
			}
			v = int(hi)<<8 | int(lo)
		}
		if err != nil {
			return Image{}, fmt.Errorf("matcher: a PGM cut off after %d of %d pixels", len(pix), w*h)
		}
		pix = append(pix, byte(min(v, top)*255/top))
	}
	return Image{Pix: pix, W: w, H: h}, nil
}

// pgmNumber reads one decimal number, skipping blanks and comments before it and one blank after it.
func pgmNumber(r *bufio.Reader) (int, error) {
	n, any := 0, false
	for {
		c, err := r.ReadByte()
		switch {
		case err != nil && any && err == io.EOF:
			return n, nil
		case err != nil:
			return 0, err
		case c >= '0' && c <= '9':
			if n, any = n*10+int(c-'0'), true; n > 1<<26 {
				return 0, fmt.Errorf("a number too large")
			}
		case any:
			return n, nil
		case c == '#':
			if _, err := r.ReadString('\n'); err != nil {
				return 0, err
			}
		case c != ' ' && c != '\t' && c != '\n' && c != '\r':
			return 0, fmt.Errorf("%q where a number belongs", c)
		}
	}
}

package softkey

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
)

// errInvalidSeq is CTAP1_ERR_INVALID_SEQ, which largeBlobs alone gives (CTAP 2.1 section 6.10.2).
const errInvalidSeq status = 0x04

// blobHash is how much of a SHA-256 closes the serialized large-blob array (section 6.10.1).
const blobHash = 16

// blobRequest is the parameters of authenticatorLargeBlobs (section 6.10).
type blobRequest struct {
	Get      *uint  `cbor:"1,keyasint"`
	Set      []byte `cbor:"2,keyasint"`
	Offset   *uint  `cbor:"3,keyasint"`
	Length   *uint  `cbor:"4,keyasint"`
	Param    []byte `cbor:"5,keyasint"`
	Protocol *uint  `cbor:"6,keyasint"`
}

type blobAnswer struct {
	Config []byte `cbor:"1,keyasint"`
}

// blobWrite is a write in several fragments that is not complete.
type blobWrite struct {
	want int
	data []byte
}

// closeBlob appends the hash that closes an array.
func closeBlob(array []byte) []byte {
	sum := sha256.Sum256(array)
	return append(bytes.Clone(array), sum[:blobHash]...)
}

// blobArray is the stored array; a key that was never written has an empty one.
func (k *Key) blobArray() []byte {
	if len(k.st.LargeBlob) == 0 {
		return closeBlob([]byte{0x80})
	}
	return k.st.LargeBlob
}

// fragment is how much fits into one message.
func (k *Key) fragment() int {
	if k.o.Profile.MaxMsg == 0 {
		return 1024 - 64
	}
	return k.o.Profile.MaxMsg - 64
}

// largeBlobs is authenticatorLargeBlobs (section 6.10.2).
func (k *Key) largeBlobs(body []byte) (any, error) {
	var r blobRequest
	if err := decode(body, &r); err != nil {
		return nil, err
	}
	switch {
	case r.Offset == nil, (r.Get == nil) == (r.Set == nil):
		return nil, errInvalidParameter
	case r.Get != nil:
		return k.readBlob(r)
	}
	return nil, k.writeBlob(r)
}

func (k *Key) readBlob(r blobRequest) (any, error) {
	array := k.blobArray()
	switch {
	case r.Length != nil || r.Param != nil || r.Protocol != nil:
		return nil, errInvalidParameter
	case *r.Get > uint(k.fragment()):
		return nil, errInvalidLength
	case *r.Offset > uint(len(array)):
		return nil, errInvalidParameter
	}
	rest := array[*r.Offset:]
	return blobAnswer{rest[:min(uint(len(rest)), *r.Get)]}, nil
}

func (k *Key) writeBlob(r blobRequest) error {
	if len(r.Set) > k.fragment() {
		return errInvalidLength
	}
	if *r.Offset == 0 {
		switch {
		case r.Length == nil:
			return errInvalidParameter
		case *r.Length > uint(k.o.Profile.LargeBlob):
			return errLargeBlobStorageFull
		case *r.Length < blobHash+1:
			return errInvalidParameter
		}
		k.blob = &blobWrite{want: int(*r.Length)}
	} else if r.Length != nil {
		return errInvalidParameter
	}
	w := k.blob
	if w == nil || *r.Offset != uint(len(w.data)) {
		return errInvalidSeq
	}
	if k.protected() || k.st.AlwaysUV {
		if err := k.mayWriteBlob(r); err != nil {
			return err
		}
	}
	if len(w.data)+len(r.Set) > w.want {
		return errInvalidParameter
	}
	w.data = append(w.data, r.Set...)
	if len(w.data) < w.want {
		return nil
	}
	k.blob = nil
	array, end := w.data[:w.want-blobHash], w.data[w.want-blobHash:]
	if sum := sha256.Sum256(array); subtle.ConstantTimeCompare(sum[:blobHash], end) != 1 {
		return errIntegrityFailure
	}
	k.st.LargeBlob = w.data
	return k.commit()
}

// mayWriteBlob checks the token of a write: it is computed over 32×FF ‖ 0C 00 ‖ offset ‖ SHA-256(fragment).
func (k *Key) mayWriteBlob(r blobRequest) error {
	if r.Param == nil {
		return errPUATRequired
	}
	sum := sha256.Sum256(r.Set)
	head := append(bytes.Repeat([]byte{0xFF}, 32), 0x0C, 0x00)
	head = binary.LittleEndian.AppendUint32(head, uint32(*r.Offset))
	_, err := k.authorise(r.Protocol, r.Param, permBlob, head, sum[:])
	return err
}

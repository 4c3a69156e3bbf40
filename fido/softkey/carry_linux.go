package softkey

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// carry runs a line over a file until ctx or the key's life ends, or the file fails. read passes reports on to the packet
// layer; write sends what waits; both end when f's deadline passes.
func (k *Key) carry(ctx context.Context, l line, read func(*hid) error, write func(context.Context), f *os.File,
	closeAll func() error) (wait func() error) {
	k.services.Add(1)
	k.hid.attach(l)
	end, stop := context.WithCancel(ctx)
	context.AfterFunc(k.life, stop)
	result := make(chan error, 1)
	go func() {
		defer k.services.Done()
		var both sync.WaitGroup
		both.Go(func() { write(end) })
		var failed error
		both.Go(func() {
			defer stop()
			failed = read(k.hid)
		})
		<-end.Done()
		k.hid.detach(l)
		_ = f.SetDeadline(time.Now())
		both.Wait()
		result <- errors.Join(failed, closeAll())
	}()
	return sync.OnceValue(func() error { return <-result })
}

// ended reports whether reading stopped because it was asked to.
func ended(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, fs.ErrClosed)
}

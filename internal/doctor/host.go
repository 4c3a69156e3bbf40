package doctor

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/term"

	"keyrollout/internal/state"
)

// Host is the machine this runs on. The caller adds Version and LibFIDO2.
func Host() Probe {
	name, err := os.Hostname()
	if err != nil {
		name = "that computer"
	}
	client := &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return Probe{
		Go:       runtime.Version(),
		GOOS:     runtime.GOOS,
		GOARCH:   runtime.GOARCH,
		HostName: name,
		Env:      os.Getenv,
		Root:     os.DirFS("/"),
		Open:     openDevice,
		Admin:    administrator(),
		Terminal: func() (in, out bool, width, height int) {
			in, out = term.IsTerminal(int(os.Stdin.Fd())), term.IsTerminal(int(os.Stdout.Fd()))
			width, height, _ = term.GetSize(int(os.Stdout.Fd())) // 0x0: not told
			return in, out, width, height
		},
		Head: func(ctx context.Context, url string) (int, time.Time, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
			if err != nil {
				return 0, time.Time{}, err
			}
			answer, err := client.Do(r)
			if err != nil {
				return 0, time.Time{}, err
			}
			defer answer.Body.Close()
			date, _ := http.ParseTime(answer.Header.Get("Date")) // zero: not told
			return answer.StatusCode, date, nil
		},
		Now:        time.Now,
		StateDir:   func() (string, error) { return state.Dir(os.Getenv, runtime.GOOS) },
		CheckState: state.Check,
		Free:       func(dir string) (uint64, error) { return free(existing(dir)) },
	}
}

// existing is dir, or the nearest above it that is there.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

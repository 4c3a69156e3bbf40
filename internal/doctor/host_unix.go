//go:build unix

package doctor

import (
	"os"

	"golang.org/x/sys/unix"
)

// openDevice only opens: a device's permissions, a container's rules and a held device all show there.
func openDevice(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

func administrator() bool { return os.Geteuid() == 0 }

func free(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}

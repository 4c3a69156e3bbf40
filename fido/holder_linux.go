package fido

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// holder finds the process that has a key's device file locked, as libfido2 and this program lock it; nil when it
// cannot be found. /proc/locks tells it to everybody.
func holder(f *os.File) *HeldBy {
	st, err := f.Stat()
	if err != nil {
		return nil
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	locks, err := os.Open("/proc/locks")
	if err != nil {
		return nil
	}
	defer locks.Close()
	pid := lockedBy(locks, fmt.Sprintf("%02x:%02x:%d", unix.Major(uint64(sys.Dev)), unix.Minor(uint64(sys.Dev)), sys.Ino))
	if pid <= 0 { // in a container it may be a process that is not seen from here
		return nil
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return nil
	}
	return &HeldBy{Program: strings.TrimSpace(string(name)), PID: pid}
}

// lockedBy reads /proc/locks (proc(5)) for the process with a flock on a file: "1: FLOCK ADVISORY WRITE 708 00:05:88 0 EOF".
func lockedBy(locks io.Reader, file string) int {
	for in := bufio.NewScanner(locks); in.Scan(); {
		f := strings.Fields(in.Text())
		if len(f) >= 6 && f[1] == "FLOCK" && f[5] == file {
			pid, _ := strconv.Atoi(f[4])
			return pid
		}
	}
	return 0
}

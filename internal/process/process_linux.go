package process

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes puts a program into a process group of its own. Unless it is to
// outlive us, the kernel sends it a signal when we die, even by SIGKILL.
func attributes(cfg Config) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Credential: cfg.User}
	switch {
	case cfg.Outlive:

	case cfg.Orphaned != 0:
		attr.Pdeathsig = cfg.Orphaned

	default:
		attr.Pdeathsig = syscall.SIGKILL
	}

	return attr
}

// awaitEnd waits until a child of ours has ended, and leaves its process id as
// it is.
func awaitEnd(pid int) {
	for {
		err := unix.Waitid(
			unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil,
		)
		if err != unix.EINTR {
			return
		}
	}
}

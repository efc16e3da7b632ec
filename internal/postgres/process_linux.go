package postgres

import "syscall"

// attributes makes a command run as a user, unless that is root, in a process
// group of its own, and lets it end when we do.
func attributes(uid, gid int) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Setpgid: true, Pdeathsig: syscall.SIGQUIT,
	}
	if uid != 0 {
		attr.Credential = &syscall.Credential{
			Uid: uint32(uid), Gid: uint32(gid),
		}
	}

	return attr
}

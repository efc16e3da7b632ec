//go:build unix && !linux

package postgres

import "syscall"

// attributes makes a command run as a user, unless that is root, in a process
// group of its own.
func attributes(uid, gid int) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if uid != 0 {
		attr.Credential = &syscall.Credential{
			Uid: uint32(uid), Gid: uint32(gid),
		}
	}

	return attr
}

//go:build unix && !linux

package regtest

import "syscall"

// attributes puts a program into a process group of its own. Only Linux can tie
// its life to ours.
func attributes(bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

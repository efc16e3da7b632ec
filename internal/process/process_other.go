//go:build unix && !linux

package process

import "syscall"

// attributes puts a program into a process group of its own. Only Linux can tie
// its life to ours.
func attributes(cfg Config) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: cfg.User}
}

// awaitEnd does nothing: the end of the program is noticed when it is waited
// for, and only then its group is killed.
func awaitEnd(int) {}

package regtest

import "syscall"

// attributes puts a program into a process group of its own. Unless it is to
// outlive us, the kernel kills it when we die, even by SIGKILL.
func attributes(outlive bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if !outlive {
		attr.Pdeathsig = syscall.SIGKILL
	}

	return attr
}

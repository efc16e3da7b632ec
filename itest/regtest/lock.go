package regtest

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Lock creates a folder that networks are started in and makes sure that no
// other program uses it until the returned function is called, or we die: a
// network that starts deletes the one before.
func Lock(dir string) (func(), error) {
	if err := os.MkdirAll(dir, 0700); err != nil {
		return nil, err
	}

	lock, err := os.OpenFile(
		filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0600,
	)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		_ = lock.Close()

		return nil, fmt.Errorf("another program is running a network "+
			"in %s: %w", dir, err)
	}

	return func() { _ = lock.Close() }, nil
}

package staging

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/progress"
)

// lockPoll is how often we look whether another staging is over.
const lockPoll = 100 * time.Millisecond

// Lock waits until nobody else stages a base, and keeps others from it until the
// returned function is called or this process ends, however it ends.
func Lock(ctx context.Context, b *base.Base, log *progress.Log) (func(),
	error) {

	if err := os.MkdirAll(b.Build(), 0o755); err != nil {
		return nil, refused(b, err)
	}
	file, err := os.OpenFile(
		filepath.Join(b.Build(), ".lock"), os.O_CREATE|os.O_RDWR, 0o644,
	)
	if err != nil {
		return nil, refused(b, err)
	}

	ticker := time.NewTicker(lockPoll)
	defer ticker.Stop()
	for waited := false; ; waited = true {
		err = syscall.Flock(
			int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB,
		)
		if err == nil {
			return func() { _ = file.Close() }, nil
		}
		if err != syscall.EWOULDBLOCK && err != syscall.EINTR {
			_ = file.Close()

			return nil, err
		}
		if !waited {
			log.Say("%s: another staging is running; waiting "+
				"for it", b.Name)
		}

		select {
		case <-ticker.C:
		case <-ctx.Done():
			_ = file.Close()

			return nil, context.Cause(ctx)
		}
	}
}

// refused returns the error of somebody who cannot write to the folder of what
// is built, which is the first that anything is written to.
func refused(b *base.Base, err error) error {
	return failure.Usage("nothing can be built in %s: %w\nRun this as the "+
		"user whose folder it is, or in a clone of your own", b.Root,
		err)
}

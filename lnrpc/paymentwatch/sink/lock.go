package sink

import (
	"context"
	"errors"
	"time"
)

const (
	// lockPatience is how long a lock may be in another one's hands before
	// the sink counts as in use: the server takes a moment to notice that a
	// session has ended, and who opens the sink has the lock of the schema
	// for a moment.
	lockPatience = 2 * time.Second
	lockRetry    = 50 * time.Millisecond
)

// awaitLock takes a lock with the function, which fails with ErrInUse while it is
// in another one's hands, until it gets it or the time is over.
func awaitLock(ctx context.Context, take func() error) error {
	for begin := time.Now(); ; {
		err := take()
		if !errors.Is(err, ErrInUse) || time.Since(begin) > lockPatience {
			return err
		}

		select {
		case <-time.After(lockRetry):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// awaitSchema takes the lock of whoever brings the tables up to date.
func awaitSchema(ctx context.Context, take func() error) error {
	err := awaitLock(ctx, take)
	if errors.Is(err, ErrInUse) {
		return errSchemaLocked
	}

	return err
}

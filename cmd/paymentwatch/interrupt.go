package main

import (
	"context"
	"errors"
)

// errInterrupted is the cause of the end of the program's context when the user
// or the system asks it to stop.
var errInterrupted = errors.New("interrupted")

// interrupted returns whether the program was asked to stop, which is no error.
func interrupted(ctx context.Context) bool {
	return errors.Is(context.Cause(ctx), errInterrupted)
}

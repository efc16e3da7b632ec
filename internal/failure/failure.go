// Package failure tells apart the two ways in which the tool ends badly: what
// was tried has failed, or it could not even be tried.
package failure

import (
	"errors"
	"fmt"
)

const (
	// exitFailed is the exit status when something was tried and failed.
	exitFailed = 1

	// exitUsage is the exit status when the call was wrong, or the machine
	// lacks what the call needs.
	exitUsage = 2
)

// usageError is an error of the caller, or of the caller's machine.
type usageError struct {
	error
}

// Unwrap returns the error that is inside.
func (e usageError) Unwrap() error {
	return e.error
}

// Usage returns an error that says that the call was wrong, or that the machine
// lacks something. The text tells what to do about it.
func Usage(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// Exit returns the exit status that a program which ends with this error has.
func Exit(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return 0

	case errors.As(err, &usage):
		return exitUsage

	default:
		return exitFailed
	}
}

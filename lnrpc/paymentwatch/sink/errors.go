package sink

import (
	"errors"
	"fmt"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrURL is returned for a URL that is of no sink.
	ErrURL = errors.New("unknown sink")

	// ErrOtherNode is returned when a sink holds the payments of other nodes
	// or networks only.
	ErrOtherNode = errors.New("the sink is of another node")

	// ErrInUse is returned when somebody else writes to the sink.
	ErrInUse = errors.New("the sink is in use by another paymentwatch")

	// ErrUnavailable is returned when the sink cannot be used just now and
	// may be later. What was delivered when it came may have been stored or
	// not: the sink has to be opened again and asked for its position.
	ErrUnavailable = errors.New("the sink is not available")

	// errSchemaLocked is returned when somebody else has the lock of the
	// schema for longer than a moment.
	errSchemaLocked = fmt.Errorf("%w: another paymentwatch brings its "+
		"tables up to date, or is an earlier version, for one node, "+
		"which has to be stopped", ErrUnavailable)

	// ErrNotTaken is an ErrUnavailable of a webhook. It remembers which
	// outcomes of the delivery were taken, so that the same delivery can be
	// made once more without opening it again.
	ErrNotTaken = fmt.Errorf("%w: the webhook has not taken an outcome",
		ErrUnavailable)

	// ErrRefused is returned when a webhook does not want an outcome, and
	// will not want it later either.
	ErrRefused = errors.New("the webhook refuses an outcome")

	// ErrDuplicate is returned for a payment that the sink holds already.
	ErrDuplicate = errors.New("the sink holds this payment already")

	// ErrClosed is returned by a sink that was closed.
	ErrClosed = errors.New("the sink is closed")

	// ErrDamaged is returned when the stored position cannot be understood.
	ErrDamaged = errors.New("the sink's position is damaged")

	// ErrNotEmpty is returned when a database that is to become a sink has
	// tables of the same names in it that are not ours.
	ErrNotEmpty = errors.New("the database has tables of another program")

	// ErrNotLines is returned for a file that is to have our lines in it and
	// has something else.
	ErrNotLines = errors.New("the file has something else in it")

	// ErrTooNew is returned for the sink of a later version of us.
	ErrTooNew = errors.New("the sink is of a later paymentwatch")

	// ErrSeveralNodes is returned when nobody says which of the nodes of a
	// sink is meant.
	ErrSeveralNodes = errors.New("the sink is of several nodes")

	// ErrNoReport is returned for sinks that cannot be asked for totals.
	ErrNoReport = errors.New("there is nothing to report from")
)

// DuplicateError says which payment is in the sink already. Nothing of the
// delivery that it was part of has been stored.
type DuplicateError struct {
	// New is the payment that was to be stored.
	New *Payment

	// Stored tells how the sink holds it, or is empty if both are in the
	// same delivery.
	Stored string
}

// Error names the payment and says what to do about it.
func (e *DuplicateError) Error() string {
	stored := e.Stored
	if stored == "" {
		stored = "once more in the same delivery"
	}

	return fmt.Sprintf("%v: %s is to be stored, but is there %s; rows and "+
		"position of this sink do not agree, as when one of them was "+
		"restored or edited: restore the sink as a whole, or start "+
		"with an empty one and --from beginning", ErrDuplicate,
		e.New.describe(), stored)
}

// Unwrap returns ErrDuplicate.
func (e *DuplicateError) Unwrap() error {
	return ErrDuplicate
}

// diskFull is PostgreSQL's code for that.
const diskFull = "53100"

// unavailable marks an error that may go away by itself, and says what helps. Of
// files that is one for want of space, others are returned as they are.
func unavailable(err error) error {
	if !isFull(err) {
		return err
	}

	return fmt.Errorf("%w: the disk is full; make room on it, then it goes "+
		"on by itself: %w", ErrUnavailable, err)
}

// isFull returns whether an error says that there is no space left.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) ||
		errors.Is(err, syscall.EDQUOT) ||
		sqliteCode(err)&0xff == sqlite3.SQLITE_FULL ||
		postgresCode(err) == diskFull
}

// CheckIdentity returns an error if a sink of one node is opened for another.
func CheckIdentity(stored, want Identity) error {
	if stored == want {
		return nil
	}

	return fmt.Errorf("%w: it holds the payments of %v, but this is %v; "+
		"use another sink for it", ErrOtherNode, stored, want)
}

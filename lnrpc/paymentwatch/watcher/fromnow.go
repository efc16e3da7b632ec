package watcher

import "time"

// snapshotWait is how long a watcher that begins from now waits for the stream
// to tell what is in flight. A stock node reads all its payments for it.
const snapshotWait = 15 * time.Second

// beginning is how a watcher that begins from now finds out which payments are
// in flight: all that the node has count as done, and those that the stream
// reports meanwhile count as open again. Nothing is delivered until that is
// over. The zero value is that of a watcher which has begun, or begins
// elsewhere.
type beginning struct {
	// until is when the stream has told what is in flight.
	until time.Time
}

// start begins from now.
func (b *beginning) start() {
	b.until = time.Now().Add(snapshotWait)
}

// restart waits for another stream, if the one before was lost too early.
func (b *beginning) restart() {
	if b.on() {
		b.start()
	}
}

// on returns whether the watcher is still about to begin.
func (b *beginning) on() bool {
	return !b.until.IsZero()
}

// waits returns whether it is too early to deliver anything.
func (b *beginning) waits(now time.Time) bool {
	return now.Before(b.until)
}

// end ends it, and returns whether it was on until now.
func (b *beginning) end() bool {
	was := b.on()
	b.until = time.Time{}

	return was
}

package sink

import "time"

// Period is a time in which payments were created: from Since on, and before
// Until. A zero time is no bound.
type Period struct {
	Since, Until time.Time
}

// Contains returns whether a creation time, in nanoseconds since the epoch, is in
// the period.
func (p Period) Contains(created int64) bool {
	at := time.Unix(0, created)

	return !at.Before(p.Since) && (p.Until.IsZero() || at.Before(p.Until))
}

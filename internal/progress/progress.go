// Package progress tells the user what the tool is doing, and since when.
package progress

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Log prints lines that begin with a name and the seconds since it was made.
type Log struct {
	name  string
	begin time.Time

	mu  sync.Mutex
	out io.Writer
}

// New returns a log that prints to a writer, under a name.
func New(out io.Writer, name string) *Log {
	return &Log{name: name, begin: time.Now(), out: out}
}

// Say prints a line. It may be called from several goroutines.
func (l *Log) Say(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()

	// If nobody can read it, there is nobody to tell.
	_, _ = fmt.Fprintf(
		l.out, "%s: %4.0fs  %s\n", l.name, l.Elapsed().Seconds(),
		fmt.Sprintf(format, args...),
	)
}

// Elapsed returns how long ago the log was made.
func (l *Log) Elapsed() time.Duration {
	return time.Since(l.begin)
}

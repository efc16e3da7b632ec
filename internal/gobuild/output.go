package gobuild

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"lnd-once/internal/progress"
)

const (
	// sayInterval is the time between two lines of progress.
	sayInterval = 10 * time.Second

	// downloading begins the lines that name a module which Go loads.
	downloading = "go: downloading "
)

// output takes what go prints, and says from time to time how far it got. A
// package that is compiled is named on a line of its own; the other lines are
// about errors.
type output struct {
	mu                   sync.Mutex
	line, others         bytes.Buffer
	downloaded, compiled int

	done    chan struct{}
	stopped chan struct{}
}

// newOutput returns an output that says how far it got until it is stopped.
func newOutput(log *progress.Log) *output {
	o := &output{
		done: make(chan struct{}), stopped: make(chan struct{}),
	}
	go o.say(log)

	return o
}

// stop ends the lines of progress.
func (o *output) stop() {
	close(o.done)
	<-o.stopped
}

// say prints lines of progress until the output is stopped.
func (o *output) say(log *progress.Log) {
	defer close(o.stopped)

	begin := log.Elapsed()
	ticker := time.NewTicker(sayInterval)
	defer ticker.Stop()
	for {
		select {
		case <-o.done:
			return

		case <-ticker.C:
		}

		seconds := (log.Elapsed() - begin).Seconds()
		o.mu.Lock()
		downloaded, compiled := o.downloaded, o.compiled
		o.mu.Unlock()
		if compiled == 0 && downloaded > 0 {
			log.Say("  ... %d modules downloaded, %.0f s",
				downloaded, seconds)
		} else {
			log.Say("  ... %d packages compiled, %.0f s", compiled,
				seconds)
		}
	}
}

// Write takes a part of what go prints.
func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()

	o.line.Write(text)
	for {
		line, err := o.line.ReadString('\n')
		if err != nil {
			// The line goes on with what is written next.
			o.line.WriteString(line)

			return len(text), nil
		}
		o.take(line)
	}
}

// take takes a line.
func (o *output) take(line string) {
	switch {
	case strings.HasPrefix(line, downloading):
		o.downloaded++

	case strings.ContainsAny(strings.TrimSpace(line), " \t:#"):
		o.others.WriteString(line)

	default:
		o.compiled++
	}
}

// rest returns all that was neither progress nor a package's name.
func (o *output) rest() string {
	o.mu.Lock()
	defer o.mu.Unlock()

	return strings.TrimSpace(o.others.String() + o.line.String())
}

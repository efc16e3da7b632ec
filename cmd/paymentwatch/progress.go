package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
)

// frame is the time between two pictures of the progress bar.
const frame = 200 * time.Millisecond

// bar shows how far a catching-up has come, on a terminal. Without a console it
// shows nothing.
type bar struct {
	console *console
	writer  progress.Writer
	tracker *progress.Tracker
	total   uint64
	done    chan struct{}
}

// show draws the progress: how many payments were delivered, and how many of the
// indexes were read. The bar appears with the first one that is known.
func (b *bar) show(delivered int, done, total uint64) {
	if total == 0 || b.console == nil || !b.console.terminal() {
		return
	}
	if b.writer == nil {
		b.start(total)
	}
	b.tracker.UpdateMessage(progressMessage(delivered))

	// New payments may have been made meanwhile. A tracker that is full
	// would end, and it is not for this one to say when.
	b.tracker.SetValue(int64(min(done, b.total-1)))
}

// start begins to draw.
func (b *bar) start(total uint64) {
	b.total = total
	b.tracker = &progress.Tracker{
		Message: progressMessage(0), Total: int64(total),
		Units: progress.Units{
			Notation:         " indexes",
			NotationPosition: progress.UnitsNotationPositionAfter,
			Formatter: func(value int64) string {
				return strconv.FormatInt(value, 10)
			},
		},
	}
	b.writer = progress.NewWriter()
	b.writer.SetOutputWriter(barWriter{b.console})
	b.writer.SetUpdateFrequency(frame)
	b.writer.SetTrackerLength(30)
	b.writer.ShowETA(true)

	// It stops by itself with the tracker: stopping it from here could come
	// before it has begun.
	b.writer.SetAutoStop(true)
	b.writer.AppendTracker(b.tracker)

	b.done = make(chan struct{})
	go func() {
		defer close(b.done)
		b.writer.Render()
	}()
}

// progressMessage says how many payments there were. Those that were deleted, or
// made again, have left their indexes, so that these are more.
func progressMessage(delivered int) string {
	return fmt.Sprintf("catching up, %d payments delivered", delivered)
}

// finish draws the last picture and ends the bar, if there is one.
func (b *bar) finish(complete bool) {
	if b.writer == nil {
		return
	}

	if complete {
		b.tracker.SetValue(int64(b.total))
	} else {
		b.tracker.MarkAsErrored()
	}
	<-b.done
	b.console.leave()
	b.writer = nil
}

package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/btcsuite/btclog/v2"
	"golang.org/x/term"
)

// above goes to the line of the progress bar, which is the one above the
// cursor, and erases it.
const above = "\x1b[A\x1b[2K\r"

// console is where log lines and the progress bar go. The bar stays below the
// lines.
type console struct {
	out io.Writer

	mu sync.Mutex

	// bar says that the last line is the progress bar.
	bar bool
}

// newConsole returns the console on the error output.
func newConsole(errOut io.Writer) *console {
	return &console{out: errOut}
}

// terminal returns whether somebody sees the console as it is written.
func (c *console) terminal() bool {
	f, ok := c.out.(*os.File)

	return ok && term.IsTerminal(int(f.Fd()))
}

// Write writes a log line.
func (c *console) Write(line []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()

	if !c.bar {
		return c.out.Write(line)
	}

	// An empty line takes the place of the bar until it is drawn again.
	text := append([]byte(above), line...)
	if _, err := c.out.Write(append(text, '\n')); err != nil {
		return 0, err
	}

	return len(line), nil
}

// barWriter is the part of the console that the progress bar is drawn on.
type barWriter struct {
	*console
}

// Write draws the bar.
func (b barWriter) Write(frame []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bar = true

	return b.out.Write(frame)
}

// leave leaves the bar as it is and goes on below it.
func (c *console) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bar = false
}

// logger returns a logger that writes to the console as lnd does to its own.
func (c *console) logger() btclog.Logger {
	handler := btclog.NewDefaultHandler(c).SubSystem("PYWT")

	return btclog.NewSLogger(lineHandler{handler})
}

// lineHandler is a log handler whose entries are one line each: the default one
// leaves the line breaks in a value, and then does not even quote it.
type lineHandler struct {
	btclog.Handler
}

// Handle writes an entry.
func (h lineHandler) Handle(ctx context.Context, r slog.Record) error {
	entry := slog.NewRecord(r.Time, r.Level, oneLine(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		entry.AddAttrs(slog.String(
			a.Key, oneLine(a.Value.Resolve().String()),
		))

		return true
	})

	return h.Handler.Handle(ctx, entry)
}

// oneLine returns a text of several lines, as the errors of PostgreSQL and joined
// errors are, in one.
func oneLine(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool {
		return r == '\n' || r == '\r'
	})

	var b strings.Builder
	for _, line := range lines {
		line = strings.TrimSpace(line)
		switch before := b.String(); {
		case line == "" || before == "":

		// What is listed below such a line belongs to it.
		case strings.HasSuffix(before, ":"):
			b.WriteString(" ")

		default:
			b.WriteString("; ")
		}
		b.WriteString(line)
	}

	return b.String()
}

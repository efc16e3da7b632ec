package main

import (
	"io"
	"os"
	"sync"

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

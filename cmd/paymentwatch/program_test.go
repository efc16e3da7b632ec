package main

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// output is a buffer that is written to and read at the same time.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write adds to the output.
func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()

	return o.buf.Write(text)
}

// String returns the output so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()

	return o.buf.String()
}

// await waits until the output has a text in it.
func (o *output) await(t *testing.T, text string) {
	t.Helper()

	require.Eventually(t, func() bool {
		return strings.Contains(o.String(), text)
	}, patience, 10*time.Millisecond, "no %q in:\n%v", text, o)
}

// program is a run of the program.
type program struct {
	out, errOut output
	interrupt   func()
	err         chan error
}

// start runs the program in the background.
func start(t *testing.T, args []string) *program {
	t.Helper()

	ctx, cancel := context.WithCancelCause(context.Background())
	p := &program{
		interrupt: func() { cancel(errInterrupted) },
		err:       make(chan error, 1),
	}
	go func() {
		p.err <- newApp(ctx, &p.out, &p.errOut).Run(args)
	}()
	t.Cleanup(p.interrupt)

	return p
}

// wait returns how the program ended.
func (p *program) wait(t *testing.T) error {
	t.Helper()

	select {
	case err := <-p.err:
		return err

	case <-time.After(patience):
		require.FailNow(t, "no end", p.errOut.String())

		return nil
	}
}

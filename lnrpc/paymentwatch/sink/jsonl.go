package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"
)

// jsonLines writes every outcome as a line of JSON. Lines and position are two
// files, so that a crash between the two repeats the lines of one delivery. A
// crash within a line leaves a part of it; it is ended when the sink is opened
// again, so that it does not spoil the next one.
type jsonLines struct {
	out      io.Writer
	file     *positionFile
	identity Identity

	// mu lets Close wait for a delivery.
	mu     sync.Mutex
	unlock func()
	closed bool

	// torn says that the output may end within a line.
	torn bool
}

// OpenJSONLines opens the sink that writes JSON lines to out, for instance
// os.Stdout, and its position to a file.
func OpenJSONLines(ctx context.Context, out io.Writer, path string,
	identity Identity) (Sink, error) {

	path, err := realPath(path)
	if err != nil {
		return nil, fmt.Errorf("unable to find the position: %w", err)
	}
	unlock, err := lockFile(ctx, path+"-lock")
	if err != nil {
		return nil, err
	}
	file, err := openPositionFile(path, identity)
	if err != nil {
		unlock()

		return nil, err
	}

	return &jsonLines{
		out: out, file: file, identity: identity, unlock: unlock,
		torn: file.torn,
	}, nil
}

// Position returns the position of the last delivery, or nil if there is none.
func (j *jsonLines) Position(context.Context) (*watcher.Position, error) {
	j.mu.Lock()
	defer j.mu.Unlock()

	if j.closed {
		return nil, ErrClosed
	}

	return j.file.position()
}

// Deliver writes the lines, then the position.
func (j *jsonLines) Deliver(ctx context.Context, outcomes []*watcher.Outcome,
	position watcher.Position) error {

	j.mu.Lock()
	defer j.mu.Unlock()

	if j.closed {
		return ErrClosed
	}

	// Once it has begun a delivery is not interrupted.
	if err := ctx.Err(); err != nil {
		return err
	}
	lines, err := j.encode(outcomes)
	if err != nil {
		return err
	}
	if err := j.write(lines); err != nil {
		return fmt.Errorf("unable to write the lines: %w", err)
	}

	return j.file.store(position)
}

// encode returns outcomes as lines.
func (j *jsonLines) encode(outcomes []*watcher.Outcome) ([]byte, error) {
	var (
		lines   bytes.Buffer
		encoder = json.NewEncoder(&lines)
		now     = time.Now()
	)
	for _, o := range outcomes {
		err := encoder.Encode(
			newPayment(o.Payment, j.identity.Network, now),
		)
		if err != nil {
			return nil, err
		}
	}

	return lines.Bytes(), nil
}

// write writes lines and makes them durable if they go to a file.
func (j *jsonLines) write(lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	if j.torn {
		lines = append([]byte("\n"), lines...)
	}

	j.torn = true
	if _, err := j.out.Write(lines); err != nil {
		return err
	}
	j.torn = false

	// Pipes and terminals cannot be synced.
	f, ok := j.out.(*os.File)
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}

	return f.Sync()
}

// Close notes that the output ends with a whole line, and gives the sink free.
func (j *jsonLines) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()

	if j.closed {
		return nil
	}
	j.closed = true
	defer j.unlock()

	if j.torn {
		return nil
	}

	return j.file.finish()
}

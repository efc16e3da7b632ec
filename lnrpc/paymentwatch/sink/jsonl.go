package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"
)

// jsonLines writes every outcome as a line of JSON. The standard output cannot
// take anything back, so that a crash between lines and position repeats the
// lines of one delivery. A crash within a line leaves a part of it; it is ended
// before the next one, so that it does not spoil that. From a file both are cut
// off when the sink is opened again.
type jsonLines struct {
	*positioned

	out io.Writer

	// lines is the file that the lines go to, or nil if it is not ours.
	lines *os.File

	// torn says that the output may end within a line.
	torn bool
}

// OpenJSONLines opens the sink that writes JSON lines to out, for instance
// os.Stdout, and its position to a file.
func OpenJSONLines(ctx context.Context, out io.Writer, path string,
	identity Identity) (Sink, error) {

	s, err := openJSONLines(ctx, out, nil, path, identity)
	if err != nil {
		return nil, err
	}

	return s, nil
}

// openJSONLines opens the sink. Lines is the same as out if that is our file.
func openJSONLines(ctx context.Context, out io.Writer, lines *os.File,
	path string, identity Identity) (*jsonLines, error) {

	p, err := openPositioned(ctx, path, lines, identity)
	if err != nil {
		return nil, err
	}

	return &jsonLines{
		positioned: p, out: out, lines: lines, torn: p.file.torn,
	}, nil
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
		return unavailable(fmt.Errorf("unable to write the lines: %w",
			err))
	}

	return unavailable(j.file.store(position, j.lines))
}

// encode returns outcomes as lines.
func (j *jsonLines) encode(outcomes []*watcher.Outcome) ([]byte, error) {
	var (
		lines   bytes.Buffer
		encoder = json.NewEncoder(&lines)
		now     = time.Now()
	)
	for _, o := range outcomes {
		err := encoder.Encode(NewPayment(o.Payment, now))
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

	// Of a file the size tells whether we have been stopped here.
	if j.lines == nil {
		if err := j.file.begin(); err != nil {
			return err
		}
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

// Holds returns for each run whether the file has a line of it. Lines that were
// printed are not ours any more.
func (j *jsonLines) Holds(ctx context.Context, runs []watcher.Run) ([]bool,
	error) {

	j.mu.Lock()
	defer j.mu.Unlock()

	switch {
	case j.closed:
		return nil, ErrClosed

	case j.lines == nil:
		return make([]bool, len(runs)), nil
	}

	stored, err := findLines(ctx, j.lines, runs)
	if err != nil {
		return nil, fmt.Errorf("unable to read the lines: %w", err)
	}

	return stored.hold(runs), nil
}

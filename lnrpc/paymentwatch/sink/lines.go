package sink

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"lnd-once/lnrpc/paymentwatch/watcher"
)

// openLines opens the sink that writes JSON lines to a file. The position says
// how long the file was after the last delivery: what a crash has left behind
// that is cut off, and delivered again.
func openLines(ctx context.Context, path, position string,
	identity Identity) (Sink, error) {

	if err := checkFile(path); err != nil {
		return nil, err
	}
	path, err := realPath(path)
	if err != nil {
		return nil, fmt.Errorf("unable to find the sink: %w", err)
	}

	// Before the lines had a file, this one was that of the position.
	switch old := holdsPosition(path); {
	case old && position == "":
		return OpenJSONLines(ctx, os.Stdout, path, identity)

	case old:
		return nil, fmt.Errorf("%w: %s holds a position, no lines; "+
			"name another file for the lines", ErrNotLines, path)

	case position == "":
		position = path + positionSuffix
	}

	// Two positions must not share the file.
	unlock, err := lockFile(ctx, path+"-lock")
	if err != nil {
		return nil, err
	}
	file, err := openAppending(path)
	if err != nil {
		unlock()

		return nil, err
	}
	s, err := openJSONLines(ctx, file, file, position, identity)
	if err != nil {
		unlock()

		return nil, errors.Join(err, file.Close())
	}
	unlockPosition := s.unlock
	s.unlock = func() {
		unlockPosition()
		_ = file.Close()
		unlock()
	}

	return s, nil
}

// openAppending opens a file to be written at its end. Nobody else can read it,
// unless it was there before.
func openAppending(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0600)
	if err != nil {
		return nil, unavailable(fmt.Errorf("unable to open the "+
			"sink: %w", err))
	}

	return file, nil
}

// cutLines cuts off what the last delivery has left half done, and notes how
// long the lines are.
func (f *positionFile) cutLines(lines *os.File) error {
	size, err := lines.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}

	known := f.content.LinesSize
	switch {
	// A file that is shorter was moved away, or emptied, on purpose.
	case known != nil && *known < size:
		if err := lines.Truncate(*known); err != nil {
			return err
		}
		size = *known

	case known == nil && f.content.NextIndex == nil && size > 0:
		return fmt.Errorf("%w: %s is not empty, but %s has no "+
			"position for its lines; name the position with "+
			"--position, or another file for the lines",
			ErrNotLines, lines.Name(), f.path)
	}

	// Behind the known size no line is torn.
	f.torn = f.torn && known == nil
	f.content.LinesSize = &size

	return nil
}

// findLines returns the lines that have the hash of one of the runs. Lines that
// are none of ours tell nothing.
func findLines(ctx context.Context, file *os.File, runs []watcher.Run) (
	storedRuns, error) {

	wanted := make(map[string]bool)
	for _, r := range runs {
		wanted[r.Hash] = true
	}

	stored := make(storedRuns)
	lines := bufio.NewReader(io.NewSectionReader(file, 0, math.MaxInt64))
	for ctx.Err() == nil {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return stored, nil
		}
		if err != nil {
			return nil, err
		}
		var r watcher.Run
		if json.Unmarshal(line, &r) == nil && wanted[r.Hash] {
			stored.add(r)
		}
	}

	return nil, ctx.Err()
}

// holdsPosition returns whether a file is a position and not lines.
func holdsPosition(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()

	var content positionContent
	err = json.NewDecoder(file).Decode(&content)

	return err == nil && content.PubKey != ""
}

// checkFile returns an error if there is something at a path that is no file.
func checkFile(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() {
		return nil
	}

	return fmt.Errorf("%w: %s is a folder or a device; name a file that is "+
		"there, or can be made", ErrURL, path)
}

package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"
)

// positionFile keeps the position of a sink that has no database. It is always
// replaced as a whole: a crash leaves the old or the new one.
type positionFile struct {
	path string

	// torn says that whoever had the sink last was stopped while it wrote.
	torn bool

	content positionContent
}

// positioned is the part that sinks have in common that are no database: a
// position in a file, which is locked.
type positioned struct {
	file     *positionFile
	identity Identity

	// mu lets Close wait for a delivery.
	mu     sync.Mutex
	unlock func()
	closed bool
}

// openPositioned locks and reads the position in a file. Lines is the file that
// it is about, or nil.
func openPositioned(ctx context.Context, path string, lines *os.File,
	identity Identity) (*positioned, error) {

	if err := checkFile(path); err != nil {
		return nil, err
	}
	path, err := realPath(path)
	if err != nil {
		return nil, fmt.Errorf("unable to find the position: %w", err)
	}
	unlock, err := lockFile(ctx, path+"-lock")
	if err != nil {
		return nil, err
	}
	file, err := openPositionFile(path, lines, identity)
	if err != nil {
		unlock()

		return nil, err
	}

	return &positioned{
		file: file, identity: identity, unlock: unlock,
	}, nil
}

// Position returns the position of the last delivery, or nil if there is none.
func (p *positioned) Position(context.Context) (*watcher.Position, error) {
	p.mu.Lock()
	defer p.mu.Unlock()

	if p.closed {
		return nil, ErrClosed
	}

	return p.file.position()
}

// Close gives the sink free for the next writer.
func (p *positioned) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()

	if p.closed {
		return nil
	}
	p.closed = true
	p.unlock()

	return nil
}

// positionContent is what the file holds.
type positionContent struct {
	Identity

	// NextIndex is nil before the first delivery.
	NextIndex *uint64 `json:"next_index"`

	// Beyond is as formatRanges returns it.
	Beyond string `json:"beyond"`

	// NewestNs is the creation time of the newest payment of all these.
	NewestNs int64 `json:"newest_ns"`

	// WholeNs, BeganNs, Open and Last are as in watcher.Position.
	WholeNs int64         `json:"whole_ns,omitempty"`
	BeganNs int64         `json:"began_ns,omitempty"`
	Open    []watcher.Run `json:"open,omitempty"`
	Last    []watcher.Run `json:"last,omitempty"`

	// Closed says that the output ends with a whole line.
	Closed bool `json:"closed"`

	// LinesSize is how long the file of the lines is. It is nil if they do
	// not go to a file of ours.
	LinesSize *int64 `json:"lines_size,omitempty"`

	UpdatedAt time.Time `json:"updated_at"`
}

// openPositionFile reads the file, or creates it. Lines is the file that the
// position is about, or nil.
func openPositionFile(path string, lines *os.File, identity Identity) (
	*positionFile, error) {

	f := &positionFile{path: path, content: positionContent{
		Identity: identity, Closed: true,
	}}
	if err := f.read(identity); err != nil {
		return nil, err
	}

	f.torn = !f.content.Closed
	if lines == nil {
		f.content.LinesSize = nil
	} else if err := f.cutLines(lines); err != nil {
		return nil, err
	}

	return f, unavailable(f.write(true))
}

// read reads the file, if it is there, and checks that it is of our node.
func (f *positionFile) read(identity Identity) error {
	text, err := os.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil

	case err != nil:
		return fmt.Errorf("unable to read the position: %w", err)
	}

	// A file without a word about it is not known to end with a whole line.
	f.content.Closed = false
	if err := json.Unmarshal(text, &f.content); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, f.path, err)
	}

	return CheckIdentity(f.content.Identity, identity)
}

// position returns the stored position, or nil if there is none yet.
func (f *positionFile) position() (*watcher.Position, error) {
	if f.content.NextIndex == nil {
		return nil, nil
	}

	beyond, err := parseRanges(f.content.Beyond)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, f.path, err)
	}

	return &watcher.Position{
		Next: *f.content.NextIndex, Beyond: beyond,
		Newest: f.content.NewestNs, Whole: f.content.WholeNs,
		Began: f.content.BeganNs, Open: f.content.Open, Last: f.content.Last,
	}, nil
}

// begin notes that lines are about to be written, so that the output may end
// within one. If the machine goes down it is gone with what it says.
func (f *positionFile) begin() error {
	f.content.Closed = false

	return f.write(false)
}

// store replaces the position, after the lines have been written.
func (f *positionFile) store(position watcher.Position,
	lines *os.File) error {

	before := f.content
	f.content.Closed = true
	if lines != nil {
		info, err := lines.Stat()
		if err != nil {
			return err
		}
		size := info.Size()
		f.content.LinesSize = &size
	}
	f.content.NextIndex = &position.Next
	f.content.Beyond = formatRanges(position.Beyond)
	f.content.NewestNs = position.Newest
	f.content.WholeNs = position.Whole
	f.content.BeganNs = position.Began
	f.content.Open, f.content.Last = position.Open, position.Last

	if err := f.write(true); err != nil {
		f.content = before

		return err
	}

	return nil
}

// write replaces the file by one with the current content, which outlives the
// machine if it is to be durable.
func (f *positionFile) write(durable bool) error {
	f.content.UpdatedAt = time.Now().UTC()
	text, err := json.MarshalIndent(&f.content, "", "\t")
	if err != nil {
		return err
	}
	err = replaceFile(f.path, append(text, '\n'), durable)
	if err != nil {
		return fmt.Errorf("unable to store the position: %w", err)
	}

	return nil
}

// replaceFile gives a file a new content, or none of it, whatever happens.
func replaceFile(path string, content []byte, durable bool) error {
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, filepath.Base(path)+".*")
	if err != nil {
		return err
	}

	// After the rename there is nothing to remove.
	defer func() { _ = os.Remove(temp.Name()) }()

	_, err = temp.Write(content)
	if err == nil && durable {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	err = os.Rename(temp.Name(), path)
	if err != nil || !durable {
		return err
	}

	return syncDir(dir)
}

// syncDir makes a rename in a folder durable. Not every system can open a
// folder; there the rename is left to it.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}

	_ = d.Sync()

	return d.Close()
}

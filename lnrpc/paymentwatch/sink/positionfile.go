package sink

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"
)

// positionFile keeps the position of a sink that has no database. It is always
// replaced as a whole: a crash leaves the old or the new one.
type positionFile struct {
	path string

	// torn says that whoever had the sink last did not close it.
	torn bool

	content positionContent
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

	// Closed says that the output ends with a whole line.
	Closed bool `json:"closed"`

	UpdatedAt time.Time `json:"updated_at"`
}

// openPositionFile reads the file, or creates it, and marks it as in use.
func openPositionFile(path string, identity Identity) (*positionFile, error) {
	f := &positionFile{
		path: path, content: positionContent{Identity: identity},
	}

	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, f.write()

	case err != nil:
		return nil, fmt.Errorf("unable to read the position: %w", err)
	}

	if err := json.Unmarshal(text, &f.content); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, path, err)
	}
	if err := checkIdentity(f.content.Identity, identity); err != nil {
		return nil, err
	}
	f.torn = !f.content.Closed
	f.content.Closed = false

	return f, f.write()
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
		Newest: f.content.NewestNs,
	}, nil
}

// store replaces the position.
func (f *positionFile) store(position watcher.Position) error {
	before := f.content
	f.content.NextIndex = &position.Next
	f.content.Beyond = formatRanges(position.Beyond)
	f.content.NewestNs = position.Newest

	if err := f.write(); err != nil {
		f.content = before

		return err
	}

	return nil
}

// finish notes that the sink was closed.
func (f *positionFile) finish() error {
	f.content.Closed = true

	return f.write()
}

// write replaces the file by one with the current content.
func (f *positionFile) write() error {
	f.content.UpdatedAt = time.Now().UTC()
	text, err := json.MarshalIndent(&f.content, "", "\t")
	if err != nil {
		return err
	}
	if err := replaceFile(f.path, append(text, '\n')); err != nil {
		return fmt.Errorf("unable to store the position: %w", err)
	}

	return nil
}

// replaceFile gives a file a new content, or none of it, whatever happens.
func replaceFile(path string, content []byte) error {
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, filepath.Base(path)+".*")
	if err != nil {
		return err
	}

	// After the rename there is nothing to remove.
	defer func() { _ = os.Remove(temp.Name()) }()

	_, err = temp.Write(content)
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
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

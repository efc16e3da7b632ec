package base

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"

	"lnd-once/internal/failure"
)

// PinsFile has, below the folder of all bases, the hashes of lnd modules that
// have no folder of their own, as lines of a go.sum.
const PinsFile = "pinned.sum"

// borrow returns the base of a version that has no folder: with that of the
// nearest one of the same minor version. That is the highest that is not above
// it, and if all are above it, the lowest.
func borrow(root, version string, known []string) (*Base, error) {
	var nearest string
	for _, name := range known {
		near := semver.MajorMinor(name) == semver.MajorMinor(version)
		if near && (nearest == "" ||
			semver.Compare(name, version) <= 0) {

			nearest = name
		}
	}
	if nearest == "" || semver.Canonical(version) != version {
		return nil, failure.Usage("unknown base '%s'; the known ones "+
			"are: %s\nOther patch releases of these need no folder "+
			"of their own", version, strings.Join(known, " "))
	}

	lender, err := Load(root, nearest)
	if err != nil {
		return nil, err
	}
	b := lender.Next(version, "")
	b.Dir, b.Lender = lender.Dir, lender
	b.Sum, err = b.pinned()

	return b, err
}

// pinned returns the hash that the base's module is pinned to; nothing if it is
// not.
func (b *Base) pinned() (string, error) {
	text, err := os.ReadFile(b.PinsPath())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	// The demo is built of this, too, in the Go of the oldest lnd.
	lines := strings.FieldsFunc(string(text), func(r rune) bool {
		return r == '\n'
	})
	for _, line := range lines {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return "", failure.Usage("%s: want module, version "+
				"and hash in every line, not '%s'", b.PinsPath(),
				line)
		}
		if fields[0] == b.Module && fields[1] == b.Version {
			return fields[2], nil
		}
	}

	return "", nil
}

// Pin pins the base's module to a hash, for whoever uses it from now on.
func (b *Base) Pin(sum string) error {
	file, err := os.OpenFile(
		b.PinsPath(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644,
	)
	if err != nil {
		return err
	}
	b.Sum = sum
	_, err = fmt.Fprintf(file, "%s %s %s\n", b.Module, b.Version, sum)

	return errors.Join(err, file.Close())
}

// PinsPath returns the path of the file that Pin writes to.
func (b *Base) PinsPath() string {
	return filepath.Join(b.Root, Folder, PinsFile)
}

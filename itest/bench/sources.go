package bench

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
)

// patchesFolder has, in a base's folder, what changes lnd, and files of ours
// that do not.
const patchesFolder = "patches/"

// measured lists what has a say in the figures: what goes into lnd, of which
// the base's folder is a part, and what measures.
var measured = []string{
	patchesFolder + "_lnd", "channeldb/outcome", "routing/paymentfeed",
	"itest/tower", "itest/bench/probe", "itest/regtest",
	"itest/bench/groups.go",
}

// Sources returns a hash of all that has a say in the figures of a base. Results
// that carry another one are not those of what is here.
func Sources(b *base.Base) (string, error) {
	hash := sha256.New()
	for _, path := range append([]string{
		patchesFolder + b.Name,
	}, measured...) {
		err := filepath.WalkDir(filepath.Join(b.Root, path), func(
			file string, entry fs.DirEntry, err error) error {

			switch {
			case err != nil:
				return err

			// What only the proof needs.
			case entry.IsDir() && entry.Name() == "undo":
				return fs.SkipDir

			case entry.IsDir() || !counts(file):
				return nil
			}

			return addFile(hash, b.Root, file)
		})
		if err != nil {
			return "", err
		}
	}

	return hex.EncodeToString(hash.Sum(nil))[:12], nil
}

// counts tells whether a file can make a difference to what is measured. Of a
// base, that are its series and what it is staged from.
func counts(file string) bool {
	name := filepath.Base(file)

	return name == base.File || name == "series" ||
		strings.HasSuffix(name, ".patch") ||
		strings.HasSuffix(name, ".go") &&
			!strings.HasSuffix(name, "_test.go")
}

// addFile adds a file, with its name, to a hash.
func addFile(hash io.Writer, root, file string) error {
	name, err := filepath.Rel(root, file)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(hash, "%s %d\n%s", name, len(text), text)

	return err
}

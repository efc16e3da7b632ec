package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/git"
)

// instruments are the folders and files of ours that figures are measured with.
var instruments = []string{
	"itest/tower/lnd", "itest/tower/measure", "itest/bench/probe",
	"itest/regtest", "itest/bench/groups.go",
}

// apart are the folders of lnd that are not in what is measured.
var apart = []string{"docs/", "itest/", "lntest/", "lnrpc/paymentcontract/"}

// errNotStaged tells that it is not known what the patched lnd is like.
var errNotStaged = errors.New("is not staged")

// Sources returns a hash of all that has a say in the figures of a base, which
// must be staged: of the patched lnd, and of what measures it. Results that
// carry another one are not those of what is here.
func Sources(ctx context.Context, b *base.Base) (string, error) {
	if _, err := os.Stat(b.Tree()); err != nil {
		return "", fmt.Errorf("lnd %s %w: make stage BASE=%s", b.Name,
			errNotStaged, b.Name)
	}

	hash := sha256.New()
	files, err := git.New(b.Tree()).Run(ctx, "ls-tree", "-r", "HEAD")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(files) {
		line = strings.TrimSpace(line)
		_, path, _ := strings.Cut(line, "\t")
		if counts(path) {
			fmt.Fprintln(hash, line)
		}
	}

	for _, path := range instruments {
		err := filepath.WalkDir(filepath.Join(b.Root, path), func(
			file string, entry fs.DirEntry, err error) error {

			if err != nil || entry.IsDir() || !counts(file) {
				return err
			}

			return addFile(hash, b.Root, file)
		})
		if err != nil {
			return "", err
		}
	}

	return hex.EncodeToString(hash.Sum(nil))[:12], nil
}

// counts tells whether a file can make a difference to what is measured.
func counts(path string) bool {
	for _, folder := range apart {
		if strings.HasPrefix(path, folder) {
			return false
		}
	}

	return strings.HasSuffix(path, ".go") &&
		!strings.HasSuffix(path, "_test.go") ||
		filepath.Base(path) == "go.mod"
}

// addFile adds a file of ours, with its name, to a hash.
func addFile(hash io.Writer, root, file string) error {
	name, err := filepath.Rel(root, file)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(hash, "%s %x\n", name, sha256.Sum256(text))

	return err
}

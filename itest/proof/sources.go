package proof

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/git"
)

// hashLength is how many digits of a hash we keep.
const hashLength = 16

// shared are those of our own files that every step depends on: they go into
// lnd.
var shared = []string{"go.mod", "channeldb", "routing", "lnrpc/paymentcontract"}

// sums matches what attacks nothing: the sums of the programs that come of the
// sources.
const sums = ":(exclude)patches/*/release.sums"

// sourcesOf returns a hash of all that the result of a step depends on: how it
// is done, the patched lnd, what that shares with this module, and what attacks
// it.
func sourcesOf(ctx context.Context, b *base.Base, step Step) (string, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%s\n", step.Name, step.Settings)

	tree := git.New(b.Tree())
	tracked, err := tree.Run(ctx, "ls-tree", "-r", "HEAD")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(tracked) {
		_, path, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if !step.spares(path) {
			fmt.Fprint(hash, line)
		}
	}

	paths := append(append([]string{
		"ls-files", "-z", "-c", "-o", "--exclude-standard", "--",
		sums,
	}, shared...), step.Sources...)
	if step.SparesTests {
		for _, path := range shared {
			paths = append(paths, ":(exclude,glob)"+path+
				"/**/*_test.go")
		}
	}
	ours, err := git.New(b.Root).Run(ctx, paths...)
	if err != nil {
		return "", err
	}
	files := strings.Split(ours, "\x00")
	if step.Test != "" {
		tests, err := testFiles(
			filepath.Join(b.Root, step.Folder), step.Test,
		)
		if err != nil {
			return "", err
		}
		for _, test := range tests {
			files = append(files, filepath.Join(
				step.Folder, filepath.Base(test),
			))
		}
	}
	for _, path := range files {
		if err := addFile(hash, b.Root, path); err != nil {
			return "", err
		}
	}

	return hex.EncodeToString(hash.Sum(nil))[:hashLength], nil
}

// spares tells whether a file of the patched lnd takes no part in a step.
func (s *Step) spares(path string) bool {
	if s.SparesTests && strings.HasSuffix(path, "_test.go") {
		return true
	}
	for _, beginning := range s.Spares {
		if strings.HasPrefix(path, beginning) {
			return true
		}
	}

	return false
}

// addFile adds a file of our repository, and its name, to a hash. One that git
// knows and that is gone counts as not there.
func addFile(hash io.Writer, root, path string) error {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(root, path))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(hash, "%s %x\n", path, sha256.Sum256(text))

	return nil
}

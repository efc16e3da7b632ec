package release

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/gobuild"
)

// sumsFile is the file of a base with what the manifest of its release says of
// lnd. Only that belongs to a base: paymentwatch is the same for all.
const sumsFile = "release.sums"

// ErrNotKept is the error of a base that keeps no sums of its lnd as it is now.
var ErrNotKept = errors.New("no sums are kept")

// Keep keeps what a manifest says of lnd in the base's folder, for others to
// compare with.
func Keep(b *base.Base, manifest string) error {
	return os.WriteFile(sumsPath(b), []byte(
		strings.Join(ofLnd(manifest), ""),
	), 0o644)
}

// Verify makes a release, and returns its manifest, and an error unless all
// that it says of lnd is what the base keeps. If that is nothing, it builds
// nothing.
func Verify(ctx context.Context, cfg Config) (string, error) {
	path := sumsPath(cfg.Base)
	kept, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	version, err := gobuild.Version(ctx, cfg.Base, cfg.Tree)
	if err != nil {
		return "", err
	}
	if !strings.Contains(string(kept), "-"+version+"/") {
		return "", failure.Usage("%w of %s in %s: make release "+
			"BASE=%s", ErrNotKept, version, path, cfg.Base.Name)
	}

	manifest, err := Make(ctx, cfg)
	if err != nil {
		return "", err
	}
	if wrong := differences(string(kept), manifest); wrong != "" {
		return manifest, fmt.Errorf("what was built is not what %s "+
			"says:\n%s", path, wrong)
	}

	return manifest, nil
}

// differences returns what a manifest says of lnd that is not among the lines
// that are kept.
func differences(kept, manifest string) string {
	sums := make(map[string]string)
	for line := range strings.Lines(kept) {
		sums[nameOf(line)] = line
	}
	wrong := ""
	for _, line := range ofLnd(manifest) {
		if was := sums[nameOf(line)]; was != line {
			wrong += "  kept:  " + strings.TrimSpace(was) +
				"\n  built: " + line
		}
	}

	return wrong
}

// ofLnd returns the lines of a manifest that are about lnd.
func ofLnd(manifest string) []string {
	var lines []string
	for line := range strings.Lines(manifest) {
		if strings.HasPrefix(nameOf(line), lndPrefix) {
			lines = append(lines, line)
		}
	}

	return lines
}

// sumsPath returns the path of what a base keeps.
func sumsPath(b *base.Base) string {
	return filepath.Join(b.Dir, sumsFile)
}

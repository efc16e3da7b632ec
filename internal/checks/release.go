package checks

import (
	"context"
	"errors"
	"io"
	"runtime"

	"lnd-once/internal/base"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/progress"
	"lnd-once/internal/release"
)

// verifyRelease builds a base's release for the first system, whatever this one
// is, and compares it with what the base keeps. Between two releases the series
// changes, and there is nothing to compare with.
func verifyRelease(ctx context.Context, b *base.Base, out io.Writer) (Tally,
	error) {

	log := progress.New(out, "release")
	_, err := release.Verify(ctx, release.Config{
		Base: b, Tree: b.Tree(), Systems: gobuild.Systems[:1], Log: log,
		Go: runtime.Version(),
	})
	if errors.Is(err, release.ErrNotKept) {
		log.Say("skipped: %v", err)

		return Tally{}, nil
	}

	return Tally{}, err
}

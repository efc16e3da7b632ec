package gobuild

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/progress"
)

// ClockFile is the variable with the path of the file that says how many seconds
// the clock of an lnd with a clock of its own is ahead. Without one it is not.
const ClockFile = "LND_ONCE_CLOCK"

// realNow is where Go's package time asks the machine for the time of day, and
// ownNow what is laid over it. What measures durations stays as it is, as it does
// when a machine's clock is set.
const (
	realNow = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	ownNow  = realNow + "\tsec += Ahead.Load()\n"
)

// followed makes lnd follow the file, and ahead is added to Go's package time.
var (
	//go:embed clock/main.go.txt
	followed string

	//go:embed clock/time.go.txt
	ahead string
)

// LndWithClock builds the lnd of a tree with a clock of its own. All of it is
// compiled for that, Go's packages as well.
func LndWithClock(ctx context.Context, b *base.Base, log *progress.Log, tree,
	output string) error {

	cmd := exec.CommandContext(ctx, "go", "env", "GOROOT")
	cmd.Env = append(os.Environ(), System{}.environment()...)
	goroot, err := cmd.Output()
	if err != nil {
		return err
	}
	file := filepath.Join(
		strings.TrimSpace(string(goroot)), "src", "time", "time.go",
	)
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	moved, err := ReplaceOnce(string(text), realNow, ownNow)
	if err != nil {
		return fmt.Errorf("%s asks for the time in another way: %w",
			file, err)
	}

	overlay := make(map[string]string)
	for path, text := range map[string]string{
		file: moved,
		filepath.Join(filepath.Dir(file), "ahead.go"):  ahead,
		filepath.Join(tree, "cmd", "lnd", "follow.go"): followed,
	} {
		from := output + "-" + filepath.Base(path)
		if err := write(from, []byte(text)); err != nil {
			return err
		}
		overlay[path] = from
	}

	return Build(ctx, log, Job{
		Dir: tree, Package: "./cmd/lnd", Output: output,
		Tags: ReleaseTags, Ldflags: stripped + " " + named(b, "clock"),
		Overlay: overlay,
	})
}

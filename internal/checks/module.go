package checks

import (
	"context"
	"fmt"
	"io"

	"lnd-once/internal/gotest"
	"lnd-once/internal/process"
)

// raceNeeds is what the race detector needs: C.
const raceNeeds = "CGO_ENABLED=1"

// Module returns the checks of our own module, whose root is given.
func Module(root string) []Check {
	return []Check{{
		Name: "root packages",
		Run: func(ctx context.Context, out io.Writer) (Tally, error) {
			return testModule(ctx, root, out)
		},
	}}
}

// testModule builds, vets and tests our own module.
func testModule(ctx context.Context, root string, out io.Writer) (Tally,
	error) {

	for _, verb := range []string{"build", "vet"} {
		err := process.Run(ctx, process.Config{
			Path: "go", Dir: root, Stdout: out, Stderr: out,
			Args: []string{
				verb, "-trimpath", "-buildvcs=false", "./...",
			},
		})
		if err != nil {
			return Tally{}, fmt.Errorf("go %s: %w", verb, err)
		}
	}
	verdicts, err := gotest.Run(ctx, gotest.Config{
		Dir: root, Args: []string{"-race", "./..."}, Out: out,
		Env: []string{raceNeeds},
	})

	return Count(verdicts), err
}

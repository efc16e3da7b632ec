package undo

import (
	"context"
	"io"
	"path/filepath"

	"lnd-once/internal/base"
	"lnd-once/internal/progress"
	"lnd-once/itest/tower/attack"
)

// towerVerdicts maps the verdicts on tests of the control tower to ours.
var towerVerdicts = map[attack.Verdict]Verdict{
	attack.Passed: Passed, attack.Violated: Failed, attack.Absent: Absent,
	attack.Broke: Broke,
}

// OnTower returns a function that tries attacks on the control tower, few and of
// the same seed.
func OnTower(b *base.Base, log io.Writer) Try {
	return func(ctx context.Context, tree, name string,
		tests []string) ([]Tried, error) {

		binary := filepath.Join(filepath.Dir(tree), "tower.test")
		err := attack.Build(
			ctx, b, progress.New(log, "undo"), tree, binary,
		)
		if err != nil {
			return all(tests, name, Unbuilt), ctx.Err()
		}

		var tried []Tried
		for _, test := range tests {
			verdict, err := attack.RunTest(
				ctx, binary, binary+".json", test, log,
			)
			if err != nil {
				return nil, err
			}
			tried = append(tried, Tried{
				test, name, towerVerdicts[verdict],
			})
		}

		return tried, nil
	}
}

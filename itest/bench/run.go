package bench

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/postgres"
	"lnd-once/internal/progress"
)

const (
	// stock and patched are the names of the two sides.
	stock   = "stock"
	patched = "patched"

	// memoryFolder is where Linux keeps files in memory.
	memoryFolder = "/dev/shm"
)

// Config says what is to be measured.
type Config struct {
	// Base is the lnd that is measured.
	Base *base.Base

	// Group is a regular expression that picks groups by their name.
	Group string

	// Rounds is how often the two sides take turns.
	Rounds int

	// Profile is true if CPU profiles are to be written, too.
	Profile bool

	// Log is told how far we are, and Out gets the tables.
	Log *progress.Log
	Out io.Writer
}

// runner is one run.
type runner struct {
	Config

	groups  []group
	results *Results

	// out is the folder of all that stays, and data that of the data sets.
	// temp is the run's folder on the disk, and memory the one in memory.
	out, data, temp, memory string

	// tests are the test binaries of the sides, and nodes what the probes
	// take. server is the database server, if one is needed.
	tests  map[string]string
	nodes  nodes
	server *postgres.Server
}

// Run measures, prints what it has found, and leaves nothing running. The page
// of the base is written if all groups were measured.
func Run(ctx context.Context, cfg Config) error {
	r := &runner{
		Config: cfg, results: NewResults(cfg.Base),
		out:   filepath.Join(cfg.Base.Build(), "bench"),
		tests: make(map[string]string),
	}
	r.data = filepath.Join(r.out, "data")

	if err := r.check(); err != nil {
		return err
	}
	defer r.cleanUp()
	if err := r.prepare(ctx); err != nil {
		return err
	}

	ready, load := cfg.Log.Elapsed(), loadAverage()
	if err := r.measureAll(ctx); err != nil {
		return err
	}
	measured := cfg.Log.Elapsed()
	cfg.Log.Say("all measured")
	if cfg.Profile {
		if err := r.writeProfiles(ctx); err != nil {
			return err
		}
	}

	r.results.Facts = machineFacts(ctx, r.temp, r.data)
	r.results.Facts.Rounds, r.results.Facts.Load = cfg.Rounds, load
	r.results.Facts.Ready = ready.Round(time.Second)
	r.results.Facts.Measured = (measured - ready).Round(time.Second)

	return r.report(ctx)
}

// check returns an error if what is asked for cannot be done.
func (r *runner) check() error {
	if r.Rounds < 1 {
		return failure.Usage("RUNS=%d is no number of rounds", r.Rounds)
	}

	var err error
	if r.groups, err = choose(r.Group); err != nil {
		return err
	}
	if r.needsPostgres() {
		return postgres.Available()
	}

	return nil
}

// full tells whether all groups are measured.
func (r *runner) full() bool {
	return len(r.groups) == len(groups)
}

// needsTower tells whether the control tower is measured. Profiles are of it,
// whatever is measured.
func (r *runner) needsTower() bool {
	return r.Profile || slices.ContainsFunc(r.groups, func(g group) bool {
		return len(g.runs) > 0
	})
}

// needsPostgres tells whether a PostgreSQL server is needed. Profiles are of
// payments on every store.
func (r *runner) needsPostgres() bool {
	return r.Profile || slices.ContainsFunc(r.groups, func(g group) bool {
		return slices.ContainsFunc(g.runs, func(b run) bool {
			return b.stores
		})
	})
}

// needs tells whether the group of that name is measured.
func (r *runner) needs(name string) bool {
	return slices.ContainsFunc(r.groups, func(g group) bool {
		return g.name == name
	})
}

// prepare builds and creates whatever is needed to measure.
func (r *runner) prepare(ctx context.Context) error {
	var err error
	if err = r.build(ctx); err != nil {
		return err
	}
	if r.results.Sources, err = Sources(ctx, r.Base); err != nil {
		return err
	}
	if r.results.Commit, err = commit(ctx, r.Base.Tree()); err != nil {
		return err
	}

	for _, dir := range []string{r.out, r.data} {
		if err := os.MkdirAll(dir, 0755); err != nil {
			return err
		}
	}
	r.temp, err = os.MkdirTemp("", "lnd-once-bench.")
	if err != nil {
		return err
	}
	r.memory, err = os.MkdirTemp(memoryFolder, "lnd-once-bench.")
	if err != nil {
		return failure.Usage("there is no folder for databases in "+
			"memory: %w", err)
	}

	if r.Profile || r.needs("subscription") {
		if err := r.createDataSets(ctx); err != nil {
			return err
		}
	}
	if r.needsPostgres() {
		r.server, err = postgres.Start(ctx, postgres.Config{
			Dir: r.temp, Settings: postgres.LndSettings,
			Log: filepath.Join(r.out, "postgres.log"),
		})
	}

	return err
}

// cleanUp stops the server and removes the temporary folders.
func (r *runner) cleanUp() {
	if r.server != nil {
		r.server.Stop()
	}
	for _, dir := range []string{r.temp, r.memory} {
		if dir != "" {
			_ = os.RemoveAll(dir)
		}
	}
}

// measureAll measures all that is asked for, round by round. The sides take
// turns in going first.
func (r *runner) measureAll(ctx context.Context) error {
	sides := []string{stock, patched}
	for round := range r.Rounds {
		for _, g := range r.groups {
			if g.rounds > 0 && round >= g.rounds {
				continue
			}

			r.Log.Say("round %d of %d: %s", round+1, r.Rounds,
				g.name)
			if err := r.measure(ctx, g, sides); err != nil {
				return err
			}
		}
		slices.Reverse(sides)
	}

	return nil
}

// measure measures a group once on both sides.
func (r *runner) measure(ctx context.Context, g group, sides []string) error {
	if g.name == probes {
		for _, side := range sides {
			if err := r.probe(ctx, side); err != nil {
				return err
			}
		}

		return nil
	}

	for _, b := range g.runs {
		stores := []string{""}
		if b.stores {
			stores = r.Base.Stores
		}
		for _, store := range stores {
			pattern, time := b.benchmark(store)
			for _, side := range sides {
				err := r.tower(ctx, side, pattern, time)
				if err != nil {
					return err
				}
			}
		}
	}

	return nil
}

package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/process"
)

// lastLines is how much of a failed program's output is quoted.
const lastLines = 40

// start runs a program to its end, in an environment whose temporary folder is
// the run's. It returns what the program has printed as its results.
func (r *runner) start(ctx context.Context, name, path string,
	args ...string) (*bytes.Buffer, error) {

	var out, all bytes.Buffer
	err := process.Run(ctx, process.Config{
		Name: name, Path: path, Args: args,
		Env:    append(os.Environ(), "TMPDIR="+r.temp),
		Stdout: &out, Stderr: &all,
	})
	if err != nil && ctx.Err() == nil {
		text := strings.Split(strings.TrimSpace(
			all.String()+out.String(),
		), "\n")
		err = fmt.Errorf("%w\n%s", err, strings.Join(
			text[max(0, len(text)-lastLines):], "\n",
		))
	}

	return &out, err
}

// side returns where the results of a side are kept.
func (r *runner) side(name string) Side {
	if name == stock {
		return r.results.Stock
	}

	return r.results.Patched
}

// bench runs benchmarks of the control tower of a side, for a time or a number
// of operations. More arguments go to the test binary.
func (r *runner) bench(ctx context.Context, side, pattern, time string,
	more ...string) (*bytes.Buffer, error) {

	args := []string{
		"-test.run", "^$", "-test.bench", pattern, "-test.benchtime",
		time, "-test.timeout", "15m", "-tower.data", r.data,
		"-tower.memory", r.memory,
	}
	if r.server != nil {
		args = append(args, "-tower.postgres", r.server.URL("%s"))
	}

	return r.start(ctx, pattern+" on "+side, r.tests[side],
		append(args, more...)...)
}

// tower measures benchmarks of the control tower of a side.
func (r *runner) tower(ctx context.Context, side, pattern, time string) error {
	out, err := r.bench(ctx, side, pattern, time)
	if err != nil {
		return err
	}

	return r.side(side).add(out, pattern)
}

// probe measures the probes on real nodes of a side.
func (r *runner) probe(ctx context.Context, side string) error {
	out, err := r.start(ctx, "the probes on "+side, r.nodes.probe,
		"-lnd", r.nodes.lnd[side], "-btcd", r.nodes.btcd,
		"-dir", filepath.Join(r.temp, "probe-"+side))
	if err != nil {
		return err
	}

	return r.side(side).add(out, probes)
}

// createDataSets creates the databases with many payments, if they are missing.
// Stock creates them, so that they are what a node has before it is patched.
func (r *runner) createDataSets(ctx context.Context) error {
	r.Log.Say("data sets, in %s", r.data)
	_, err := r.start(ctx, "the creation of data sets", r.tests[stock],
		"-test.run", "^TestDataSets$", "-tower.data", r.data)

	return err
}

// writeProfiles writes CPU profiles of payments and of subscriptions. What
// these runs measure is not reported: profiling costs time, too.
func (r *runner) writeProfiles(ctx context.Context) error {
	folder := filepath.Join(r.out, "profiles")
	if err := os.MkdirAll(folder, 0755); err != nil {
		return err
	}

	for _, side := range []string{stock, patched} {
		r.Log.Say("profiles of %s", side)
		patterns := map[string]string{
			"subscription": "Subscription$/payments=100000$/what=" +
				"subscribe",
		}
		for _, store := range r.Base.Stores {
			patterns[store] = "Latency$/db=" + store +
				"$/pay=/end=(fails|succeeds)$"
		}
		for name, pattern := range patterns {
			_, err := r.bench(ctx, side, "^Benchmark"+pattern, "1s",
				"-test.cpuprofile", filepath.Join(
					folder, name+"-"+side+".pprof",
				))
			if err != nil {
				return err
			}
		}
	}
	r.Log.Say("the profiles are in %s", folder)

	return nil
}

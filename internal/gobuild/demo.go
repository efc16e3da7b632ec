package gobuild

import (
	"context"
	"path/filepath"

	"lnd-once/internal/base"
	"lnd-once/internal/progress"
)

const (
	// demoTags are what the demo's nodes need: hold invoices, and no
	// database but the default one.
	demoTags = "invoicesrpc"

	// demoFolder is the folder of our repository with the demo's program,
	// and the folder that all is in that it runs.
	demoFolder = "itest/demo"
)

// Demo has the paths of what the demo is made of.
type Demo struct {
	// Program is the demo itself, Stock the folder with lnd-stock and btcd,
	// Patched that with lnd.
	Program, Stock, Patched string
}

// BuildDemo builds the demo and the nodes that it runs, with the patched lnd and
// programs of a tree. It is for whoever sees all of this for the first time: so
// what takes long and what the demo does not show, the compiler's optimisations
// and the databases of large nodes, is left out.
func BuildDemo(ctx context.Context, b *base.Base, log *progress.Log, tree string,
	programs ...string) (*Demo, error) {

	version, err := Version(ctx, b, tree)
	if err != nil {
		return nil, err
	}
	stock := demoBin(b)
	demo := &Demo{
		Program: demoProgram(b), Stock: stock,
		Patched: filepath.Join(stock, topics(b, tree)),
	}

	jobs := []Job{{
		Dir: b.Stock(), Package: "./cmd/lnd",
		Output: filepath.Join(stock, "lnd-stock"),
		Tags:   demoTags, Ldflags: released(b, b.Name),
	}, {
		Dir: b.Tree(), Package: btcd,
		Output: filepath.Join(stock, "btcd"), Ldflags: stripped,
	}}
	for _, program := range programs {
		jobs = append(jobs, Job{
			Dir: tree, Package: "./cmd/" + program,
			Output: filepath.Join(demo.Patched, program),
			Tags:   demoTags, Ldflags: released(b, version),
		})
	}
	for _, job := range jobs {
		job.Quick = true
		if err := Build(ctx, log, job); err != nil {
			return nil, err
		}
	}

	return demo, BuildDemoProgram(ctx, b, log)
}

// BuildDemoProgram builds the demo alone. It is built of packages of ours in the
// Go version of the base's lnd.
func BuildDemoProgram(ctx context.Context, b *base.Base,
	log *progress.Log) error {

	return ours(ctx, b, log, b.Tree(), Job{
		Package: "./" + demoFolder, Output: demoProgram(b),
		Tags: demoTags, Quick: true,
	})
}

// demoProgram returns the path of the demo.
func demoProgram(b *base.Base) string {
	return filepath.Join(demoBin(b), "demo")
}

// demoBin returns the folder in which the demo and its programs are.
func demoBin(b *base.Base) string {
	return filepath.Join(b.Bin(), filepath.Base(demoFolder))
}

//go:build tower

// Package oncetower makes payments with lnd's router and its real control tower,
// on every payments database there is. It is compiled into lnd as a package of
// its module, and uses only what lnd exports. The benchmarks run in a stock and
// in a patched lnd alike; see bench/run.sh. The random histories need a patched
// one; see histories.sh.
package oncetower

import (
	"context"
	"flag"
	"os"
	"testing"
)

var (
	// ctxb is what payments run in if nothing else is said.
	ctxb = context.Background()

	// dataSets is where the databases with many payments are.
	dataSets = flag.String("tower.data", "",
		"folder of the data sets")

	// memory is where a database goes whose speed is not to matter.
	memory = flag.String("tower.memory", os.TempDir(),
		"folder in memory")

	// postgresURL names a server that we may create databases on.
	postgresURL = flag.String("tower.postgres",
		"postgres://postgres:postgres@localhost:6432/%s"+
			"?sslmode=disable",
		"PostgreSQL server, with %s for the database")
)

// check ends a benchmark because of an unexpected error.
func check(b testing.TB, err error) {
	b.Helper()

	if err != nil {
		b.Fatal(err)
	}
}

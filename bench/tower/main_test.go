//go:build bench

// Package oncebench measures payments that lnd's router makes with its real
// control tower, on every payments database there is. The same files are
// compiled into a stock and into a patched lnd, as a package of lnd's module:
// only what lnd exports in both is used. See bench/run.sh.
package oncebench

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
	dataSets = flag.String("oncebench.data", "",
		"folder of the data sets")

	// memory is where a database goes whose speed is not to matter.
	memory = flag.String("oncebench.memory", os.TempDir(),
		"folder in memory")

	// postgresURL names a server that we may create databases on.
	postgresURL = flag.String("oncebench.postgres",
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

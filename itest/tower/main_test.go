//go:build tower

// Package oncetower makes payments with lnd's router and its real control tower,
// on every payments database there is. It is compiled into lnd as a package of
// its module, and uses only what lnd exports. The benchmarks compare a stock with
// a patched lnd, see bench/run.sh; TestCrash shows that the one breaks promises
// that the other keeps; the random histories need a patched one, see
// run.sh.
package oncetower

import (
	"context"
	"flag"
	"os"
	"testing"
	"time"
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

	// storeName names the kind of payments database to test.
	storeName = flag.String("tower.db", "bbolt",
		"kind of payments database")

	// crashes is how often the sender of a payment dies at most.
	crashes = flag.Int("tower.crashes", 1, "crashes per payment")

	// oneCase is the name of the only case to run.
	oneCase = flag.String("tower.case", "", "the only case to run")

	// breaks is true if the lnd that is tested is one that does not keep
	// its promises.
	breaks = flag.Bool("tower.breaks", false,
		"expect violations (stock lnd)")

	// patience is how long we wait for what should happen at once.
	patience = flag.Duration("tower.patience", 30*time.Second,
		"how long to wait for a payment to go on")
)

// check ends a benchmark because of an unexpected error.
func check(b testing.TB, err error) {
	b.Helper()

	if err != nil {
		b.Fatal(err)
	}
}

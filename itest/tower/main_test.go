//go:build tower

package tower

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/postgres"
	"lnd-once/itest/tower/lnd"
	"lnd-once/itest/tower/result"
)

var (
	// storeName names the kind of payments database to test.
	storeName = flag.String("tower.db", "bbolt",
		"kind of payments database")

	// patience is how long we wait for what should happen at once.
	patience = flag.Duration("tower.patience", 30*time.Second,
		"how long to wait for a payment to go on")

	// postgresURL is that of a server that runs already.
	postgresURL = flag.String("tower.postgres", "",
		"PostgreSQL server to use, with %s for the database "+
			"(default: one is started)")

	// resultFile is where we write what was found.
	resultFile = flag.String("tower.result", "",
		"JSON file that is written with what was found")

	// found is what was found so far.
	found = result.Result{}

	// violations is held while a violation is added to it.
	violations sync.Mutex

	// server is the PostgreSQL server, if one was needed.
	server *postgres.Server
)

// TestMain stops the server that the tests have started.
func TestMain(m *testing.M) {
	status := m.Run()
	if server != nil {
		server.Stop()
	}
	os.Exit(status)
}

// serverURL returns the URL of a database on the PostgreSQL server. If none was
// named, one is started for the first database.
func serverURL(t testing.TB, database string) string {
	t.Helper()

	if *postgresURL != "" {
		return fmt.Sprintf(*postgresURL, database)
	}
	startServer(t)

	return server.URL(database)
}

// startServer starts the PostgreSQL server once.
var startServer = func() func(t testing.TB) {
	var once sync.Once

	return func(t testing.TB) {
		once.Do(func() {
			var err error
			server, err = postgres.Start(
				context.Background(), postgres.Config{
					Settings: postgres.LndSettings,
				},
			)
			require.NoError(t, err)
		})
		if server == nil {
			t.Fatal("there is no PostgreSQL server, see above")
		}
	}
}()

// chosenKind returns the kind of payments database that was asked for.
func chosenKind(t *testing.T) lnd.Kind {
	t.Helper()

	return lnd.Find(t, *storeName, serverURL)
}

// violated notes that a promise was broken. Flags run the case again, alone. It
// returns the command that does.
func violated(t *testing.T, name, text string, flags ...string) string {
	v := result.Violation{
		Test: t.Name(), Case: name, Text: text, Again: again(flags),
	}

	violations.Lock()
	defer violations.Unlock()
	found.Violations = append(found.Violations, v)

	return v.Again
}

// again returns the command that runs this program with other flags.
func again(flags []string) string {
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0]
	}

	words := []string{program, "-tower.db", *storeName}
	for _, word := range append(words[1:], flags...) {
		if strings.Trim(word, "-.,:=abcdefghijklmnopqrstuvwxyz"+
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_") != "" {

			word = "'" + word + "'"
		}
		program += " " + word
	}

	return program
}

// report notes that a test has come to its end, and writes what was found so
// far.
func report(t *testing.T, begin time.Time) {
	found.Store = *storeName
	found.Tests = append(found.Tests, t.Name())
	found.Took += time.Since(begin)
	if *resultFile != "" {
		require.NoError(t, found.Write(*resultFile))
	}
}

// rounded returns the time since the beginning in seconds, for people.
func rounded(begin time.Time) fmt.Stringer {
	return time.Since(begin).Round(time.Second)
}

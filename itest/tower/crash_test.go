//go:build tower

package tower

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"lnd-once/itest/tower/crash"
)

var (
	// crashes is how often the sender of a payment dies at most.
	crashes = flag.Int("tower.crashes", 1, "crashes per payment")

	// faults is how many calls fail in a payment's course at most.
	faults = flag.Int("tower.faults", 1, "calls that fail per payment")

	// first is true if nothing is tried once something is broken.
	first = flag.Bool("tower.first", false, "stop at the first violation")

	// oneCase is the name of the only case to run.
	oneCase = flag.String("tower.case", "", "the only case to run")

	// breaks is true if the lnd that is tested is one that does not keep
	// its promises.
	breaks = flag.Bool("tower.breaks", false,
		"expect violations (stock lnd)")
)

// TestCrash lets the process that makes a payment die at every point at which
// that makes a difference: before each commit, after it, and before each HTLC;
// and then lets its successor go on, with results in every order. No guarantee
// may break.
func TestCrash(t *testing.T) {
	begin := time.Now()
	cfg := config(t)
	found.Crashes = nil
	t.Run("db="+cfg.Kind.Name, func(t *testing.T) {
		found.Crashes = cfg.Run(t)
	})
	report(t, begin)
	if found.Crashes == nil {
		return
	}
	fmt.Printf("crashes db=%s deaths=%d %v took=%v\n", cfg.Kind.Name,
		*crashes, found.Crashes, rounded(begin))

	if *breaks && *oneCase == "" && found.Crashes.Broken == 0 {
		t.Error("nothing is broken: the cases prove nothing")
	}
}

// TestFault lets calls fail that make a payment or go on with it after a crash:
// to the database, the switch, mission control, path finding, the chain, the
// traffic shaper. Each fails without effect, and also with its effect. Unless the
// node is stopped the payment ends nevertheless, and no guarantee breaks.
func TestFault(t *testing.T) {
	begin := time.Now()
	cfg := config(t)
	cfg.Faults = *faults
	found.Faults = nil
	t.Run("db="+cfg.Kind.Name, func(t *testing.T) {
		found.Faults = cfg.Run(t)
	})
	report(t, begin)
	if found.Faults == nil {
		return
	}
	fmt.Printf("faults db=%s faults=%d deaths=%d %v took=%v\n",
		cfg.Kind.Name, *faults, *crashes, found.Faults, rounded(begin))

	if *breaks && *oneCase == "" && found.Faults.Broken == 0 {
		t.Error("nothing is broken: the cases prove nothing")
	}
}

// TestShardOfAnother lets SendPayment begin when a shard that SendToRoute makes
// of the same payment has been registered, but not sent. That the switch does
// not know it yet must not be taken for its failure: it can still settle.
func TestShardOfAnother(t *testing.T) {
	guard(t, func(cfg *crash.Config) { cfg.ShardOfAnother(t) })
}

// TestUnknownReason lets a node find a payment with a failure reason that it
// does not know, as a later version of lnd may have written it. The node
// starts, lists the payment and tells of it with reason ERROR. While it is in
// flight a known reason takes the unknown one's place, and a success erases it.
// What has failed can be retried, and what has ended deleted.
func TestUnknownReason(t *testing.T) {
	guard(t, func(cfg *crash.Config) { cfg.UnknownReason(t) })
}

// guard runs a test, and reports that it has failed.
func guard(t *testing.T, run func(cfg *crash.Config)) {
	begin := time.Now()
	defer func() {
		if t.Failed() {
			violated(t, "", t.Name()+" failed", "-test.run",
				"^"+t.Name()+"$")
		}
		report(t, begin)
	}()
	run(config(t))
}

// config returns what crashes are tried with.
func config(t *testing.T) *crash.Config {
	t.Helper()

	return &crash.Config{
		Kind: chosenKind(t), Deaths: *crashes, Case: *oneCase,
		Breaks: *breaks, First: *first, Patience: *patience,

		// What opens an SQL database does not expect others who do.
		Parallel: *storeName == "bbolt",
		Violated: crashed,
	}
}

// crashed notes that a promise was broken in a case.
func crashed(t *testing.T, name, text string) {
	t.Helper()

	run := "^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$"
	again := violated(t, name, text, "-test.run", run, "-tower.crashes",
		fmt.Sprint(*crashes), "-tower.case", name)
	print := t.Errorf
	if *breaks {
		print = t.Logf
	}
	print("%s: %s\nto run it again:\n%s", name, text, again)
}

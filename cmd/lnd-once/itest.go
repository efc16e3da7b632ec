package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/gotest"
	"lnd-once/internal/harness"
	"lnd-once/internal/postgres"
	"lnd-once/internal/progress"
	"lnd-once/itest/expect"
)

// itestCommand returns the verb that plays the scenarios on lnd's test harness.
func itestCommand() cli.Command {
	return cli.Command{
		Name:  "itest",
		Usage: "play the scenarios as lnd's integration tests",
		Description: "Builds what is missing, starts real nodes, and " +
			"requires of patched lnd that it breaks\n   nothing, " +
			"and of stock, or with the first topics, that it " +
			"breaks exactly what\n   patches/BASE/" +
			"scenarios.yaml says. Logs and result.json are kept " +
			"in\n   build/BASE/itest-LND-DB. --topics=each " +
			"measures what breaks with stock, up to each topic,\n" +
			"   and with all, and writes docs/ladder.md.",
		Flags: []cli.Flag{
			basesFlag(),
			cli.StringFlag{
				Name: "lnd", Value: harness.Patched,
				Usage: "what the nodes run: patched or stock",
			},
			cli.StringFlag{
				Name: "db", Value: "bbolt",
				Usage: "where they keep payments, one of the " +
					"base's stores",
			},
			cli.StringFlag{
				Name: "backend", Value: harness.Btcd,
				Usage: "how they follow the chain: btcd, " +
					strings.Join(harness.Backends, ", "),
			},
			cli.StringFlag{
				Name: "case",
				Usage: "regular expression that picks " +
					"scenarios by name (default: all)",
			},
			cli.StringFlag{
				Name: "topics",
				Usage: "number or name of the last topic of " +
					"the series that is in, or each " +
					"(default: all)",
			},
			cli.BoolFlag{
				Name: "fresh",
				Usage: "measure again what has a result, with " +
					"--topics=each",
			},
		},
		Action: action(runItest),
	}
}

// runItest plays the scenarios that were asked for on a base, or on all.
func runItest(ctx context.Context, c *cli.Context) error {
	bases, err := chosenBases(c)
	if err != nil {
		return err
	}
	if c.String("topics") == each {
		return climb(ctx, c, bases)
	}
	if c.Bool("fresh") {
		return failure.Usage("without --topics=%s nothing is kept, "+
			"and all is fresh: leave out --fresh", each)
	}
	for _, b := range bases {
		if err := itest(ctx, c, b); err != nil {
			return err
		}
	}

	return nil
}

// itest plays scenarios on a base and prints what they have shown.
func itest(ctx context.Context, c *cli.Context, b *base.Base) error {
	s := &harness.Scenarios{
		Base: b, Side: c.String("lnd"), Store: c.String("db"),
		Backend: c.String("backend"),
	}
	if err := checkItest(s, c.String("topics")); err != nil {
		return err
	}
	if err := harness.CheckBackend(s.Backend); err != nil {
		return err
	}
	names, err := chosenScenarios(b, c.String("case"))
	if err != nil {
		return err
	}
	log := newLog("itest")
	s.Tree, s.Topic, err = stageTopics(ctx, b, c.String("topics"), log)
	if err != nil {
		return err
	}

	s.Logs = filepath.Join(b.Build(), "itest-"+s.Name()+"-"+s.Store)
	if s.Backend != harness.Btcd {
		s.Logs += "-" + s.Backend
	}
	s.Run = harness.Pick(names)
	out, err := os.CreateTemp("", "lnd-once-itest.")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()

	s.Log = out
	log.Say("%d scenario(s) on %s %s with %s and %s", len(names), s.Name(),
		b.Name, s.Store, s.Backend)
	verdicts, runErr := s.Play(ctx, log)
	text, err := os.ReadFile(out.Name())
	if err == nil && len(text) > 0 {
		err = os.WriteFile(
			filepath.Join(s.Logs, "itest.log"), text, 0o644,
		)
	}
	if err := errors.Join(runErr, err); err != nil {
		return err
	}

	return reportItest(s, names, verdicts, log)
}

// checkItest returns an error if this is not what can be run.
func checkItest(s *harness.Scenarios, topics string) error {
	switch {
	case s.Side != harness.Patched && s.Side != harness.Stock:
		return failure.Usage("unknown lnd '%s'; there are patched and "+
			"stock", s.Side)

	case s.Side == harness.Stock && topics != "":
		return failure.Usage("stock lnd has none of the topics: use " +
			"--topics with --lnd=patched")

	case !s.Base.HasStore(s.Store):
		return failure.Usage("lnd %s cannot keep payments in '%s'; "+
			"there are: %s", s.Base.Name, s.Store,
			strings.Join(s.Base.Stores, ", "))

	case strings.HasSuffix(s.Store, "postgres"):
		return postgres.Available()
	}

	return nil
}

// chosenScenarios returns the names of the scenarios that a regular expression
// picks. It may have a _ for a blank, as go test has.
func chosenScenarios(b *base.Base, expression string) ([]string, error) {
	pattern, err := regexp.Compile(expression)
	if err != nil {
		return nil, failure.Usage("--case is no regular expression: %w",
			err)
	}
	known, err := expect.Load(b)
	if err != nil {
		return nil, failure.Usage("%s: %w", b.Patches(), err)
	}

	var chosen []string
	for _, name := range known.Scenarios() {
		if pattern.MatchString(name) || pattern.MatchString(
			strings.ReplaceAll(name, " ", "_"),
		) {

			chosen = append(chosen, name)
		}
	}
	if len(chosen) == 0 {
		return nil, failure.Usage("no scenario matches '%s'; there "+
			"are:\n  %s", expression,
			strings.Join(known.Scenarios(), "\n  "))
	}

	return chosen, nil
}

// reportItest keeps what the scenarios have shown, and prints it. It returns an
// error unless all of them have passed.
func reportItest(s *harness.Scenarios, names []string,
	verdicts gotest.Verdicts, log *progress.Log) error {

	outcomes, err := s.Outcomes(names, verdicts)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(outcomes, "", "  ")
	if err != nil {
		return err
	}
	err = os.WriteFile(filepath.Join(s.Logs, "result.json"), text, 0o644)
	if err != nil {
		return err
	}
	fmt.Println(itestTable(outcomes))

	passed := 0
	for _, outcome := range outcomes {
		if outcome.Result == gotest.Passed {
			passed++

			continue
		}
		if outcome.Reason != "" {
			log.Say("%s: %s", outcome.Scenario, outcome.Reason)
		}
		for _, shown := range outcome.Shown {
			for _, violation := range shown.Violations {
				log.Say("  %s", violation)
			}
		}
	}
	if passed != len(names) {
		return fmt.Errorf("%s %s with %s: %d of %d scenario(s) "+
			"passed; all logs are in %s", s.Name(), s.Base.Name,
			s.Store, passed, len(names), s.Logs)
	}
	log.Say("%s %s with %s: all %d scenario(s) as expected", s.Name(),
		s.Base.Name, s.Store, passed)

	return nil
}

// itestTable returns what the scenarios have shown as a table.
func itestTable(outcomes []harness.Outcome) string {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options.SeparateRows = true
	t.AppendHeader(table.Row{
		"scenario", "terminal updates received", "stored",
		"terminal updates break", "all updates break", "verdict",
		"seconds",
	})
	for _, outcome := range outcomes {
		verdict := string(outcome.Result)
		if verdict == "" {
			verdict = "not run"
		}
		shown := outcome.Shown
		if len(shown) == 0 {
			shown = []expect.Shown{{}}
		}
		for i, one := range shown {
			name := strings.TrimSpace(
				outcome.Scenario + "\n" + one.Case,
			)
			row := table.Row{
				name, strings.Join(one.Updates, "\n"), one.Stored,
				strings.Join(one.Ends, " "),
				strings.Join(one.All, " "), "", "",
			}
			if i == 0 {
				row[5] = verdict
				row[6] = fmt.Sprintf("%.0f", outcome.Seconds)
			}
			t.AppendRow(row)
		}
	}

	return t.Render()
}

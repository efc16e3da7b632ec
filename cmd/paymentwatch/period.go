package main

import (
	"fmt"
	"time"

	"lnd-once/lnrpc/paymentwatch/sink"

	"github.com/urfave/cli"
)

// jsonFlag asks for JSON.
var jsonFlag = cli.BoolFlag{
	Name: "json", Usage: "Print JSON instead of tables.",
}

// periodFlags are the flags that say which payments count, by their creation.
func periodFlags() []cli.Flag {
	const forms = "a day such as 2026-11-23, a time such as " +
		"2026-11-23T20:46:00Z, or how long ago, such as 36h."

	return []cli.Flag{
		cli.StringFlag{
			Name:  "since",
			Usage: "Only payments created from then on: " + forms,
		},
		cli.StringFlag{
			Name:  "until",
			Usage: "Only payments created before then: " + forms,
		},
	}
}

// parsePeriod returns the period that the flags say, as seen from now.
func parsePeriod(c *cli.Context, now time.Time) (sink.Period, error) {
	var (
		period sink.Period
		err    error
	)
	period.Since, err = parseTime("since", c.String("since"), now)
	if err != nil {
		return period, err
	}
	period.Until, err = parseTime("until", c.String("until"), now)
	if err != nil {
		return period, err
	}
	if !period.Until.IsZero() && !period.Since.Before(period.Until) {
		return period, fmt.Errorf("--until has to be later than " +
			"--since")
	}

	return period, nil
}

// parseTime returns the time that a flag says, the zero time if it is empty. Days
// are those of UTC.
func parseTime(name, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	ago, err := time.ParseDuration(text)
	if err != nil || ago < 0 {
		return time.Time{}, fmt.Errorf("--%s is %q, but it must be a "+
			"day such as 2026-11-23, a time such as "+
			"2026-11-23T20:46:00Z, or how long ago, such as 36h",
			name, text)
	}

	return now.Add(-ago).UTC(), nil
}

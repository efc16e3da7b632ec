package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxBuckets is about how many parts a period is drawn in.
const maxBuckets = 60

// day and week are times that a period is parted by.
const (
	day  = 24 * time.Hour
	week = 7 * day
)

// bucket is the total of a part of a period.
type bucket struct {
	begin time.Time
	Group
}

// buckets parts the payments by the time of their creation, in as many parts as
// can be drawn, those without payments among them. It returns the length of the
// parts as well.
func (r *Report) buckets() ([]bucket, time.Duration) {
	hours := slices.Sorted(maps.Keys(r.hours))
	if len(hours) == 0 {
		return nil, 0
	}
	first := time.Unix(hours[0], 0).UTC()
	last := time.Unix(hours[len(hours)-1], 0).UTC()
	width := time.Hour
	for _, wider := range []time.Duration{day, week, 4 * week, 52 * week} {
		if last.Sub(first) > maxBuckets*width {
			width = wider
		}
	}

	first = first.Truncate(width)
	parts := make([]bucket, last.Sub(first)/width+1)
	for i := range parts {
		parts[i].begin = first.Add(time.Duration(i) * width)
	}
	for hour, g := range r.hours {
		part := &parts[time.Unix(hour, 0).Sub(first)/width]
		part.Succeeded += g.Succeeded
		part.Failed += g.Failed
	}

	return parts, width
}

// bar is a number with a name.
type bar struct {
	name  string
	count float64
}

// spread returns how many of ascending values are below each of ascending
// limits, and not below the one before, and how many are above all.
func spread[T cmp.Ordered](values []T, limits []T, names []string) []bar {
	bars := make([]bar, len(names))
	for i, name := range names {
		bars[i].name = name
	}
	for _, v := range values {
		at := 0
		for at < len(limits) && v >= limits[at] {
			at++
		}
		bars[at].count++
	}

	return bars
}

// settleBars returns how long payments took that succeeded.
func (r *Report) settleBars() []bar {
	return spread(r.settled, []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
		30 * time.Second, time.Minute, 10 * time.Minute, time.Hour,
	}, []string{
		"1s", "2s", "5s", "10s", "30s", "1m", "10m", "1h",
		"more",
	})
}

// rateBars returns which share of their value the fees were.
func (r *Report) rateBars() []bar {
	return spread(r.rates, []float64{1, 10, 100, 500, 1000, 5000, 10000},
		[]string{
			"1", "10", "100", "500", "1k", "5k", "10k",
			"more",
		})
}

// reasonBars returns how many payments failed for each reason.
func (r *Report) reasonBars() []bar {
	var bars []bar
	for _, reason := range r.Reasons {
		if reason.Status != succeeded {
			bars = append(bars, bar{
				words(reason.Reason), float64(reason.Payments),
			})
		}
	}

	return bars
}

// words returns a name of lnd in words.
func words(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "_", " "))
}

// hopBars returns how many attempts failed at the hops where most did.
func (r *Report) hopBars() []bar {
	const most, digits = 8, 12

	var bars []bar
	for _, p := range r.Hops[:min(most, len(r.Hops))] {
		name := orUnknown(p.Name)
		switch {
		case name == r.PubKey:
			name = "this node"

		case len(name) > digits:
			name = name[:digits] + "…"
		}
		bars = append(bars, bar{name, float64(p.Failed)})
	}

	return bars
}

// quantile returns the value below which a share of ascending values is, or zero
// if there is none.
func quantile[T any](values []T, share float64) T {
	if len(values) == 0 {
		var zero T

		return zero
	}

	return values[int(share*float64(len(values)-1))]
}

// seconds returns a time as text that is short.
func seconds(d time.Duration) string {
	if d >= time.Minute {
		return d.Round(time.Second).String()
	}

	return fmt.Sprintf("%.2f s", d.Seconds())
}

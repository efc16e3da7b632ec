package bench

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchunit"
)

// words says in words what stands in a benchmark's name.
var words = map[string]string{
	"bbolt":          "bbolt",
	"sqlite":         "SQLite",
	"postgres":       "PostgreSQL",
	"nativesqlite":   "native SQL, SQLite",
	"nativepostgres": "native SQL, PostgreSQL",

	"fails":    "fails at its first attempt",
	"succeeds": "succeeds at its first attempt",
	"fails3":   "fails after three attempts",
	"timeout":  "times out with an HTLC in flight",

	"startup":        "scan at startup",
	"subscribe":      "first update of a subscription",
	"payment":        "payment",
	"payment-beside": "payment beside subscriptions",

	"live":   "updates of live payments",
	"ending": "updates of payments that end",
}

// fields splits a benchmark's name into its keys and values.
func fields(bench string) [][2]string {
	var all [][2]string
	for _, part := range strings.Split(bench, "/")[1:] {
		name, value, _ := strings.Cut(part, "=")
		all = append(all, [2]string{name, value})
	}

	return all
}

// label returns what a benchmark measures, in words.
func label(bench string) string {
	var parts []string
	for _, field := range fields(bench) {
		name, value := field[0], field[1]
		word, known := words[value]
		number, err := strconv.ParseFloat(value, 64)
		switch {
		case err == nil:
			word = name + " " + FormatCount(number)
		case !known:
			word = value
		}
		parts = append(parts, word)
	}

	return strings.Join(parts, ", ")
}

// sortNames orders benchmarks: stores as in their list, numbers by their value,
// all else by the alphabet.
func sortNames(names, stores []string) {
	slices.SortFunc(names, func(a, b string) int {
		as, bs := fields(a), fields(b)
		for i := range min(len(as), len(bs)) {
			order := compareFields(as[i], bs[i], stores)
			if order != 0 {
				return order
			}
		}

		return cmp.Compare(a, b)
	})
}

// compareFields orders two fields that stand at the same place of a name.
func compareFields(a, b [2]string, stores []string) int {
	if a[0] == "db" {
		return cmp.Compare(
			slices.Index(stores, a[1]), slices.Index(stores, b[1]),
		)
	}

	m, errA := strconv.Atoi(a[1])
	n, errB := strconv.Atoi(b[1])
	if errA == nil && errB == nil {
		return cmp.Compare(m, n)
	}

	return cmp.Compare(a[1], b[1])
}

// FormatCount renders a whole number with commas between thousands.
func FormatCount(n float64) string {
	s := strconv.FormatFloat(n, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}

	return s
}

// FormatValue renders a value with its unit.
func FormatValue(value float64, unit string) string {
	scale := func(suffix string) string {
		s := benchunit.Scale(value, benchunit.Decimal)
		number := strings.TrimRight(s, "kMGTnmµ")

		return number + " " + s[len(number):] + suffix
	}

	switch {
	case strings.Contains(unit, "sec"):
		return scale("s")
	case unit == "B/op" || unit == "peak-B":
		return scale("B")
	}

	return fmt.Sprintf("%.4g", value)
}

// format renders the median, and the spread if there is any.
func (s spread) format(unit string) string {
	if s.low == s.high {
		return FormatValue(s.median, unit)
	}

	return fmt.Sprintf("%s (%s–%s)", FormatValue(s.median, unit),
		FormatValue(s.low, unit), FormatValue(s.high, unit))
}

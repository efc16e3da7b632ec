package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// databases lists the payments databases in the order of their tables.
var databases = []string{
	"bbolt", "sqlite", "postgres", "nativesqlite", "nativepostgres",
}

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
		number, err := strconv.Atoi(value)
		switch {
		case err == nil:
			word = name + " " + grouped(number)
		case !known:
			word = value
		}
		parts = append(parts, word)
	}

	return strings.Join(parts, ", ")
}

// grouped formats a number with commas between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}

	return s
}

// compareNames orders benchmarks: databases as in their list, numbers by their
// value, all else by the alphabet.
func compareNames(a, b string) int {
	as, bs := fields(a), fields(b)
	for i := range min(len(as), len(bs)) {
		if as[i] == bs[i] {
			continue
		}

		x, y := as[i][1], bs[i][1]
		if as[i][0] == "db" {
			return cmp.Compare(
				slices.Index(databases, x),
				slices.Index(databases, y),
			)
		}

		m, errX := strconv.Atoi(x)
		n, errY := strconv.Atoi(y)
		if errX == nil && errY == nil {
			return cmp.Compare(m, n)
		}

		return cmp.Compare(x, y)
	}

	return cmp.Compare(a, b)
}

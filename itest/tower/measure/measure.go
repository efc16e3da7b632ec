//go:build tower

// Package measure holds benchmarks of lnd's control tower, which compare a stock
// with a patched lnd.
package measure

import (
	"testing"

	"lnd-once/itest/tower/lnd"
)

// Config says what is measured with.
type Config struct {
	// Kinds are the kinds of payments databases.
	Kinds []lnd.Kind

	// Data is the folder of the data sets.
	Data string

	// Memory is a folder in memory, for databases whose speed is not to
	// matter.
	Memory string
}

// forEachStore runs a benchmark on every kind of payments database.
func (c *Config) forEachStore(b *testing.B,
	run func(b *testing.B, payments *lnd.Payments, count *lnd.Commits)) {

	for _, kind := range c.Kinds {
		b.Run("db="+kind.Name, func(b *testing.B) {
			count := &lnd.Commits{}
			run(b, kind.Create(b)(b, count), count)
		})
	}
}

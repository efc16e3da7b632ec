//go:build nodes

package nodes

// The names of the sides.
const (
	stock   = "stock"
	patched = "patched"
)

// side is what a base is tested as.
type side struct {
	// name is what it is called, lnd the name of its program.
	name, lnd string

	// stock says that this is lnd as it is released: it may overwrite a
	// reason, and leave a payment in flight until it is restarted.
	stock bool

	// losesPayments says that a payment may stay in flight for ever when
	// the node was killed, because its HTLC was lost (lnd issue 10423).
	losesPayments bool
}

// program returns the path of its lnd.
func (s side) program() string {
	return programPath(s.lnd)
}

// sides are all that there are.
var sides = []side{
	{name: stock, lnd: "lnd-stock", stock: true, losesPayments: true},
	{name: patched, lnd: "lnd"},
}

// programOf returns the name of the program of a side.
func programOf(name string) string {
	for _, side := range sides {
		if side.name == name {
			return side.lnd
		}
	}

	return name
}

package expect

import "fmt"

// Topic is what clients find from a topic of the series on.
type Topic struct {
	// From is the number of the first topic for which this holds. It holds
	// up to that of the next entry.
	From int `json:"from" yaml:"from"`

	Found `yaml:",inline"`

	// Race is what a client finds now and then, as in a Case.
	Race Found `json:"race" yaml:"race"`
}

// Prefix returns what is known of an lnd that has the topics of a series up to
// the given one, and none of what is only for our fork. Where nothing else is
// said it is as stock, whose number is 0.
func (c Cases) Prefix(topic int) Cases {
	prefix := make(Cases, 0, len(c))
	for _, known := range c {
		for _, entry := range known.Topics {
			if entry.From <= topic {
				known.Found, known.Race = entry.Found, entry.Race
			}
		}
		known.Topics = nil
		prefix = append(prefix, known)
	}

	return prefix
}

// founds returns all lists of guarantees that are given for a case. It returns
// an error if its topics are not in their order.
func (c Case) founds() ([][]string, error) {
	all := [][]string{c.Ends, c.All, c.Race.Ends, c.Race.All}
	last := 0
	for _, entry := range c.Topics {
		if entry.From <= last {
			return nil, fmt.Errorf("'from: %d' under topics comes "+
				"after %d: topics are counted from 1 on, and "+
				"must be in their order", entry.From, last)
		}
		last = entry.From
		all = append(
			all, entry.Ends, entry.All, entry.Race.Ends,
			entry.Race.All,
		)
	}

	return all, nil
}

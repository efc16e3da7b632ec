package nodes

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"lnd-once/internal/base"
)

// The kinds of attacks on a node.
const (
	// Kills are those that kill it under load.
	Kills = "kills"

	// Network are those that kill it, or a node that it pays or pays
	// through, in a network of five.
	Network = "network"

	// Outages are those of its database, and Cuts those of the connection
	// to it while it commits.
	Outages = "outages"
	Cuts    = "cuts"

	// FullDisks are those of its disk, and ClockBacks those of its clock.
	FullDisks  = "full disks"
	ClockBacks = "clocks set back"

	// Soak is that by a load that goes on for hours.
	Soak = "soak"

	// Subscribers are those by subscribers that misbehave.
	Subscribers = "subscribers"

	// Input are those by malformed, oversized and untimely requests.
	Input = "input"

	// Moves are those from one lnd version to the next.
	Moves = "moves"
)

// Found is what a test that attacks a node has found.
type Found struct {
	// Kind is the kind of attack, Side the lnd that was attacked: stock or
	// patched. Store is its database, if the test lets one choose.
	Kind  string `json:"kind"`
	Side  string `json:"side"`
	Store string `json:"store,omitempty"`

	// Counts are the numbers that belong to the kind.
	Counts []Count `json:"counts"`

	// Violations is how often the node has broken the contract.
	Violations int `json:"violations"`

	// Seed does it again, if chance is part of it.
	Seed uint64 `json:"seed,omitempty"`

	// Seconds is how long it took.
	Seconds float64 `json:"seconds"`
}

// Count is a number of something.
type Count struct {
	Name  string `json:"name"`
	Value int    `json:"value"`
}

// Dir returns the folder with the logs of the nodes of a base.
func Dir(b *base.Base) string {
	return filepath.Join(b.Build(), "nodes")
}

// resultsDir returns the folder in which each test leaves what it has found, in
// files of its own: as a value if it attacks a node, and in words.
func resultsDir(b *base.Base) string {
	return filepath.Join(Dir(b), "results")
}

// readFound returns what the tests have found.
func readFound(dir string) ([]Found, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}

	var all []Found
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var found Found
		if err := json.Unmarshal(text, &found); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, found)
	}

	return all, nil
}

// readWords returns what the tests say about it.
func readWords(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return "", err
	}

	var all string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		all += string(text)
	}

	return all, nil
}

package proof

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"lnd-once/internal/base"
)

// Result is what a step has found, and what it is true of.
type Result struct {
	// Sources is the hash of all that the result depends on, Commit the
	// patched lnd's.
	Sources string `json:"sources"`
	Commit  string `json:"commit"`

	// Done is when the step ended, With is what it was done with.
	Done time.Time     `json:"done"`
	With Circumstances `json:"with"`

	// Findings are what it has found.
	Findings Findings `json:"findings"`
}

// Circumstances are what a result depends on besides its sources.
type Circumstances struct {
	Go       string `json:"go"`
	Cores    int    `json:"cores"`
	Kernel   string `json:"kernel"`
	Postgres string `json:"postgres,omitempty"`
}

// circumstances returns those of this machine.
func circumstances(postgres string) Circumstances {
	c := Circumstances{
		Go: runtime.Version(), Cores: runtime.NumCPU(),
		Postgres: postgres,
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		c.Kernel = strings.TrimSpace(string(text))
	}

	return c
}

// load reads the result in a file. There is none if the file is not there, or
// holds what another version of this package has written.
func load(file string) (*Result, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}

	r := &Result{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, nil
	}

	return r, nil
}

// resultFile returns the file of a step's result.
func resultFile(b *base.Base, step string) string {
	return filepath.Join(b.Results(), "proof", step+".json")
}

// logFile returns the file that a step's output goes to.
func logFile(dir, step string) string {
	return filepath.Join(dir, step+".log")
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// event is an event of "go test -json"; see "go doc test2json".
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64

	// ImportPath names what is being built, FailedBuild what could not be,
	// so that the package has no tests to run.
	ImportPath, FailedBuild string
}

// key names a test; the test of a package itself is empty.
type key struct{ pkg, test string }

// verdict is what became of a test.
type verdict struct {
	key

	result  string
	seconds float64
	reason  string
}

// log collects the events of a run of tests.
type log struct {
	// order holds the keys as they were first seen.
	order   []key
	results map[key]event
	output  map[key]*strings.Builder

	// builds holds what the compiler said, by import path.
	builds map[string]*strings.Builder
}

// newLog creates an empty log.
func newLog() *log {
	return &log{
		results: make(map[key]event),
		output:  make(map[key]*strings.Builder),
		builds:  make(map[string]*strings.Builder),
	}
}

// read adds the events of the stream.
func (l *log) read(stream io.Reader) error {
	events := json.NewDecoder(stream)
	for {
		var e event
		err := events.Decode(&e)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the input is not of go test -json: "+
				"%w", err)
		}

		l.add(e)
	}
}

// add adds an event.
func (l *log) add(e event) {
	if e.Action == "build-output" {
		write(l.builds, e.ImportPath, e.Output)
		return
	}
	if e.Package == "" {
		return
	}

	k := key{e.Package, e.Test}
	if _, ok := l.output[k]; !ok {
		l.order = append(l.order, k)
	}
	write(l.output, k, e.Output)

	switch e.Action {
	case "pass", "fail", "skip":
		l.results[k] = e
	}
}

// write appends the text to what is kept under the key.
func write[K comparable](m map[K]*strings.Builder, k K, text string) {
	if m[k] == nil {
		m[k] = &strings.Builder{}
	}
	m[k].WriteString(text)
}

// verdicts returns what became of the tests, in the order in which they began.
func (l *log) verdicts() []verdict {
	parents, failedBelow := l.families()

	var verdicts []verdict
	for _, k := range l.order {
		v := l.verdict(k)
		switch {
		case k.test == "":
			if v.result != "fail" || failedBelow[k] {
				continue
			}
			v.test = "-"

		case v.result == "fail" && failedBelow[k]:
			continue

		case v.result != "fail" && parents[k]:
			continue
		}

		verdicts = append(verdicts, v)
	}

	return verdicts
}

// families returns which tests have subtests, and below which tests and
// packages one has failed.
func (l *log) families() (parents, failedBelow map[key]bool) {
	parents, failedBelow = make(map[key]bool), make(map[key]bool)
	for _, k := range l.order {
		failed := l.verdict(k).result == "fail"

		for up, ok := parent(k); ok; up, ok = parent(up) {
			parents[up] = true
			failedBelow[up] = failedBelow[up] || failed
		}
	}

	return parents, failedBelow
}

// parent returns the test that k is a subtest of, or the package of a test.
func parent(k key) (key, bool) {
	if k.test == "" {
		return key{}, false
	}

	end := max(strings.LastIndexByte(k.test, '/'), 0)

	return key{k.pkg, k.test[:end]}, true
}

// verdict returns what became of one test.
func (l *log) verdict(k key) verdict {
	v := verdict{key: k, result: "fail"}

	e, ended := l.results[k]
	if ended {
		v.result, v.seconds = e.Action, e.Elapsed
	}

	output := l.output[k].String()
	switch {
	case e.FailedBuild != "" && l.builds[e.FailedBuild] != nil:
		v.reason = "does not build: " +
			reason(l.builds[e.FailedBuild].String())

	case !ended:
		v.reason = "did not end: " +
			reason(output+l.output[key{pkg: k.pkg}].String())

	case v.result != "pass":
		v.reason = reason(output)
	}

	return v
}

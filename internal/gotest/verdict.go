package gotest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gotest.tools/gotestsum/testjson"
)

// Result is what became of a test.
type Result string

const (
	// Passed is the result of a test that found nothing wrong.
	Passed Result = "passed"

	// Failed is the result of a test that failed, or did not end.
	Failed Result = "failed"

	// Skipped is the result of a test that did not want to run.
	Skipped Result = "skipped"
)

// Verdict is what became of one test.
type Verdict struct {
	// Package is the import path of its package.
	Package string `json:"package"`

	// Test is its name. It is empty if it is the package as a whole that
	// failed, for instance because it does not build.
	Test string `json:"test,omitempty"`

	// Result is its result, Seconds is how long it took.
	Result  Result  `json:"result"`
	Seconds float64 `json:"seconds"`

	// Reason says, in the test's own words, why it did not pass.
	Reason string `json:"reason,omitempty"`
}

// Verdicts has, for each package, the tests in the order in which they began. A
// test that has subtests is left out, unless it failed by itself.
type Verdicts []Verdict

// Of returns the verdicts with the given result.
func (v Verdicts) Of(result Result) Verdicts {
	return slices.DeleteFunc(slices.Clone(v), func(v Verdict) bool {
		return v.Result != result
	})
}

// verdictsOf returns the verdicts of tests that have been run.
func verdictsOf(execution *testjson.Execution) Verdicts {
	var verdicts Verdicts
	for _, name := range execution.Packages() {
		pkg := execution.Package(name)
		if pkg.Result() == testjson.ActionFail && len(pkg.Failed) == 0 {
			verdicts = append(verdicts, ofPackage(execution, name))
		}
		verdicts = append(verdicts, ofTests(pkg)...)
	}

	return verdicts
}

// ofPackage returns the verdict on a package that failed without a test that
// did.
func ofPackage(execution *testjson.Execution, name string) Verdict {
	pkg := execution.Package(name)
	v := Verdict{
		Package: name, Result: Failed, Seconds: pkg.Elapsed().Seconds(),
		Reason: reason(pkg.Output(0)),
	}
	if strings.Contains(pkg.Output(0), "[build failed]") ||
		strings.Contains(pkg.Output(0), "[setup failed]") {

		v.Reason = "does not build: " +
			reason(strings.Join(execution.Errors(), "\n"))
	}

	return v
}

// ofTests returns the verdicts on the tests of a package.
func ofTests(pkg *testjson.Package) Verdicts {
	unique := testjson.FilterFailedUnique(slices.Clone(pkg.Failed))
	hasSubtests := make(map[string]bool)
	for _, test := range pkg.TestCases() {
		for up := test.Test.Parent(); up != ""; {
			hasSubtests[up] = true
			up = testjson.TestName(up).Parent()
		}
	}

	type numbered struct {
		id      int
		verdict Verdict
	}
	var all []numbered
	add := func(tests []testjson.TestCase, result Result) {
		for _, test := range tests {
			if result != Failed && hasSubtests[test.Test.Name()] {
				continue
			}
			all = append(all, numbered{
				test.ID, ofTest(pkg, test, result),
			})
		}
	}
	add(pkg.Passed, Passed)
	add(unique, Failed)
	add(pkg.Skipped, Skipped)
	slices.SortFunc(all, func(a, b numbered) int {
		return cmp.Compare(a.id, b.id)
	})

	verdicts := make(Verdicts, 0, len(all))
	for _, n := range all {
		verdicts = append(verdicts, n.verdict)
	}

	return verdicts
}

// ofTest returns the verdict on a test.
func ofTest(pkg *testjson.Package, test testjson.TestCase,
	result Result) Verdict {

	v := Verdict{
		Package: test.Package, Test: test.Test.Name(), Result: result,
		Seconds: max(test.Elapsed, 0*time.Second).Seconds(),
	}
	output := strings.Join(pkg.OutputLines(test), "")
	switch {
	case result == Failed && test.Elapsed < 0:
		v.Reason = "did not end: " + reason(output+pkg.Output(0))

	case result != Passed:
		v.Reason = reason(output)
	}

	return v
}

// Package gotest runs Go tests and says, in values, what became of each.
package gotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// maxErrors is how many bytes of what was printed as an error an error has.
const maxErrors = 2000

// Config says which tests are run, and how.
type Config struct {
	// Dir is the folder to run in, Env are variables on top of ours.
	Dir string
	Env []string

	// Binary is a test binary. Without one the tests are run by go test.
	Binary string

	// Package is the package that the binary's verdicts name.
	Package string

	// Args are the arguments of go test, or the flags of the binary.
	Args []string

	// Log, if set, is told all that the tests print, as with -v.
	Log io.Writer

	// Out, if set, is told what go test prints without -v: a line for each
	// package, and in the end what the tests that failed have printed.
	Out io.Writer
}

// Run runs tests and returns a verdict for each. That some fail is no error, but
// it is one if the verdicts do not tell why they ended as they did. When it
// returns, all that the tests have started is gone.
func Run(ctx context.Context, cfg Config) (Verdicts, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer reader.Close()

	ended := make(chan error, 1)
	errOut := &tail{}
	go func() {
		defer writer.Close()
		ended <- run(ctx, cfg, writer, cfg.errors(errOut))
	}()

	execution, readErr := testjson.ScanTestOutput(testjson.ScanConfig{
		Stdout: reader, Handler: newPrinter(cfg),
	})

	// Tests that nobody reads from would wait for ever.
	_ = reader.Close()
	err = <-ended
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)

	case readErr != nil:
		return nil, fmt.Errorf("cannot read what the tests print: %w",
			readErr)
	}

	return judge(execution, cfg, err, errOut)
}

// errors returns where the error output of the tests goes.
func (c *Config) errors(kept io.Writer) io.Writer {
	writers := []io.Writer{kept}
	for _, w := range []io.Writer{c.Log, c.Out} {
		if w != nil {
			writers = append(writers, w)
		}
	}

	return io.MultiWriter(writers...)
}

// judge returns the verdicts of tests that ended with an error, or without.
func judge(execution *testjson.Execution, cfg Config, err error,
	errOut *tail) (Verdicts, error) {

	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("cannot run the tests: %w", err)
	}

	verdicts := verdictsOf(execution)
	failed := len(verdicts.Of(Failed))
	if (failed > 0) != (err != nil) {
		status := "exit status 0"
		if err != nil {
			status = err.Error()
		}

		return verdicts, fmt.Errorf("the tests ended with %s, but %d "+
			"of them failed: %s", status, failed,
			strings.TrimSpace(errOut.String()))
	}
	if cfg.Out != nil && failed > 0 {
		testjson.PrintSummary(cfg.Out, execution,
			testjson.SummarizeFailed|testjson.SummarizeErrors|
				testjson.SummarizeOutput)
	}

	return verdicts, nil
}

// printer tells the writers of a config what the tests print.
type printer struct {
	formats []testjson.EventFormatter
}

// newPrinter returns a printer.
func newPrinter(cfg Config) *printer {
	p := &printer{}
	for format, out := range map[string]io.Writer{
		"standard-verbose": cfg.Log, "standard-quiet": cfg.Out,
	} {
		if out != nil {
			p.formats = append(p.formats, testjson.NewEventFormatter(
				out, format, testjson.FormatOptions{},
			))
		}
	}

	return p
}

// Event prints an event.
func (p *printer) Event(event testjson.TestEvent,
	execution *testjson.Execution) error {

	for _, format := range p.formats {
		if err := format.Format(event, execution); err != nil {
			return err
		}
	}

	return nil
}

// Err is given what is no event, which the exit status will tell of.
func (p *printer) Err(string) error {
	return nil
}

// tail keeps the end of what is written to it.
type tail struct {
	bytes.Buffer
}

// Write adds text, and forgets what is too old.
func (t *tail) Write(text []byte) (int, error) {
	n, err := t.Buffer.Write(text)
	t.Next(max(t.Len()-maxErrors, 0))

	return n, err
}

package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	btclogv1 "github.com/btcsuite/btclog"
	"github.com/btcsuite/btclog/v2"
	"github.com/urfave/cli"
)

const (
	// subsystem is our name in log entries.
	subsystem = "PYWT"

	// textLog and jsonLog are the forms of log entries.
	textLog = "text"
	jsonLog = "json"
)

// loggedError is an error that was logged already.
type loggedError struct {
	error
}

// Unwrap returns the error.
func (e loggedError) Unwrap() error {
	return e.error
}

// logFlags are for the commands that run for long.
func logFlags() []cli.Flag {
	return []cli.Flag{cli.StringFlag{
		Name:  "debuglevel, d",
		Value: "info",
		Usage: "The lowest level that is logged: trace, debug, info, " +
			"warn, error, critical, off.",
	}, cli.StringFlag{
		Name:  "logformat",
		Value: textLog,
		Usage: "How entries are logged: text, as lnd does, or json.",
	}}
}

// newLogger returns the logger that the flags ask for, which writes to the
// console. If it is about one of several nodes, it names that.
func newLogger(c *cli.Context, out *console, node string) (btclog.Logger,
	error) {

	level, ok := btclog.LevelFromString(c.String("debuglevel"))
	if !ok {
		return nil, fmt.Errorf("--debuglevel is %q, it must be "+
			"trace, debug, info, warn, error, critical or off",
			c.String("debuglevel"))
	}
	var handler btclog.Handler
	switch format := c.String("logformat"); format {
	case textLog:
		handler = out.lines(level)

	case jsonLog:
		handler = out.json(level)

	default:
		return nil, fmt.Errorf("--logformat is %q, it must be text "+
			"or json", format)
	}
	if node != "" {
		handler = nodeHandler{handler, node}
	}

	return btclog.NewSLogger(handler), nil
}

// lines returns a handler that writes to the console as lnd does to its own.
func (c *console) lines(level btclogv1.Level) btclog.Handler {
	handler := btclog.NewDefaultHandler(c).SubSystem(subsystem)
	handler.SetLevel(level)

	return lineHandler{handler}
}

// json returns a handler that writes a line of JSON to the console for each
// entry.
func (c *console) json(level btclogv1.Level) btclog.Handler {
	filter := btclog.NewDefaultHandler(c)
	filter.SetLevel(level)

	return jsonHandler{
		Handler: filter,
		json: slog.NewJSONHandler(c, &slog.HandlerOptions{
			ReplaceAttr: named,
		}),
	}
}

// nodeHandler is a log handler whose entries are about one of several nodes.
type nodeHandler struct {
	btclog.Handler
	node string
}

// Handle adds the name of the node to an entry.
func (h nodeHandler) Handle(ctx context.Context, r slog.Record) error {
	r.AddAttrs(slog.String("node", h.node))

	return h.Handler.Handle(ctx, r)
}

// named lets what has a name appear by it in JSON, as it does in text.
func named(_ []string, a slog.Attr) slog.Attr {
	if value, ok := a.Value.Any().(fmt.Stringer); ok {
		a.Value = slog.StringValue(value.String())
	}

	return a
}

// jsonHandler is a log handler whose entries are JSON.
type jsonHandler struct {
	btclog.Handler
	json slog.Handler
}

// Handle writes an entry.
func (h jsonHandler) Handle(ctx context.Context, r slog.Record) error {
	r.AddAttrs(slog.String("subsystem", subsystem))

	return h.json.Handle(ctx, r)
}

// lineHandler is a log handler whose entries are one line each: the default one
// leaves the line breaks in a value, and then does not even quote it.
type lineHandler struct {
	btclog.Handler
}

// Handle writes an entry.
func (h lineHandler) Handle(ctx context.Context, r slog.Record) error {
	entry := slog.NewRecord(r.Time, r.Level, oneLine(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		entry.AddAttrs(slog.String(
			a.Key, oneLine(a.Value.Resolve().String()),
		))

		return true
	})

	return h.Handler.Handle(ctx, entry)
}

// oneLine returns a text of several lines, as the errors of PostgreSQL and joined
// errors are, in one.
func oneLine(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool {
		return r == '\n' || r == '\r'
	})

	var b strings.Builder
	for _, line := range lines {
		line = strings.TrimSpace(line)
		switch before := b.String(); {
		case line == "" || before == "":

		// What is listed below such a line belongs to it.
		case strings.HasSuffix(before, ":"):
			b.WriteString(" ")

		default:
			b.WriteString("; ")
		}
		b.WriteString(line)
	}

	return b.String()
}

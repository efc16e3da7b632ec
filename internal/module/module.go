// Package module downloads Go modules with the go command, which checks them
// against Go's checksum database.
package module

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"

	"lnd-once/internal/failure"
)

// Module is a version of a Go module that lies on this machine.
type Module struct {
	Path, Version string

	// Sum is its hash, as go.sum has it.
	Sum string

	// Dir is the folder in Go's module cache that has its files.
	Dir string
}

// String returns path, version and hash.
func (m *Module) String() string {
	return m.Path + " " + m.Version + " " + m.Sum
}

// Download downloads a module, unless it is there already.
func Download(ctx context.Context, path, version string) (*Module, error) {
	return download(ctx, path, version)
}

// DownloadNew downloads a module whose hash nobody has pinned yet. Go's checksum
// database must know it by that hash, whatever the user's settings are.
func DownloadNew(ctx context.Context, path, version string) (*Module, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOSUMDB").Output()
	if err == nil && strings.TrimSpace(string(out)) == "off" {
		return nil, failure.Usage("%s %s was never used before, and "+
			"cannot be checked while Go's checksum database is "+
			"off (go env GOSUMDB)", path, version)
	}

	// No module has this name, so that no module is exempt.
	return download(ctx, path, version, "GONOSUMDB=none")
}

// download downloads a module, with more variables for the go command.
func download(ctx context.Context, path, version string,
	env ...string) (*Module, error) {

	cmd := exec.CommandContext(
		ctx, "go", "mod", "download", "-json", path+"@"+version,
	)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GO111MODULE=on")
	cmd.Env = append(cmd.Env, env...)

	// Not inside this repository: its go.mod has no say here.
	cmd.Dir = "/"

	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)

	case errors.Is(err, exec.ErrNotFound):
		return nil, failure.Usage("go is not installed: " +
			"https://go.dev/dl has it")
	}

	// On failure the reason is in the JSON, or there is none.
	var got struct {
		Sum, Dir, Error string
	}
	jsonErr := json.Unmarshal(out.Bytes(), &got)
	if err != nil || jsonErr != nil {
		reason := got.Error
		if reason == "" {
			reason = strings.TrimSpace(errOut.String())
		}

		return nil, failure.Usage("cannot download %s %s: %s\nGo's "+
			"module proxy must be reachable once (go env GOPROXY)",
			path, version, reason)
	}

	return &Module{
		Path: path, Version: version, Sum: got.Sum, Dir: got.Dir,
	}, nil
}

// Verify returns an error if the module's hash is not the one that was pinned in
// the given file.
func (m *Module) Verify(pinned, file string) error {
	if m.Sum == pinned {
		return nil
	}

	return failure.Usage("checksum mismatch for %s %s:\n"+
		"pinned in %s: %s\ndownloaded: %s\n"+
		"Do not go on before you know why; if the pin is wrong, "+
		"correct it", m.Path, m.Version, file, pinned, m.Sum)
}

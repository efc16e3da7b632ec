package main

import (
	"fmt"
	"runtime/debug"

	"github.com/prometheus/common/version"
)

// init tells the library that knows what was built our version, which Go notes
// in the program: that of the module, or "(devel)" for one without a version.
func init() {
	if info, ok := debug.ReadBuildInfo(); ok && version.Version == "" {
		version.Version = info.Main.Version
	}
}

// buildVersion returns the program's version, the commit that it was built from
// and the Go that has built it.
func buildVersion() string {
	return fmt.Sprintf("%s commit=%s %s", version.Version,
		version.GetRevision(), version.GoVersion)
}

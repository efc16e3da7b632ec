package gobuild

import "runtime"

// System is what programs are built for.
type System struct {
	// Name is what lnd's releases call it.
	Name string

	os, arch, arm string
}

// Systems are those that releases are made for.
var Systems = []System{
	{Name: "linux-amd64", os: "linux", arch: "amd64"},
	{Name: "linux-arm64", os: "linux", arch: "arm64"},
	{Name: "linux-armv7", os: "linux", arch: "arm", arm: "7"},
	{Name: "darwin-arm64", os: "darwin", arch: "arm64"},
}

// environment returns the variables with which Go builds for a system, the one
// that we run on if it has no name: with the one toolchain, without C, so that
// programs need nothing that is not in them, and the same bytes whatever is
// installed and whatever the user's settings are.
func (s System) environment() []string {
	if s.Name == "" {
		s.os, s.arch = runtime.GOOS, runtime.GOARCH
	}

	return []string{
		"GOTOOLCHAIN=" + Toolchain, "CGO_ENABLED=0",
		"GOOS=" + s.os, "GOARCH=" + s.arch, "GOARM=" + s.arm,
		"GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off",
		"GOEXPERIMENT=", "GOFLAGS=",
	}
}

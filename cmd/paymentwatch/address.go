package main

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// hostName is what the name of a host looks like, also one that only a network
// of containers knows. Without one it is this machine.
var hostName = regexp.MustCompile(`^[\w.-]*$`)

// checkAddress returns an error for an address that no node can have. Others
// may be right, and are tried for as long as nobody answers.
func checkAddress(address string) error {
	wrong := func(what string) error {
		return fmt.Errorf("--rpcserver is %q, %s; it must be "+
			"HOST, HOST:PORT or unix:PATH", address, what)
	}
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		if strings.Trim(path, "/") == "" {
			return wrong("which names no socket")
		}

		return nil
	}

	host, port, err := net.SplitHostPort(hostPort(address))
	if err != nil {
		return wrong("which is no address")
	}
	_, err = netip.ParseAddr(host)
	switch number, portErr := strconv.ParseUint(port, 10, 16); {
	case strings.Contains(address, "://"):
		return wrong("but gRPC has no URL")

	case err != nil && !hostName.MatchString(host):
		return wrong(fmt.Sprintf("and %q is no name of a host", host))

	case portErr != nil || number == 0:
		return wrong(fmt.Sprintf("and %q is no port", port))

	default:
		return nil
	}
}

// hostPort returns an address with lnd's port if it names none.
func hostPort(address string) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}

	return net.JoinHostPort(strings.Trim(address, "[]"), defaultRPCPort)
}

// target returns the gRPC target of an address as lncli takes it: a host with
// or without a port, or the path of a socket.
func target(address string) string {
	if strings.HasPrefix(address, "unix:") {
		return address
	}

	// Names are left to the dialer, which also knows what is in hosts.
	return "passthrough:///" + hostPort(address)
}

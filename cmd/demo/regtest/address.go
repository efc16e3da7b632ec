package regtest

import (
	"fmt"
	"net"
	"sync"
)

// handedOut holds the addresses that freeAddress has returned, since networks
// that start at the same time must not get the same ones.
var handedOut = struct {
	sync.Mutex
	addrs map[string]bool
}{addrs: make(map[string]bool)}

// freeAddress returns a loopback address that nothing listens on and that no
// other caller gets.
func freeAddress() (string, error) {
	handedOut.Lock()
	defer handedOut.Unlock()

	for {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", fmt.Errorf("no free port on 127.0.0.1: %w",
				err)
		}

		addr := listener.Addr().String()
		if err := listener.Close(); err != nil {
			return "", err
		}

		if !handedOut.addrs[addr] {
			handedOut.addrs[addr] = true

			return addr, nil
		}
	}
}

// checkFree returns an error if something listens on an address by now.
func checkFree(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("port of %s was free and has been taken by "+
			"another program, please run again: %w", addr, err)
	}

	return listener.Close()
}

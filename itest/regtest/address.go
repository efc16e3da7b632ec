package regtest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// handedOut holds the addresses that FreeAddress has returned, since networks
// that start at the same time must not get the same ones.
var handedOut = struct {
	sync.Mutex
	addrs map[string]bool
}{addrs: make(map[string]bool)}

// Ports are taken from a range that systems do not use for the near end of a
// connection. One that they do may be in use, and stay so for a minute, when a
// program is started again.
const (
	firstPort = 15_000
	lastPort  = 32_000
	maxTries  = 1_000
)

// FreeAddress returns a loopback address that nothing listens on and that no
// other caller gets.
func FreeAddress() (string, error) {
	handedOut.Lock()
	defer handedOut.Unlock()

	var err error
	for range maxTries {
		addr := fmt.Sprintf("127.0.0.1:%d",
			firstPort+rand.IntN(lastPort-firstPort))
		if handedOut.addrs[addr] {
			continue
		}

		var listener net.Listener
		listener, err = net.Listen("tcp", addr)
		if err == nil {
			handedOut.addrs[addr] = true

			return addr, listener.Close()
		}
	}

	return "", fmt.Errorf("no free port on 127.0.0.1: %w", err)
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

package regtest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
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

const (
	// freePatience is how long an address that we have just found free may
	// still be taken. A program that is started at the same time has a copy
	// of the listener with which we looked, until it runs.
	freePatience = 3 * time.Second

	// freeInterval is how often we look again.
	freeInterval = 20 * time.Millisecond
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
	for begin := time.Now(); ; time.Sleep(freeInterval) {
		listener, err := net.Listen("tcp", addr)
		switch {
		case err == nil:
			return listener.Close()

		case time.Since(begin) > freePatience:
			return fmt.Errorf("port of %s was free and has been "+
				"taken by another program, please run again: "+
				"%w", addr, err)
		}
	}
}

// Package tower attacks and measures the control tower of an lnd: its tests play
// random histories, and crash the sender of payments; its benchmarks compare a
// stock with a patched lnd. They are built in a workspace with the lnd that they
// are about, which package attack does.
package tower

package gobuild

// Toolchain is the Go that all is built with: another one gives other bytes. Any
// Go from 1.21 on gets it by itself. GNUmakefile reads it here.
const Toolchain = "go1.26.8"

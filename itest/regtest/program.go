package regtest

// Program is a program that runs beside a network, such as a client of one of
// its nodes. The system kills it should we die without stopping it.
type Program struct {
	process *process
}

// StartProgram starts a program whose output is appended to a log file.
func StartProgram(name, log, binary string, args ...string) (*Program,
	error) {

	p, err := startProcess(name, log, false, binary, args...)
	if err != nil {
		return nil, err
	}

	return &Program{process: p}, nil
}

// Pid returns the program's process id.
func (p *Program) Pid() int {
	return p.process.Pid()
}

// Alive returns an error that quotes the log if the program has ended.
func (p *Program) Alive() error {
	return p.process.alive()
}

// Stop asks the program to end and waits until it has.
func (p *Program) Stop() {
	p.process.stop()
}

// Kill gives the program no chance to end in order.
func (p *Program) Kill() {
	p.process.kill()
}

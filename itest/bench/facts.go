package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Facts describe what the figures were measured on and with.
type Facts struct {
	// Date is the day of the run, and Rounds how often the two sides took
	// turns.
	Date   string `json:"date"`
	Rounds int    `json:"rounds"`

	// Ready is how long it took to build and to create data sets, and
	// Measured how long to measure after that.
	Ready    time.Duration `json:"ready"`
	Measured time.Duration `json:"measured"`

	// CPU, Cores, Memory and Kernel are those of the machine.
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory string `json:"memory"`
	Kernel string `json:"kernel"`

	// Load is the machine's load average when the measurements began: how
	// many other programs wanted its processors.
	Load string `json:"load"`

	// Disk is what databases are on, and DataDisk what data sets are on.
	Disk     string `json:"disk"`
	DataDisk string `json:"data_disk"`

	// Go and Postgres are the versions of the two.
	Go       string `json:"go"`
	Postgres string `json:"postgres"`
}

// machineFacts returns the facts of this machine. The folders are those of the
// databases and of the data sets. What cannot be found out is said to be
// unknown.
func machineFacts(ctx context.Context, temp, data string) Facts {
	f := Facts{
		Date:  time.Now().UTC().Format(time.DateOnly),
		CPU:   field("/proc/cpuinfo", "model name"),
		Cores: runtime.NumCPU(),
		Go:    output(ctx, "go", "version"),

		Memory:   "unknown",
		Kernel:   output(ctx, "uname", "-sr"),
		Disk:     diskOf(ctx, temp),
		DataDisk: diskOf(ctx, data),
		Postgres: output(ctx, "pg_config", "--version"),
	}

	var kilobytes float64
	_, err := fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kilobytes)
	if err == nil {
		f.Memory = fmt.Sprintf("%.0f GB", kilobytes/1e6)
	}

	return f
}

// list renders the facts as a list in Markdown.
func (f Facts) list() string {
	return strings.Join([]string{
		fmt.Sprintf("- measured on %s, %d rounds in which stock and "+
			"patched took turns", f.Date, f.Rounds),
		fmt.Sprintf("- took %v: %v to build and to create data sets, "+
			"then %v to measure", f.Ready+f.Measured, f.Ready,
			f.Measured),
		fmt.Sprintf("- %s, %d cores, %s, %s", f.CPU, f.Cores, f.Memory,
			f.Kernel),
		fmt.Sprintf("- load average %s when the measurements began",
			f.Load),
		fmt.Sprintf("- databases on %s, data sets on %s", f.Disk,
			f.DataDisk),
		fmt.Sprintf("- %s, %s\n", f.Go, f.Postgres),
	}, "\n")
}

// loadAverage returns how many programs have wanted the processors in the last
// minute.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	load, _, found := strings.Cut(string(text), " ")
	if err != nil || !found {
		return "unknown"
	}

	return load
}

// field returns the first value of that name in a file of /proc.
func field(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}

	return "unknown"
}

// diskOf returns the kind of filesystem that a folder is on, and its device.
func diskOf(ctx context.Context, folder string) string {
	return output(
		ctx, "findmnt", "-n", "-o", "FSTYPE,SOURCE", "-T", folder,
	)
}

// output returns what a program prints, in one line.
func output(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "unknown"
	}

	return strings.Join(strings.Fields(string(out)), " ")
}

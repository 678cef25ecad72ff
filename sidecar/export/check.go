package export

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// bin holds the supervisor's programs in an image (buildpacks/spec, buildpack.md: layers).
const bin = "/layers/sidecar-buildpack_sidecar/supervisor/bin/"

// Check returns the command that makes a check over the network from inside of a container, where 127.0.0.1 is the process's own. It
// returns nil for a check that is a command itself, and for notify.
func Check(p plan.Probe) []string {
	if p.NeedsHelper() {
		return p.Command(bin + "supervisor-probe")
	}
	command := []string{bin + "supervisor", "check", "--timeout", Number(p.Timeout().Seconds())}
	switch {
	case p.TCPSocket != nil:
		return append(command, "tcp://"+p.TCPSocket.Address())
	case p.HTTPGet == nil:
		return nil
	}
	command = append(command, p.HTTPGet.URL())
	for _, name := range slices.Sorted(maps.Keys(p.HTTPGet.Headers)) {
		command = append(command, name+": "+p.HTTPGet.Headers[name])
	}
	return command
}

// PreStop returns the command that waits and then carries out another one, if any, which may take timeout seconds. The flags are others
// of supervisor pre-stop.
func PreStop(delay, timeout float64, command []string, flags ...string) []string {
	words := append([]string{bin + "supervisor", "pre-stop", "--delay", Number(delay)}, flags...)
	if command == nil {
		return words
	}
	return append(append(words, "--timeout", Number(timeout), "--"), command...)
}

// Number returns seconds as commands and variables have them.
func Number(seconds float64) string { return strconv.FormatFloat(seconds, 'f', -1, 64) }

// Local reports whether a check of a host asks the process's own container. An empty host is 127.0.0.1.
func Local(host string) bool {
	addresses := plan.Addresses(host)
	return len(addresses) > 0 && addresses[0].IsLoopback()
}

// Health returns the command that passes where all essential processes that a supervisor runs are in a state: live, started or ready.
func Health(state string) []string { return []string{bin + "supervisor", "health", "--" + state} }

// Escaped doubles each $ of an argv that has no references: Compose would take one for the beginning of a reference.
func Escaped(argv []string) (words []string) {
	for _, word := range argv {
		words = append(words, strings.ReplaceAll(word, "$", "$$"))
	}
	return words
}

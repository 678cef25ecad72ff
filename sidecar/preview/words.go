package preview

import (
	"fmt"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Waits says what process i waits for before it is started.
func Waits(p plan.Plan, i int) string {
	names := map[string][]string{}
	for _, e := range p.Graph()[i] {
		on := p.Processes()[e.On]
		names[state(e, on)] = append(names[state(e, on)], on.Name)
	}
	var parts []string
	for _, state := range []string{"has completed", "is ready", "has started", "has started or failed"} {
		switch these := names[state]; len(these) {
		case 0:
		case 1:
			parts = append(parts, these[0]+" "+state)
		default:
			state = strings.NewReplacer("has ", "have ", "is ", "are ").Replace(state)
			parts = append(parts, and(these)+" "+state)
		}
	}
	if parts == nil {
		return "at once"
	}
	return "when " + and(parts)
}

// and puts "and" before the last of several.
func and(parts []string) string {
	last := len(parts) - 1
	if last == 0 {
		return parts[0]
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

func state(e plan.Edge, on plan.Process) string {
	switch {
	case e.Condition == plan.Completed:
		return "has completed"
	case e.Condition == plan.Ready:
		return "is ready"
	case e.Soft && on.StartupProbe != nil:
		return "has started or failed"
	}
	return "has started"
}

// Checks says what a probe looks at.
func Checks(probe plan.Probe) string {
	switch {
	case probe.HTTPGet != nil:
		return "GET " + probe.HTTPGet.URL() + " answers"
	case probe.TCPSocket != nil:
		return probe.TCPSocket.Address() + " takes connections"
	case probe.GRPC != nil:
		return fmt.Sprintf("port %d says SERVING", probe.GRPC.Port)
	case probe.Exec != nil:
		return strings.Join(probe.Exec.Command, " ") + " exits with 0"
	}
	return "it says READY=1"
}

// what says when a process is started, and how it is known that it has started and is ready.
func what(p plan.Plan, i int) string {
	process := p.Processes()[i]
	text := Waits(p, i)
	for _, check := range []struct {
		state string
		probe *plan.Probe
	}{{"has started", process.StartupProbe}, {"is ready", process.ReadinessProbe}} {
		if check.probe != nil {
			text += "; " + check.state + " once " + Checks(*check.probe)
		}
	}
	return text
}

// wrapped breaks text into lines of at most width columns, between words where that can be done.
func wrapped(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		for len([]rune(word)) > width && width > 0 {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			runes := []rune(word)
			lines, word = append(lines, string(runes[:width])), string(runes[width:])
		}
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

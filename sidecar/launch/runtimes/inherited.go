package runtimes

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// javaVariables are those from which a JVM, or the script that starts it, takes options.
var javaVariables = []string{javaToolOptions, "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS", "CATALINA_OPTS"}

// memoryOptions begin the options that size a JVM. One that was sized for the app isn't sized for a sidecar.
var memoryOptions = []string{
	"-Xms", "-Xmn", "-Xmx", "-Xss",
	"-XX:CompressedClassSpaceSize=", "-XX:InitialCodeCacheSize=", "-XX:InitialHeapSize=", "-XX:InitialRAMFraction=",
	"-XX:InitialRAMPercentage=", "-XX:MaxDirectMemorySize=", "-XX:MaxHeapSize=", "-XX:MaxMetaspaceSize=", "-XX:MaxNewSize=",
	"-XX:MaxPermSize=", "-XX:MaxRAM=", "-XX:MaxRAMFraction=", "-XX:MaxRAMPercentage=", "-XX:MetaspaceSize=", "-XX:MinHeapSize=",
	"-XX:MinRAMFraction=", "-XX:MinRAMPercentage=", "-XX:NewSize=", "-XX:NonNMethodCodeHeapSize=", "-XX:NonProfiledCodeHeapSize=",
	"-XX:ProfiledCodeHeapSize=", "-XX:ReservedCodeCacheSize=", "-XX:SoftMaxHeapSize=", "-XX:ThreadStackSize=",
}

// singleOptions begin the options that only one JVM in a container can have: they open a port, or write to a file.
var singleOptions = []string{
	"-agentlib:jdwp", "-Xdebug", "-Xrunjdwp",
	"-Dcom.sun.management.", "-Djava.rmi.server.hostname=", "-XX:+ManagementServer",
	"-XX:FlightRecorderOptions", "-XX:StartFlightRecording",
	"-XX:+PrintNMTStatistics", "-XX:NativeMemoryTracking=",
	"-Xloggc:", "-XX:LogFile=",
}

// portAgents are in the names of agents that open a port even without being told one.
var portAgents = []string{"jolokia", "jmx_prometheus", "jmx-exporter", "jmx_exporter"}

// KeepApart returns p's environment without what only one JVM in a container can have, where p is a sidecar that has it from the app:
// debuggers' and agents' ports, flight recordings, logs to a file. It says in notes what went.
func KeepApart(p Process) (env, notes []string) {
	q := process{Process: p}
	q.Env = slices.Clone(p.Env)
	q.disinherit(isSingle)
	return q.Env, q.notes
}

// HasJavaOptions reports whether there are options for the app's JVM in an environment that a sidecar may inherit.
func HasJavaOptions(env []string) bool {
	p := process{Process: Process{Env: env}}
	return p.hasOneOf(javaVariables)
}

// disinherit takes options that were meant for the app out of the variables that a sidecar only inherited.
func (p *process) disinherit(meantForApp func(option string) bool) {
	for _, variable := range javaVariables {
		if _, own := p.Own[variable]; own {
			continue
		}
		text := p.get(variable)
		if text == "" {
			continue
		}
		kept, gone := withoutWords(text, meantForApp)
		if len(gone) > 0 {
			p.set(variable, kept)
			p.notes = append(p.notes, variable+": without the app's "+strings.Join(gone, " "))
		}
	}
}

// withoutWords returns a text without some of its words, and those, but for what is behind an = in them, which may be a secret.
func withoutWords(text string, drop func(word string) bool) (kept string, gone []string) {
	var rest []string
	for _, w := range words(text) {
		if drop(w.text) {
			shown, _, _ := strings.Cut(w.text, "=")
			gone = append(gone, shown)
		} else {
			rest = append(rest, text[w.start:w.end])
		}
	}
	if gone == nil {
		return text, nil
	}
	return strings.Join(rest, " "), gone
}

func isMemory(option string) bool { return beginsWithOneOf(option, memoryOptions) }

func isSingle(option string) bool {
	return beginsWithOneOf(option, singleOptions) || logsToFile(option) || opensPort(option)
}

func beginsWithOneOf(text string, beginnings []string) bool {
	return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(text, b) })
}

// logsToFile reports whether an option is -Xlog:WHAT:FILE…, whose file is no stream.
func logsToFile(option string) bool {
	rest, isLog := strings.CutPrefix(option, "-Xlog:")
	_, output, _ := strings.Cut(rest, ":")
	return isLog && output != "" && !beginsWithOneOf(output, []string{"stdout", "stderr", ":"})
}

// opensPort reports whether an option is a debugger, or an agent that is told a port or is known to open one.
func opensPort(option string) bool {
	agent, isAgent := strings.CutPrefix(option, "-javaagent:")
	if !isAgent {
		if agent, isAgent = strings.CutPrefix(option, "-agentpath:"); !isAgent {
			return false
		}
	}
	file, options, _ := strings.Cut(agent, "=")
	name, options := strings.ToLower(path.Base(file)), strings.ToLower(options)
	known := func(part string) bool { return strings.Contains(name, part) }
	return slices.ContainsFunc(portAgents, known) || strings.HasPrefix(name, "libjdwp") ||
		strings.Contains(options, "port=") || strings.Contains(options, "output=tcpserver") || beginsWithPort(options)
}

// beginsWithPort reports whether an agent's options begin with PORT or HOST:PORT.
func beginsWithPort(options string) bool {
	for i, part := range strings.SplitN(options, ":", 3) {
		if n, err := strconv.ParseUint(part, 10, 16); err == nil && n > 0 && i < 2 {
			return true
		}
	}
	return false
}

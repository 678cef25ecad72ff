package health

import (
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/logs"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/version"
)

// contentType is that of https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md.
const contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

// family is one metric of all processes.
type family struct {
	name, kind, unit, help string
	samples                func(s supervise.Status) []sample
}

// sample is one value. Its suffix stands behind the family's name, its labels behind that of the process.
type sample struct{ suffix, labels, value string }

// families are the metrics of a process.
var families = []family{
	{"sidecar_up", "gauge", "", "Whether the process runs.", func(s supervise.Status) []sample { return flag(s.PID != 0) }},
	{"sidecar_started", "gauge", "", "Whether it is past its startup probe.", func(s supervise.Status) []sample {
		return flag(is(s,
			Started))
	}},
	{"sidecar_ready", "gauge", "", "Whether it passes its readiness probe.", func(s supervise.Status) []sample { return flag(is(s, Ready)) }},
	{"sidecar_restarts", "counter", "", "How often it was started again.", func(s supervise.Status) []sample {
		return []sample{{"_total", "", strconv.Itoa(max(s.Run-1, 0))}}
	}},
	{"sidecar_last_exit", "info", "", "How its last run ended.", func(s supervise.Status) []sample {
		if s.LastEnd == "" {
			return nil
		}
		return []sample{{"_info", ",cause=" + quote(s.LastEnd), "1"}}
	}},
	{"sidecar_memory_used_bytes", "gauge", "bytes", "What it uses with all that it started (PSS).", func(s supervise.Status) []sample {
		return size(s.Used, s.PID != 0)
	}},
	{"sidecar_memory_share_bytes", "gauge", "bytes", "Its share of the container's memory.", func(s supervise.Status) []sample {
		return size(s.Share, s.Share != 0)
	}},
	{"sidecar_probe_duration_seconds", "summary", "seconds", "What its probes' checks took.", probes},
	{"sidecar_probe_failures", "counter", "", "How many of its probes' checks failed.", failures},
}

// Metrics returns what is known of all processes as OpenMetrics.
func Metrics(all []supervise.Status) string {
	var text strings.Builder
	text.WriteString("# TYPE sidecar_supervisor info\n# HELP sidecar_supervisor The supervisor itself.\n" +
		"sidecar_supervisor_info{version=" + quote(version.Version) + "} 1\n")
	for _, f := range families {
		text.WriteString("# TYPE " + f.name + " " + f.kind + "\n")
		if f.unit != "" {
			text.WriteString("# UNIT " + f.name + " " + f.unit + "\n")
		}
		text.WriteString("# HELP " + f.name + " " + f.help + "\n")
		for _, s := range all {
			for _, v := range f.samples(s) {
				text.WriteString(f.name + v.suffix + "{name=" + quote(s.Name) + v.labels + "} " + v.value + "\n")
			}
		}
	}
	return text.String() + "# EOF\n"
}

func flag(yes bool) []sample {
	if yes {
		return []sample{{value: "1"}}
	}
	return []sample{{value: "0"}}
}

func size(n plan.Size, known bool) []sample {
	if !known {
		return nil
	}
	return []sample{{value: strconv.FormatInt(int64(n), 10)}}
}

func probes(s supervise.Status) (all []sample) {
	for kind, c := range s.Checks {
		if n := c.Passed + c.Failed; n > 0 {
			labels := probeLabel(kind)
			all = append(all, sample{"_count", labels, strconv.FormatInt(n, 10)},
				sample{"_sum", labels, strconv.FormatFloat(c.Took.Seconds(), 'f', 6, 64)})
		}
	}
	return all
}

func failures(s supervise.Status) (all []sample) {
	for kind, c := range s.Checks {
		if c.Passed+c.Failed > 0 {
			all = append(all, sample{"_total", probeLabel(kind), strconv.FormatInt(c.Failed, 10)})
		}
	}
	return all
}

func probeLabel(kind int) string { return ",probe=" + quote(plan.ProbeKind(kind).String()) }

// quote returns s as a label's value: what is printable is escaped there as in JSON.
func quote(s string) string { return logs.Quote(logs.Printable(s)) }

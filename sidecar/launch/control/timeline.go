package control

import (
	"strconv"
	"strings"
	"time"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/logs"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
)

// timeline returns what happened, for people, and then what held up the app's start.
func timeline(happenings []supervise.Happening, chain []supervise.Link) string {
	var text strings.Builder
	for _, h := range happenings {
		text.WriteString(instant(h.At) + "s  " + logs.Printable(h.Text) + "\n")
	}
	if len(chain) < 2 {
		return text.String()
	}
	last := chain[len(chain)-1]
	text.WriteString("\n" + last.Name + " was started after " + seconds(last.Held, 3) + "s. It was held up by:\n")
	for _, link := range chain[:len(chain)-1] {
		text.WriteString(instant(span(link)) + "s  " + link.Name + " until " + link.Until + "\n")
	}
	return text.String()
}

// instant returns seconds to the millisecond, of a width that holds a day.
func instant(d time.Duration) string {
	text := seconds(d, 3)
	return strings.Repeat(" ", max(9-len(text), 0)) + text
}

func seconds(d time.Duration, decimals int) string {
	return strconv.FormatFloat(d.Seconds(), 'f', decimals, 64)
}

// span returns how long a link held up the next.
func span(link supervise.Link) time.Duration { return link.Held - link.Spawned }

// jsonTimeline is timeline for programs.
func jsonTimeline(happenings []supervise.Happening, chain []supervise.Link) string {
	levels := map[machine.Level]string{machine.Debug: "debug", machine.Info: "info"}
	events, links := make([]string, len(happenings)), make([]string, len(chain))
	for i, h := range happenings {
		events[i] = `{"seconds": ` + seconds(h.At, 6) + `, "level": ` + logs.Quote(levels[h.Level]) + `, "text": ` + logs.Quote(h.Text) + "}"
	}
	for i, l := range chain {
		links[i] = `{"name": ` + logs.Quote(l.Name) + `, "spawnedSeconds": ` + seconds(l.Spawned, 6) +
			`, "heldSeconds": ` + seconds(l.Held, 6)
		if l.Until != "" {
			links[i] += `, "until": ` + logs.Quote(l.Until)
		}
		links[i] += "}"
	}
	return "{\"events\": " + jsonArray(events, "  ") + ",\n\"criticalChain\": " + jsonArray(links, "  ") + "}\n"
}

// jsonArray returns a list with an item a line.
func jsonArray(items []string, indent string) string {
	if len(items) == 0 {
		return "[]"
	}
	return "[\n" + indent + strings.Join(items, ",\n"+indent) + "\n]"
}

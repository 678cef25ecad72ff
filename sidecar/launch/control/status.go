package control

import (
	"cmp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/logs"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/version"
)

// table returns the statuses for people. Its last column has how the last run ended, or what the process said last.
func table(all []supervise.Status) string {
	rows := [][]string{{"NAME", "PID", "STATE", "HEALTH", "RESTARTS", "MEMORY", "UPTIME", "NOTE"}}
	for _, s := range all {
		row := []string{s.Name, "-", s.Phase.String(), cmp.Or(s.Health.String(), "-"), strconv.Itoa(restarts(s)), "-", "-", "-"}
		if s.PID != 0 {
			row[1], row[5], row[6] = strconv.Itoa(s.PID), memory(s), s.Uptime.Truncate(time.Second).String()
		}
		if text := note(s); text != "" {
			row[7] = text
		}
		rows = append(rows, row)
	}
	return columns(rows)
}

// note says what a process waits for, how its last run ended, or what it said last.
func note(s supervise.Status) string {
	switch {
	case len(s.Waits) > 0:
		var all []string
		for _, w := range s.Waits {
			all = append(all, waitsFor(w))
		}
		return "waits " + s.Waiting.Truncate(time.Second).String() + " for " + strings.Join(all, "; ")
	case s.LastEnd != "" && s.PID != 0:
		return "before: " + s.LastEnd
	}
	return cmp.Or(s.LastEnd, s.Message)
}

func waitsFor(w machine.Wait) string {
	text := w.For + " (" + string(w.Condition) + ")"
	if w.Answer != "" {
		text += ": " + w.Answer
	}
	return text
}

// columns aligns the cells of each column. Package text/tabwriter would be a few KB more in every container.
func columns(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i := range row {
			row[i] = logs.Printable(row[i])
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	var text strings.Builder
	for _, row := range rows {
		last := len(row) - 1
		for i, cell := range row[:last] {
			text.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		text.WriteString(row[last] + "\n")
	}
	return text.String()
}

// memory is what is used and, where something is declared, of how much.
func memory(s supervise.Status) string {
	text := strconv.FormatFloat(float64(s.Used)/float64(plan.M), 'f', 1, 64) + "M"
	if s.Share != 0 {
		text += " of " + s.Share.Short()
	}
	return text
}

func bytesOf(size plan.Size) string { return strconv.FormatInt(int64(size), 10) }

// restarts returns how often a process was started again.
func restarts(s supervise.Status) int { return max(s.Run-1, 0) }

// jsonList returns the statuses for programs. What isn't known of a process is left out.
func jsonList(all []supervise.Status) string {
	items := make([]string, len(all))
	for i, s := range all {
		item := `{"name": ` + logs.Quote(s.Name) + `, "state": ` + logs.Quote(s.Phase.String()) + `, "restarts": ` + strconv.Itoa(restarts(s))
		if s.PID != 0 {
			item += `, "pid": ` + strconv.Itoa(s.PID) + `, "uptimeSeconds": ` + seconds(s.Uptime, 3) + `, "memoryUsedBytes": ` + bytesOf(s.Used)
		}
		if s.Share != 0 {
			item += `, "memoryBytes": ` + bytesOf(s.Share)
		}
		if len(s.Waits) > 0 {
			item += `, "waitsSeconds": ` + seconds(s.Waiting, 3) + `, "waitsFor": ` + jsonWaits(s.Waits)
		}
		for _, field := range [][2]string{
			{"health", s.Health.String()}, {"lastEnd", s.LastEnd}, {"message", s.Message}, {"supervisorVersion", version.Version},
		} {
			if field[1] != "" {
				item += `, "` + field[0] + `": ` + logs.Quote(field[1])
			}
		}
		items[i] = item + "}"
	}
	return jsonArray(items, "  ") + "\n"
}

func jsonWaits(all []machine.Wait) string {
	items := make([]string, len(all))
	for i, w := range all {
		items[i] = `{"name": ` + logs.Quote(w.For) + `, "condition": ` + logs.Quote(string(w.Condition))
		if w.Answer != "" {
			items[i] += `, "answer": ` + logs.Quote(w.Answer)
		}
		items[i] += "}"
	}
	return "[" + strings.Join(items, ", ") + "]"
}

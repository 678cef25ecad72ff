package supervise

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sidecar-buildpack/sidecar/sidecar/logs"
	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
)

// status is what is known of one process.
type status struct {
	name     string
	pid      int // 0 where it doesn't run
	state    Phase
	health   string // starting, ready or not ready, where a probe tells
	restarts int
	used     int64 // bytes, PSS of the process and all below it
	share    memory.Size
	uptime   time.Duration
	lastEnd  string // how its last run ended, where it doesn't run
	message  string // what it last said of itself (sd_notify's STATUS)
}

// status looks at all processes; their memory is read here, beside the main goroutine, since that may take a while.
func (r *runner) status() (all []status) {
	r.main(context.Background(), func() {
		for i := range r.children {
			all = append(all, r.statusOf(i))
		}
	})
	for i := range all {
		if all[i].pid != 0 {
			all[i].used = memoryOf(all[i].pid)
		}
	}
	return all
}

func (r *runner) statusOf(i int) status {
	c, p := &r.children[i], &r.state.procs[i]
	s := status{
		name: c.Name, pid: c.pid, state: p.phase, restarts: max(p.run-1, 0), share: r.launch.Processes[i].Share, message: c.said.status,
	}
	if c.pid != 0 {
		s.uptime = time.Since(c.spawnedAt)
		s.health = r.health(i)
	}
	if over(p.phase) || p.phase == BackingOff {
		s.lastEnd = p.ending()
	}
	return s
}

func (r *runner) health(i int) string {
	c, p := &r.children[i], &r.state.procs[i]
	switch {
	case c.StartupProbe == nil && c.ReadinessProbe == nil && c.LivenessProbe == nil:
		return ""
	case !p.started:
		return "starting"
	case !p.ready:
		return "not ready"
	}
	return "ready"
}

// table is the statuses for people.
func table(all []status) string {
	rows := [][]string{{"NAME", "PID", "STATE", "HEALTH", "RESTARTS", "MEMORY", "UPTIME", ""}}
	for _, s := range all {
		row := []string{s.name, "-", s.state.String(), s.health, strconv.Itoa(s.restarts), "-", "-", s.lastEnd}
		if s.pid != 0 {
			row[1], row[5], row[6] = strconv.Itoa(s.pid), s.memory(), s.uptime.Truncate(time.Second).String()
		}
		if row[3] == "" {
			row[3] = "-"
		}
		if s.lastEnd == "" {
			row[7] = s.message
		}
		rows = append(rows, row)
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return text.String()
}

// memory is what is used and, where something is declared, of how much.
func (s status) memory() string {
	text := fmt.Sprintf("%.1fM", float64(s.used)/float64(memory.M))
	if s.share != 0 {
		text += " of " + s.share.Short()
	}
	return text
}

// jsonList is the statuses for programs. What isn't known of a process is left out.
func jsonList(all []status) string {
	items := make([]string, len(all))
	for i, s := range all {
		item := `{"name": ` + logs.Quote(s.name) + `, "state": ` + logs.Quote(s.state.String()) + fmt.Sprintf(`, "restarts": %d`, s.restarts)
		if s.pid != 0 {
			item += fmt.Sprintf(`, "pid": %d, "uptimeSeconds": %.3f, "memoryUsedBytes": %d`, s.pid, s.uptime.Seconds(), s.used)
		}
		if s.share != 0 {
			item += fmt.Sprintf(`, "memoryBytes": %d`, s.share)
		}
		for _, field := range [][2]string{{"health", s.health}, {"lastEnd", s.lastEnd}, {"message", s.message}} {
			if field[1] != "" {
				item += `, "` + field[0] + `": ` + logs.Quote(field[1])
			}
		}
		items[i] = "  " + item + "}"
	}
	return "[\n" + strings.Join(items, ",\n") + "\n]\n"
}

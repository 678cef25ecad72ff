package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var wroteLine = regexp.MustCompile(`^(?:(\S+) \| )?(\d+) of (\S+) by (\d+): (\d+)\.$`)

// linesWhole: no line is torn, mixed, under another's name or out of order, and none is lost that its process had written.
func (t *trial) linesWhole() string {
	if !t.place.hasOutput() {
		return ""
	}
	next := map[string]int{}                         // by the process that wrote it
	unread := t.ended >= t.stopBegan()+int64(budget) // whoever reads had all of that time, and didn't
	for text := range strings.Lines(t.stdout.String()) {
		if unread && !strings.HasSuffix(text, "\n") {
			return "" // the last
		}
		m := wroteLine.FindStringSubmatch(strings.TrimSuffix(text, "\n"))
		if m == nil || m[1] != t.prefix(m[3]) {
			return fmt.Sprintf("a line is not whole: %q", text)
		}
		n, _ := strconv.Atoi(m[2])
		if padded, _ := strconv.Atoi(m[5]); next[m[4]] != n || padded != n {
			return fmt.Sprintf("a line is missing or out of order before %q", text)
		}
		next[m[4]]++
	}
	if unread {
		return ""
	}
	for _, l := range t.lives {
		if e, wrote := l.find("wrote"); wrote && next[l.own] != e.detail {
			return fmt.Sprintf("%s wrote %d lines, of which %d came", l.name, e.detail, next[l.own])
		}
	}
	return ""
}

// prefix is what stands before a process's lines.
func (t *trial) prefix(name string) string {
	if p := t.process(name); p == nil || p.Logs != "prefix" {
		return ""
	}
	return name
}

package sidecar

import (
	"strings"
	"unicode/utf8"
)

// The build's log fits a terminal of 80 columns; what libpak writes as a body is indented by 4.
const (
	bodyWidth   = 76
	mostColumn  = 28 // the widest column that others stand under each other behind
	leastColumn = 24 // the narrowest that the last one is wrapped to
	mostLines   = 8  // of one cell; what is longer ends in an ellipsis
)

// table writes rows with their columns under each other. The last one is wrapped where it is too long for a line.
func (r report) table(rows [][]string) {
	widths := map[int]int{}
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			if n := utf8.RuneCountInString(cell); n <= mostColumn {
				widths[i] = max(widths[i], n)
			}
		}
	}
	for _, row := range rows {
		for _, line := range layout(row, widths) {
			r.Body(line)
		}
	}
}

// layout returns the lines of a row.
func layout(row []string, widths map[int]int) (lines []string) {
	last := len(row) - 1
	line := ""
	for i, cell := range row[:last] {
		cell = wrap(cell, bodyWidth-leastColumn-2)[0]
		line += cell + strings.Repeat(" ", 2+max(0, widths[i]-utf8.RuneCountInString(cell)))
	}
	indent := utf8.RuneCountInString(line)
	if bodyWidth-indent < leastColumn {
		lines = append(lines, strings.TrimRight(line, " "))
		indent = 4
		line = strings.Repeat(" ", indent)
	}
	for _, part := range wrap(row[last], bodyWidth-indent) {
		lines = append(lines, strings.TrimRight(line+part, " "))
		line = strings.Repeat(" ", indent)
	}
	return lines
}

// wrap returns text in lines of at most width, broken at spaces. A word that is longer stays whole, so that it can be copied, unless it is
// much longer.
func wrap(text string, width int) []string {
	runes := []rune(text)
	var lines []string
	for len(runes) > width {
		if len(lines) == mostLines-1 {
			return append(lines, string(runes[:width-1])+"…")
		}
		end := width
		for end > 0 && runes[end] != ' ' {
			end--
		}
		if end == 0 {
			for end = width; end < len(runes) && runes[end] != ' '; {
				end++
			}
		}
		if end > 2*width {
			end = width
		}
		lines = append(lines, strings.TrimRight(string(runes[:end]), " "))
		runes = []rune(strings.TrimLeft(string(runes[end:]), " "))
	}
	return append(lines, string(runes))
}

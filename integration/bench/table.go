package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// table is a markdown table with a name by which documents hold its place.
type table struct {
	name   string
	header []string
	rows   [][]string
}

func (t table) String() string {
	var text strings.Builder
	line := func(cells []string) { fmt.Fprintf(&text, "| %s |\n", strings.Join(cells, " | ")) }
	line(t.header)
	line(strings.Split(strings.Repeat("---,", len(t.header)-1)+"---", ","))
	for _, row := range t.rows {
		line(row)
	}
	return text.String()
}

// put replaces what stands in a markdown file between <!-- name --> and <!-- /name -->, where the file has both.
func put(file, name, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	place := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*?(<!-- /` + name + ` -->)`)
	return os.WriteFile(file, place.ReplaceAll(old, []byte("${1}"+strings.ReplaceAll(text, "$", "$$")+"${2}")), 0o644)
}

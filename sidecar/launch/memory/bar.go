package memory

import "strings"

// barCells is how wide all shares are together.
const barCells = 32

// Bar shows in one line who has what: "memory  1G   web 704M ██████████████████████  config-server 256M ████████  agent 64M ██". Without
// unicode the bars are of #. A sidecar without memory isn't shown, and without a known limit there are no bars.
func (d Division) Bar(unicode bool) string {
	var line strings.Builder
	shares := d.Sidecars
	if d.Container.Limit > 0 {
		line.WriteString("memory  " + d.Container.Limit.Short() + " ")
		shares = append([]Share{d.App}, shares...)
	} else {
		line.WriteString("memory  no limit is known ")
	}
	for _, s := range shares {
		if s.Memory > 0 {
			line.WriteString("  " + s.Name + " " + s.Memory.Short())
			if d.Container.Limit > 0 {
				line.WriteString(" " + bar(float64(s.Memory)/float64(d.Container.Limit), unicode))
			}
		}
	}
	return line.String()
}

// bar is that part of all cells, to an eighth with unicode and to a whole one without, and never nothing.
func bar(part float64, unicode bool) string {
	if !unicode {
		return strings.Repeat("#", max(int(part*barCells+0.5), 1))
	}
	eighths := max(int(part*barCells*8+0.5), 1)
	text := strings.Repeat("█", eighths/8)
	if eighths%8 > 0 {
		text += string('█' + rune(8-eighths%8)) // U+2588 is a full block, U+258F an eighth of one
	}
	return text
}

// UTF8 tells by the environment whether the locale can show more than ASCII (locale(7)).
func UTF8(variable func(name string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToUpper(variable(name)); value != "" {
			return strings.Contains(value, "UTF-8") || strings.Contains(value, "UTF8")
		}
	}
	return false
}

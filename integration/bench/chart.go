package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// chartFile is where the chart of the peers is kept.
const chartFile = "docs/comparison.svg"

// The chart's measures in pixels. Each figure is a panel, with a bar for each peer.
const (
	panelWidth = 420
	barHeight  = 18
	labelWidth = 120
	barWidth   = 200 // of the longest
	titleRoom  = 34
)

// chart draws figures as bars, two panels a row. The scale of each is logarithmic, from half its least value, since what takes a
// millisecond and what takes a second would not fit otherwise.
func chart(peers []string, figures ...*figure) string {
	panelHeight := titleRoom + barHeight*len(peers) + 16
	rows := (len(figures) + 1) / 2
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12" fill="#222">
`, 2*panelWidth, rows*panelHeight)
	svg.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	for i, f := range figures {
		fmt.Fprintf(&svg, `<g transform="translate(%d,%d)">`+"\n", i%2*panelWidth, i/2*panelHeight)
		svg.WriteString(panel(peers, f))
		svg.WriteString("</g>\n")
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}

// panel draws one figure. A peer without a value has a dash.
func panel(peers []string, f *figure) string {
	least, most := math.Inf(1), 0.0
	for _, p := range peers {
		if v := f.median(p); v > 0 { // and so not NaN
			least, most = min(least, v), max(most, v)
		}
	}
	text := fmt.Sprintf(`<text x="10" y="22" font-weight="bold">%s</text>`+"\n", html.EscapeString(f.name))
	for i, p := range peers {
		y, value, width, color := titleRoom+i*barHeight, "–", 0.0, "#9aa5b1"
		if v := f.median(p); v > 0 {
			value = fmt.Sprintf(f.format, v)
			width = barWidth * math.Log(2*v/least) / math.Log(2*most/least)
		}
		if p == ours {
			color = "#2563eb"
		}
		text += fmt.Sprintf(`<text x="%d" y="%d" text-anchor="end">%s</text><rect x="%d" y="%d" width="%.0f" height="%d" fill="%s"/>`+
			`<text x="%.0f" y="%d">%s</text>`+"\n",
			labelWidth-8, y+13, html.EscapeString(strings.Trim(p, "*")), labelWidth, y+2, width, barHeight-5, color,
			labelWidth+width+6, y+13, value)
	}
	return text
}

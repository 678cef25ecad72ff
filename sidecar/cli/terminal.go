package cli

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/preview"
)

// The widths between which a drawing is made, and the one where nobody knows better.
const (
	leastWidth, mostWidth = 60, 160
	defaultWidth          = 80
)

// isTerminal reports whether w is a terminal, and how many columns it has.
func isTerminal(w io.Writer) (columns int, ok bool) {
	file, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil || columns == 0 {
		columns = defaultWidth
	}
	return columns, true
}

// coloured reports whether what is written to w may have colours (https://no-color.org).
func coloured(w io.Writer) bool {
	_, isTerminal := isTerminal(w)
	return isTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// styleOf returns how a drawing looks best on w.
func styleOf(w io.Writer) preview.Style {
	style := preview.Style{Width: defaultWidth, Unicode: memory.UTF8(os.Getenv)}
	if columns, ok := isTerminal(w); ok {
		style.Width = min(max(columns, leastWidth), mostWidth)
	}
	if coloured(w) {
		style.Heading = func(text string) string { return "\x1b[1m" + text + "\x1b[0m" }
		style.Detail = func(text string) string { return "\x1b[2m" + text + "\x1b[0m" }
	}
	return style
}

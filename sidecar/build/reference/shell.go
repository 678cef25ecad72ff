package reference

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// longest bounds the text that is parsed, in bytes: the parser's stack has no bound of its own.
const longest = 4096

var (
	shells = []string{"ash", "bash", "dash", "ksh", "sh", "zsh"}
	// starters run what stands behind them, behind their options and variables.
	starters = []string{"command", "env", "exec", "nohup", "setsid"}
)

// textOf returns the index of the text that argv gives to a shell, 0 where it gives none.
func textOf(argv []string) int {
	if len(argv) < 3 || !slices.Contains(shells, path.Base(argv[0])) {
		return 0
	}
	if options := argv[1]; strings.HasPrefix(options, "-") && !strings.HasPrefix(options, "--") && strings.HasSuffix(options, "c") {
		return 2
	}
	return 0
}

// Text returns what argv gives to a shell, "" where it gives it nothing.
func Text(argv []string) string {
	if i := textOf(argv); i > 0 {
		return argv[i]
	}
	return ""
}

// programsIn returns where a shell's text names programs. Text that can't be parsed names none.
func programsIn(text string) []span {
	if len(text) > longest {
		return nil
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil
	}
	var all []span
	syntax.Walk(file, func(node syntax.Node) bool {
		if call, ok := node.(*syntax.CallExpr); ok {
			if s, ok := programOf(call); ok {
				all = append(all, s)
			}
		}
		return true
	})
	return all
}

// programOf returns where the program's path stands, if it is written out.
func programOf(call *syntax.CallExpr) (span, bool) {
	for _, word := range call.Args {
		s, text := literal(word)
		if text == "" {
			return s, false
		}
		if !slices.Contains(starters, text) && !strings.HasPrefix(text, "-") && !strings.Contains(text, "=") {
			return s, true
		}
	}
	return span{}, false
}

// literal returns a word that needs no expansion, and where it stands between its quotes; text is "" for any other.
func literal(word *syntax.Word) (s span, text string) {
	if len(word.Parts) != 1 {
		return s, ""
	}
	part := word.Parts[0]
	if quoted, ok := part.(*syntax.DblQuoted); ok && !quoted.Dollar && len(quoted.Parts) == 1 {
		part = quoted.Parts[0]
	}
	switch part := part.(type) {
	case *syntax.Lit:
		if strings.ContainsAny(part.Value, `\*?[{~`) {
			return s, ""
		}
		start := int(part.Pos().Offset())
		return span{start, start + len(part.Value), true}, part.Value
	case *syntax.SglQuoted:
		start := int(part.Left.Offset()) + 1
		if part.Dollar {
			return s, ""
		}
		return span{start, start + len(part.Value), true}, part.Value
	}
	return s, ""
}

// Programs returns the programs that argv runs, by their paths or by their names alone: its first word, and those in a shell's text.
func Programs(argv []string) []string {
	if len(argv) == 0 {
		return nil
	}
	programs := []string{argv[0]}
	text := Text(argv)
	for _, s := range programsIn(text) {
		programs = append(programs, text[s.start:s.end])
	}
	return programs
}

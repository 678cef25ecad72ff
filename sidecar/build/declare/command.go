package declare

import (
	"errors"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// SplitCommand returns the argv of a command's text. Text that bash would only split and unquote is split here, and so runs without a
// shell; any other becomes bash -c, as on Cloud Foundry. Text that ends inside a quote or an expansion is an error. Other text that isn't
// shell is left to bash, and so is text longer than Cloud Foundry allows: the parser's stack has no bound of its own.
func SplitCommand(text string) (Command, error) {
	viaShell := Command{"bash", "-c", text}
	if strings.ContainsRune(text, '\r') || strings.Contains(text, "\\\n") { // where the parser and bash don't always agree
		return viaShell, nil
	}
	if len(text) > maxCommand {
		return viaShell, nil
	}
	file, err := parse(text)
	if syntax.IsIncomplete(err) {
		return nil, errors.New(`it ends in the middle of a quote or an expansion: close it, or write a list, such as ["bash", "-c", "…"]`)
	}
	if err != nil || len(file.Stmts) != 1 {
		return viaShell, nil
	}
	argv, plain := plainCommand(file.Stmts[0])
	if !plain || slices.Contains(builtins, argv[0]) {
		return viaShell, nil
	}
	return argv, nil
}

// parse returns what bash reads in a text.
func parse(text string) (*syntax.File, error) {
	return syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
}

// goesAway reports whether a shell ends at once, and leaves what text has it run in the background.
func goesAway(text string) bool {
	if len(text) > maxCommand {
		return false
	}
	file, err := parse(text)
	return err == nil && len(file.Stmts) > 0 && file.Stmts[len(file.Stmts)-1].Background
}

// plainCommand returns the argv of a statement that is nothing but a program and its arguments.
func plainCommand(stmt *syntax.Stmt) (Command, bool) {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Assigns) > 0 || len(call.Args) == 0 ||
		len(stmt.Redirs) > 0 || stmt.Negated || stmt.Background || stmt.Coprocess {
		return nil, false
	}
	var argv Command
	for _, word := range call.Args {
		s, plain := plainWord(word.Parts)
		if !plain {
			return nil, false
		}
		argv = append(argv, s)
	}
	return argv, argv[0] != ""
}

// plainWord unquotes a word that has nothing to expand.
func plainWord(parts []syntax.WordPart) (string, bool) {
	var word strings.Builder
	for _, part := range parts {
		switch part := part.(type) {
		case *syntax.Lit:
			s, plain := unescape(part.Value)
			if !plain {
				return "", false
			}
			word.WriteString(s)
		case *syntax.SglQuoted:
			if part.Dollar {
				return "", false
			}
			word.WriteString(part.Value)
		case *syntax.DblQuoted:
			s, plain := plainQuoted(part)
			if !plain {
				return "", false
			}
			word.WriteString(s)
		default:
			return "", false
		}
	}
	return word.String(), true
}

// unescape takes the backslashes out of unquoted text; text with a glob, a brace or a tilde isn't plain.
func unescape(s string) (string, bool) {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		} else if strings.IndexByte("*?[]{}~", s[i]) >= 0 {
			return "", false
		}
		out.WriteByte(s[i])
	}
	return out.String(), true
}

// plainQuoted unquotes text in double quotes, where a backslash stands before few characters only.
func plainQuoted(quoted *syntax.DblQuoted) (string, bool) {
	if quoted.Dollar {
		return "", false
	}
	var out strings.Builder
	for _, part := range quoted.Parts {
		lit, ok := part.(*syntax.Lit)
		if !ok {
			return "", false
		}
		for i := 0; i < len(lit.Value); i++ {
			if lit.Value[i] == '\\' && i+1 < len(lit.Value) && strings.IndexByte("$`\"\\", lit.Value[i+1]) >= 0 {
				i++
			}
			out.WriteByte(lit.Value[i])
		}
	}
	return out.String(), true
}

// builtins are the commands that bash has in itself, by `compgen -b`; its keywords are known to the parser.
var builtins = strings.Fields(`. : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs
	disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf
	pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias
	unset wait`)

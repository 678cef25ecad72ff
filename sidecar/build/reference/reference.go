// Package reference finds the files that a command names, in its words and in the text that it gives to a shell.
package reference

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// File is a file that a command names.
type File struct {
	Path    string // as it is written
	Program bool   // the command runs it: it is the first word, or a first word of a shell's text
}

// Rewrite returns argv with what lookup returns in place of each file that it names; where that is "", the name stays. The first word is
// always one; other words name files by ./PATH, wherever that stands in them; the text of sh -c names programs by any path, such as
// bin/agent.
func Rewrite(argv []string, lookup func(File) string) []string {
	if len(argv) == 0 {
		return argv
	}
	rewritten := slices.Clone(argv)
	rewritten[0] = cmp.Or(lookup(File{argv[0], true}), argv[0])
	text := textOf(argv)
	for i := 1; i < len(argv); i++ {
		if i == text {
			rewritten[i] = rewriteText(argv[i], programsIn(argv[i]), lookup)
			continue
		}
		rewritten[i] = ""
		if strings.HasPrefix(argv[i], "./") { // as a whole it may have any character
			rewritten[i] = lookup(File{argv[i], false})
		}
		if rewritten[i] == "" {
			rewritten[i] = rewriteText(argv[i], nil, lookup)
		}
	}
	return rewritten
}

// Files returns all that argv may name.
func Files(argv []string) []File {
	var files []File
	Rewrite(argv, func(f File) string {
		if !slices.Contains(files, f) {
			files = append(files, f)
		}
		return ""
	})
	return files
}

// span is a part of a text, from start to before end, in bytes.
type span struct {
	start, end int
	program    bool
}

// dotted finds ./PATH in a text, with the character before it.
var dotted = regexp.MustCompile(`(?:^|[^-./\pL\pN_])(\./[-./\pL\pN_+@%]+)`)

func rewriteText(text string, programs []span, lookup func(File) string) string {
	all := slices.DeleteFunc(programs, func(p span) bool { return !strings.Contains(text[p.start:p.end], "/") })
	for _, match := range dotted.FindAllStringSubmatchIndex(text, -1) {
		found := span{match[2], match[3], false}
		if !slices.ContainsFunc(all, func(p span) bool { return found.start < p.end && p.start < found.end }) {
			all = append(all, found)
		}
	}
	slices.SortFunc(all, func(a, b span) int { return a.start - b.start })
	var rewritten strings.Builder
	end := 0
	for _, s := range all {
		path := text[s.start:s.end]
		rewritten.WriteString(text[end:s.start])
		rewritten.WriteString(cmp.Or(lookup(File{path, s.program}), path))
		end = s.end
	}
	return rewritten.String() + text[end:]
}

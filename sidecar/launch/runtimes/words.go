package runtimes

import "strings"

// word is one of the options in a variable, and where it stands there.
type word struct {
	text       string // without quotes
	start, end int
}

// words splits a variable as HotSpot does (Arguments::parse_options_buffer): at white space, but for what ' or " quotes; a backslash is
// a character like any other. A quote that isn't closed, with which a JVM doesn't start, ends with the text.
func words(text string) []word {
	const space = " \t\n\v\f\r"
	var all []word
	for i := 0; i < len(text); {
		if strings.IndexByte(space, text[i]) >= 0 {
			i++
			continue
		}
		start, bare, quote := i, strings.Builder{}, byte(0)
		for ; i < len(text) && (quote != 0 || strings.IndexByte(space, text[i]) < 0); i++ {
			switch c := text[i]; {
			case quote == c:
				quote = 0
			case quote == 0 && (c == '\'' || c == '"'):
				quote = c
			default:
				bare.WriteByte(c)
			}
		}
		all = append(all, word{bare.String(), start, i})
	}
	return all
}

// javaArguments returns the options for the JVM in a process's command: before the class or the jar where the program is java itself, and
// wherever they stand in what may be a shell's script.
func (p *process) javaArguments() []word {
	if !p.runs("java") {
		return words(strings.Join(p.Argv, " "))
	}
	var options []word
	for i := 1; i < len(p.Argv) && strings.HasPrefix(p.Argv[i], "-"); i++ {
		options = append(options, word{text: p.Argv[i]})
		switch p.Argv[i] {
		case "-jar", "-m", "--module":
			return options
		case "-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules", "--limit-modules",
			"--add-reads", "--add-exports", "--add-opens", "--patch-module", "--enable-native-access", "-d", "--describe-module", "--source":
			i++
		}
	}
	return options
}

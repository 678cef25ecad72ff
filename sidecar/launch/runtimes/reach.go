package runtimes

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// runs reports whether the process's command is one of these programs itself.
func (p *process) runs(programs ...string) bool {
	return len(p.Argv) > 0 && slices.Contains(programs, path.Base(p.Argv[0]))
}

// names reports whether one of these programs is in the process's command, be it behind a shell: in ["bash", "-c", "exec java …"], in
// VAR=x java, in the words that a script gets, with or without a path before it.
func (p *process) names(programs ...string) bool {
	for _, argument := range p.Argv {
		for _, w := range words(argument) {
			if slices.Contains(programs, path.Base(strings.TrimRight(w.text, ";"))) {
				return true
			}
		}
	}
	return false
}

// namesJVM reports whether the process is a JVM for certain: its command is java, or a shell or the like that is given one.
func (p *process) namesJVM() bool {
	return p.runs("java") || p.names("java") && p.runs("ash", "bash", "busybox", "dash", "env", "exec", "ksh", "nice", "setsid", "sh", "zsh")
}

// reaches reports whether the process can start one of these programs: it names one, one of the variables that lead to them is set, or
// there is one on its PATH. What a script starts can't be read off its name, and a variable does nothing to a program that doesn't know it.
func (p *process) reaches(variables, programs []string) bool {
	return p.names(programs...) || p.hasOneOf(variables) || p.findsOneOf(programs)
}

func (p *process) hasOneOf(variables []string) bool {
	return slices.ContainsFunc(variables, func(v string) bool { return p.get(v) != "" })
}

func (p *process) findsOneOf(programs []string) bool {
	for _, dir := range filepath.SplitList(p.get("PATH")) {
		for _, program := range programs {
			if info, err := os.Stat(filepath.Join(dir, program)); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return true
			}
		}
	}
	return false
}

// reachesJVM reports whether the process can start a JVM.
func (p *process) reachesJVM() bool {
	return p.reaches([]string{"JAVA_HOME", "JRE_HOME", javaToolOptions}, []string{"java"})
}

// reachesNode reports whether the process can start Node.js.
func (p *process) reachesNode() bool {
	return p.names("npm", "npx", "pnpm", "yarn") || p.reaches([]string{"NODE_HOME"}, []string{"node"})
}

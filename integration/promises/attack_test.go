package promises_test

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// fences are the sandboxes that the suite is tried in, by their column of the table.
var fences = []struct {
	column  string
	sandbox *plan.Sandbox
}{
	{"without", nil},
	{"`sandbox = \"prefer\"`", &plan.Sandbox{Mode: plan.Prefer}},
	{"`read = []`, `write = []`, no ports", &plan.Sandbox{
		Mode: plan.Require, Read: []string{}, Write: []string{}, ConnectPorts: []int{}, BindPorts: []int{},
	}},
}

func testAttack(t *testing.T, when spec.G, it spec.S) {
	everywhere(t, when, it, "refuses what a sidecar tries from its sandbox", func(on *setting) {
		var table [][]string // the rows, each an attack and how it went in each fence
		for column, fence := range fences {
			outcomes := tryAll(t, on, fence.sandbox)
			for i, outcome := range outcomes {
				name, how, _ := strings.Cut(outcome, ": ")
				if column == 0 {
					table = append(table, []string{name})
				}
				table[i] = append(table[i], how)
			}
		}
		if on == ordinary {
			publish(t, table)
		}
		for _, row := range table {
			expect(t, on, row)
		}
	})
}

// ordinary is where the table was made, settings' "as PID 1 and another user": what most containers are.
var ordinary = settings[3]

// expect holds a row to what is promised.
func expect(t *testing.T, on *setting, row []string) {
	t.Helper()
	attack, least, lists := row[0], row[2], row[3]
	switch {
	case strings.Contains(attack, "environment") && on.user == 0: // CAP_PERFMON may read whatever Landlock says
	case strings.Contains(attack, "Multipath"): // Landlock restricts TCP alone
	case lists != "refused":
		t.Errorf("%s: %s", attack, lists)
	case strings.Contains(attack, "a file") || strings.Contains(attack, "kill the app first") || strings.Contains(attack, "port"):
	case least != "refused":
		t.Errorf("%s: %s in the least of sandboxes", attack, least)
	}
}

// tryAll has a sidecar try all attacks, and returns how each went.
func tryAll(t *testing.T, on *setting, sandbox *plan.Sandbox) []string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := on.prepare(t)
	dir := s.dir
	if on.bare {
		dir = "/"
	}
	attacker := expendable("attacker", "")
	attacker.Command = []string{on.path("child"), "attack", dir, strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)}
	attacker.Sandbox = sandbox
	dependsOn(plan.AppName, plan.Started)(&attacker)
	errors := pipe(t)
	s.launch(s.supervisor(web(sidecar("sibling"), attacker), s.puppet("app")...), outputsApart(errors.write))
	app := s.enters("app")
	errors.until(`sidecar "attacker" exited`)
	app.tell("exit", "0")
	s.exits()
	var outcomes []string
	for _, line := range lines(&s.stdout) {
		if outcome, ok := strings.CutPrefix(line, "attacker | "); ok {
			outcomes = append(outcomes, outcome)
		}
	}
	return outcomes
}

const (
	tableBegin = "<!-- attacks -->\n"
	tableEnd   = "<!-- /attacks -->\n"
)

// publish compares the table with docs/security.md; with UPDATE set it writes it there.
func publish(t *testing.T, table [][]string) {
	t.Helper()
	header := []string{"a sidecar tries to"}
	for _, fence := range fences {
		header = append(header, fence.column)
	}
	rule := slices.Repeat([]string{"---"}, len(header))
	var text strings.Builder
	for _, row := range append([][]string{header, rule}, table...) {
		text.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	page := filepath.Join("..", "..", "docs", "security.md")
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	between := regexp.MustCompile("(?s)" + tableBegin + ".*" + tableEnd)
	current := between.ReplaceAllLiteralString(string(old), tableBegin+text.String()+tableEnd)
	switch {
	case os.Getenv("UPDATE") != "":
		err = os.WriteFile(page, []byte(current), 0o644)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
	case current != string(old):
		t.Errorf("%s is not what was seen; UPDATE=1 writes it:\n%s", page, text.String())
	}
}

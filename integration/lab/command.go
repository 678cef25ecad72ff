package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// hopeless is how long a command takes that won't end.
const hopeless = 10 * time.Minute

// Must runs a command as Try does, and ends the test where that fails.
func Must(t *testing.T, argv ...string) string {
	t.Helper()
	output, err := Try(argv...)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

// Try runs a command in the repository's directory, where "pack" is the lab's own. It returns what the command wrote to either output,
// without the last line's end; the error has that too.
func Try(argv ...string) (string, error) {
	text, err := run(argv)
	if argv[0] == "pack" && Unheard(text) {
		fmt.Fprintln(os.Stderr, "lab: Docker's daemon did not hear the lifecycle, so it is asked again:", err)
		text, err = run(argv)
	}
	return text, err
}

// Unheard reports whether a lifecycle found no hearing at Docker's daemon, whatever the buildpacks have done. On busy machines the daemon
// was seen to take one connection in some hundred builds, and to close it after five minutes with the request unread.
func Unheard(log string) bool { return strings.Contains(log, "error during connect: ") }

func run(argv []string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), hopeless)
	defer cancel()
	name := argv[0]
	if name == "pack" {
		name = pack
	}
	cmd := exec.CommandContext(ctx, name, argv[1:]...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "PACK_HOME="+Path("build", "lab", "home"),
		"PACK_VOLUME_KEY=sidecar-test") // without one there would be new volumes for every build
	output, err := cmd.CombinedOutput()
	text := strings.TrimSuffix(string(output), "\n")
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, text)
	}
	return text, err
}

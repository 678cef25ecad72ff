package memory

import (
	"errors"
	"os"
	"path"
	"strconv"
	"strings"
)

// errNoCounter is what FindKillCounter returns where the kernel shows no counter: outside of control groups, or where they aren't mounted.
var errNoCounter = errors.New("the kernel counts no OOM kills for this container")

// KillCounter is where the kernel counts the processes of the container that it has killed because its memory was full: oom_kill of the
// process's own group, in version 2's memory.events, which counts the groups below too, or in version 1's memory.oom_control.
type KillCounter struct{ root, file string }

// FindKillCounter returns the process's own, and what Read returns now. The root is as Limit's. It is an error where there is no counter.
func FindKillCounter(root string) (c KillCounter, kills int, err error) {
	v, err := readView(root)
	if err != nil {
		return KillCounter{}, 0, err
	}
	for _, counter := range []struct {
		hierarchy
		file string
	}{{version2, "memory.events"}, {version1, "memory.oom_control"}} {
		for _, dir := range v.directories(counter.hierarchy) {
			c = KillCounter{root, path.Join(dir, counter.file)}
			if kills, err = c.Read(); !errors.Is(err, errNoCounter) {
				return c, kills, err
			}
		}
	}
	return KillCounter{}, 0, errNoCounter
}

// Read returns how many there are by now, which only ever grows.
func (c KillCounter) Read() (int, error) {
	kills, found, err := readCount(c.root, c.file, "oom_kill")
	if err == nil && !found {
		err = errNoCounter
	}
	return kills, err
}

// EventsFile returns the memory.events of the process's own group, whose change the kernel tells (inotify(7)); "" where there is none,
// as in version 1.
func EventsFile(root string) string {
	v, err := readView(root)
	if err != nil {
		return ""
	}
	for _, dir := range v.directories(version2) {
		file := path.Join(dir, "memory.events")
		if _, err := os.Stat(root + file); err == nil {
			return root + file
		}
	}
	return ""
}

// readCount reads the number that stands behind a key in a file with a line for each.
func readCount(root, file, key string) (n int, found bool, err error) {
	lines, err := readLines(root, file)
	if err != nil {
		return 0, false, err
	}
	for _, line := range lines {
		value, isKey := strings.CutPrefix(line, key+" ")
		if !isKey {
			continue
		}
		if n, err = strconv.Atoi(value); err != nil {
			return 0, false, errors.New(file + ": " + key + " is " + strconv.Quote(value) + ", which is no number")
		}
		return n, true, nil
	}
	return 0, false, nil
}

package memory

import (
	"errors"
	"path"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// unlimited is where v1 of the control groups begins to mean that there is no limit: it says the largest number of whole pages, and pages
// differ.
const unlimited = 1 << 62

// Limit finds how much memory the control groups leave this process: the smallest limit of its own group and those above it, as far as
// they can be seen, in version 2 and in version 1, which may be mounted side by side (cgroups(7), proc(5)). Version 2's memory.high is one
// too: beyond it the kernel slows processes down so that they hardly get on. A file that isn't there limits
// nothing, one that can't be read is an error. The root is where to look for /proc and /sys/fs/cgroup: "" or "/".
func Limit(root string) (Container, error) {
	v, err := readView(root)
	if err != nil {
		return Container{}, err
	}
	var c Container
	for _, h := range []struct {
		hierarchy
		files []string
	}{
		{version2, []string{"memory.max", "memory.high"}},
		{version1, []string{"memory.limit_in_bytes", "memory.stat"}},
	} {
		for _, dir := range v.directories(h.hierarchy) {
			for _, name := range h.files {
				file := path.Join(dir, name)
				limit, err := readLimit(root, file)
				if err != nil {
					return Container{}, err
				}
				if limit > 0 && (c.Limit == 0 || limit < c.Limit) {
					c = Container{limit, file}
				}
			}
		}
	}
	return c, nil
}

// readLimit is the limit in a file; 0 is none. In version 1's memory.stat it is that of all groups above too, seen or not.
func readLimit(root, file string) (plan.Size, error) {
	lines, err := readLines(root, file)
	if err != nil || len(lines) == 0 {
		return 0, err
	}
	text := lines[0]
	if path.Base(file) == "memory.stat" {
		const key = "hierarchical_memory_limit "
		text = "max"
		for _, line := range lines {
			if value, found := strings.CutPrefix(line, key); found {
				text = value
			}
		}
	}
	if text == "max" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, errors.New(file + ": " + strconv.Quote(text) + " is no number of bytes")
	}
	if n >= unlimited {
		return 0, nil
	}
	return plan.Size(n), nil
}

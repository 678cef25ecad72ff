package memory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// unlimited is where v1 of the control groups begins to mean that there is no limit: it says the largest number of whole pages, and pages
// differ.
const unlimited = 1 << 62

// Limit finds how much memory the control groups leave this process: the smallest limit of its own group and those above it, as far as
// they can be seen, in version 2 and in version 1, which may be mounted side by side (cgroups(7), proc(5)). A file that isn't there limits
// nothing, one that can't be read is an error. The root is where to look for /proc and /sys/fs/cgroup: "" or "/".
func Limit(root string) (Container, error) {
	groups, err := readLines(root, "/proc/self/cgroup")
	if err != nil {
		return Container{}, err
	}
	mounts, err := readLines(root, "/proc/self/mountinfo")
	if err != nil {
		return Container{}, err
	}
	var c Container
	for _, h := range []hierarchy{
		{version: "cgroup2", files: []string{"memory.max"}},
		{version: "cgroup", controller: "memory", files: []string{"memory.limit_in_bytes", "memory.stat"}},
	} {
		for _, dir := range h.directories(groups, mounts) {
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

// hierarchy is one of the trees of control groups that may be about memory.
type hierarchy struct {
	version    string // its type of file system
	controller string // none in version 2, which has just one tree
	files      []string
}

// directories are those of the process's group and of the groups above it, the lowest first.
func (h hierarchy) directories(groups, mounts []string) []string {
	group, found := h.group(groups)
	if !found {
		return nil
	}
	root, point := "", ""
	for _, line := range mounts {
		r, p, ok := h.mount(line)
		if ok && (point == "" || !isBelow(group, root)) {
			root, point = r, p
		}
	}
	if point == "" {
		return nil
	}
	dirs := []string{point} // all that can be seen, where the group isn't below what is mounted: its path may be one outside a namespace
	if isBelow(group, root) {
		dirs[0] = path.Join(point, strings.TrimPrefix(group, strings.TrimSuffix(root, "/")))
	}
	for dir := dirs[0]; dir != point && dir != "/"; {
		dir = path.Dir(dir)
		dirs = append(dirs, dir)
	}
	return dirs
}

// group is the path of the process's group, from lines of the form number:controllers:path.
func (h hierarchy) group(lines []string) (string, bool) {
	for _, line := range lines {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) == 3 && listed(parts[1], h.controller) {
			return parts[2], true
		}
	}
	return "", false
}

// mount is what of the hierarchy is mounted, and where, from a line of the form: id parent device root point options [tag…] - type
// source options.
func (h hierarchy) mount(line string) (root, point string, ok bool) {
	before, after, _ := strings.Cut(line, " - ")
	fields, system := strings.Fields(before), strings.Fields(after)
	if len(fields) < 5 || len(system) < 3 || system[0] != h.version || h.controller != "" && !listed(system[2], h.controller) {
		return "", "", false
	}
	return unescape(fields[3]), unescape(fields[4]), true
}

// listed says whether a list with commas, maybe an empty one, has an entry.
func listed(list, entry string) bool {
	for e := range strings.SplitSeq(list, ",") {
		if e == entry {
			return true
		}
	}
	return false
}

// isBelow says whether a group is in the tree under root; one outside of a namespace's is as /.. to it.
func isBelow(group, root string) bool {
	below, found := strings.CutPrefix(group, strings.TrimSuffix(root, "/"))
	return found && (below == "" || below[0] == '/') && !strings.HasPrefix(below, "/..")
}

// unescape undoes what the kernel does to spaces and the like in a path: \040.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace

// readLimit is the limit in a file; 0 is none. In version 1's memory.stat it is that of all groups above too, seen or not.
func readLimit(root, file string) (Size, error) {
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
		return 0, fmt.Errorf("%s: %q is no number of bytes", file, text)
	}
	if n >= unlimited {
		return 0, nil
	}
	return Size(n), nil
}

// readLines reads a file; one that isn't there has none.
func readLines(root, file string) ([]string, error) {
	text, err := os.ReadFile(root + file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n"), nil
}

package memory

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/proc"
)

// hierarchy is one of the trees of control groups that may be about memory.
type hierarchy struct {
	version    string // its type of file system
	controller string // none in version 2, which has just one tree
}

// The trees, which may be mounted side by side.
var (
	version1 = hierarchy{version: "cgroup", controller: "memory"}
	version2 = hierarchy{version: "cgroup2"}
)

// view is what this process is told of the control groups: the lines of /proc/self/cgroup and /proc/self/mountinfo.
type view struct{ groups, mounts []string }

func readView(root string) (v view, err error) {
	if v.groups, err = readLines(root, "/proc/self/cgroup"); err != nil {
		return view{}, err
	}
	v.mounts, err = readLines(root, "/proc/self/mountinfo")
	return v, err
}

// directories returns those of the process's group and of the groups above it, the lowest first.
func (v view) directories(h hierarchy) []string {
	group, found := h.group(v.groups)
	if !found {
		return nil
	}
	root, point := "", ""
	for _, line := range v.mounts {
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
func unescape(path string) string {
	for _, each := range [][2]string{{`\040`, " "}, {`\011`, "\t"}, {`\012`, "\n"}, {`\134`, `\`}} { // the last makes no other
		path = strings.ReplaceAll(path, each[0], each[1])
	}
	return path
}

// readLines reads a file; one that isn't there has none.
func readLines(root, file string) ([]string, error) {
	text, err := proc.Read(root + file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n"), nil
}

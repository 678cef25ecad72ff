// Package watch tells when files change: those that are written or replaced, those behind links that are swapped, as Kubernetes does it
// with ..data, and those that appear later. It waits for the kernel's word (inotify(7)), so it costs nothing while nothing changes.
package watch

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
)

// Quiet is how long nothing may change any more before it is told: what changes comes in several steps.
const Quiet = 300 * time.Millisecond

// restless is how long it may not be quiet before it is told all the same: what else lies beside a file may change all the time.
const restless = 10 * Quiet

// events are those after which a file, or what a link leads to, may be another. What is written is told once it is closed.
const events = unix.IN_CREATE | unix.IN_CLOSE_WRITE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_DELETE | unix.IN_ATTRIB |
	unix.IN_DELETE_SELF | unix.IN_MOVE_SELF

// ownEvents are those that tell of a directory above that another may stand in its place.
const ownEvents = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF

// Watch calls changed with each of paths whenever it has changed, and with its state then, until the process ends. A path is a file, or a
// directory with what lies directly in it. An error is that there is no inotify left: see max_user_instances in inotify(7).
func Watch(paths []string, changed func(path, state string)) error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return fault.Wrap("inotify: ", err)
	}
	w := &watcher{file: os.NewFile(uintptr(fd), "inotify"), fd: fd, paths: paths}
	w.look()
	go w.run(changed)
	return nil
}

type watcher struct {
	file  *os.File
	fd    int
	paths []string
	seen  map[string]string // what each path was like
}

func (w *watcher) run(changed func(path, state string)) {
	buffer := make([]byte, 4096)
	for {
		if _, err := w.file.Read(buffer); err != nil {
			return
		}
		began := time.Now()
		for err := error(nil); err == nil && time.Since(began) < restless; { // until it is quiet
			_ = w.file.SetReadDeadline(time.Now().Add(Quiet))
			_, err = w.file.Read(buffer)
		}
		_ = w.file.SetReadDeadline(time.Time{})
		before := w.seen
		w.look()
		for _, path := range w.paths {
			if state := w.seen[path]; state != before[path] {
				changed(path, state)
			}
		}
	}
}

// look sees what all paths are like, after it has begun to watch everything that can change that: so nothing is missed.
func (w *watcher) look() {
	for _, path := range w.paths {
		w.watch(path)
	}
	w.seen = States(w.paths)
}

// watch begins to watch what can change what a path leads to, until there is no more of that than before.
func (w *watcher) watch(path string) {
	for known, all := []string(nil), watched(path); !slices.Equal(all, known); known, all = all, watched(path) {
		for _, each := range all {
			w.add(each, events)
			for each != filepath.Dir(each) {
				each = filepath.Dir(each)
				w.add(each, ownEvents)
			}
		}
	}
}

// add watches a file or a directory for more events. One that is gone has told so.
func (w *watcher) add(path string, events uint32) {
	_, _ = unix.InotifyAddWatch(w.fd, path, events|unix.IN_MASK_ADD)
}

// maxLinks is how many links the kernel follows (path_resolution(7)).
const maxLinks = 40

// watched returns the files and directories whose changes can change what a path leads to: itself, what it is in and, for each link on the
// way, what that is in. Of a path that isn't there it is the nearest directory above.
func watched(path string) (all []string) {
	for range maxLinks {
		dir := path
		for _, err := os.Stat(dir); err != nil && dir != filepath.Dir(dir); _, err = os.Stat(dir) {
			dir = filepath.Dir(dir)
		}
		all = append(all, dir, filepath.Dir(path))
		link, target := firstLink(path)
		if link == "" {
			break
		}
		all = append(all, filepath.Dir(link))
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(link), target)
		}
		path = filepath.Join(target, path[len(link):])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// firstLink returns the first link on the way to a path, which may be the path itself, and where that leads; or nothing.
func firstLink(path string) (link, target string) {
	for at := range len(path) + 1 {
		if at == len(path) || at > 0 && path[at] == filepath.Separator {
			if target, err := os.Readlink(path[:at]); err == nil {
				return path[:at], target
			}
		}
	}
	return "", ""
}

// States returns for each path what tells one state of it from another.
func States(paths []string) map[string]string {
	states := make(map[string]string, len(paths))
	for _, path := range paths {
		states[path] = state(path)
	}
	return states
}

// state tells one content of a path from another: by what it is, how large, and when it was written. Of a directory it has what lies in it.
func state(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "none"
	}
	text := describe(info)
	if !info.IsDir() {
		return text
	}
	text = ""
	entries, _ := os.ReadDir(path)
	for _, entry := range entries {
		if info, err := os.Stat(filepath.Join(path, entry.Name())); err == nil && !info.IsDir() {
			text += entry.Name() + " " + describe(info)
		}
	}
	return text
}

func describe(info fs.FileInfo) string {
	inode := uint64(0)
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = s.Ino
	}
	size, written := strconv.FormatInt(info.Size(), 10), strconv.FormatInt(info.ModTime().UnixNano(), 10)
	return info.Mode().String() + " " + size + " " + written + " " + strconv.FormatUint(inode, 10) + "\n"
}

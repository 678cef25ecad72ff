package layer_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/buildpacks/libcnb/v2"

	"github.com/sidecar-buildpack/sidecar/integration/bounded"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/binary"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/layer"
)

// FuzzPaths names whatever can be named in an app with links inside, out, in circles and to nowhere: no content from outside may come into
// a layer, and nothing outside may change.
func FuzzPaths(f *testing.F) {
	for _, seed := range [][2]string{
		{"./server", "conf"}, {"../outside/secret", "."}, {"out/secret", "out"}, {"./loop", "nowhere"}, {"conf/../server", "conf/../../outside"},
		{"conf/up/server", "conf/up"}, {"./server/x", "//server"}, {"file", "file/../out/secret"}, {"", "\x00"},
	} {
		f.Add(seed[0], seed[1])
	}
	const secret = "what nobody may see"
	f.Fuzz(func(t *testing.T, command, file string) {
		root := t.TempDir()
		app, layers, outside := filepath.Join(root, "app"), filepath.Join(root, "layers", "own"), filepath.Join(root, "outside", "secret")
		write(t, filepath.Join(app, "server"), "#!/bin/sh\n", 0o755)
		write(t, filepath.Join(app, "conf", "a.yml"), "a", 0o640)
		write(t, outside, secret, 0o600)
		if err := os.MkdirAll(layers, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, target := range map[string]string{
			"out": "../outside", "file": "../outside/secret", "loop": "loop", "nowhere": "gone", "conf/up": "..", "conf/out": filepath.Dir(outside),
		} {
			if err := os.Symlink(target, filepath.Join(app, name)); err != nil {
				t.Fatal(err)
			}
		}
		target := binary.Target{OS: "linux", Arch: runtime.GOARCH, Layers: filepath.Dir(layers), Root: "/"}
		sidecar := declare.Sidecar{Origin: "sidecar.toml", Name: "agent", Command: []string{command}, Files: []string{file}}
		var found []layer.Slice
		bounded.Do(t, 64<<20+1000*uint64(len(command)+len(file)), func() {
			found, _, _ = layer.NewSlices(app, "own", target, []declare.Sidecar{sidecar})
		})
		for _, slice := range found {
			_ = slice.MakeRunnable()
			for _, path := range slice.Paths {
				real, err := filepath.EvalSymlinks(filepath.Join(app, path))
				if err != nil || real != filepath.Join(app, path) {
					t.Fatalf("%q isn't where it is said to be: %q, %v", path, real, err)
				}
			}
		}
		_ = layer.DescribeSlices(libcnb.Layers{Path: layers}, found)
		text, err := os.ReadFile(outside)
		if info, _ := os.Lstat(outside); err != nil || string(text) != secret || info.Mode() != 0o600 {
			t.Fatalf("outside is changed: %q, %v, %v", text, info, err)
		}
		_ = filepath.WalkDir(layers, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			if text, _ := os.ReadFile(path); bytes.Contains(text, []byte(secret)) {
				t.Fatalf("%s holds what is outside", path)
			}
			return nil
		})
	})
}

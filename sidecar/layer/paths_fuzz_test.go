package layer_test

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/buildpacks/libcnb/v2"
	"github.com/paketo-buildpacks/libpak/v2/log"

	"github.com/sidecar-buildpack/sidecar/sidecar/binary"
	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/layer"
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
		contributors, _ := layer.NewSidecars(app, "own", target, []declare.Sidecar{sidecar}, log.NewPaketoLogger(io.Discard))
		for _, c := range contributors {
			l, err := (&libcnb.Layers{Path: layers}).Layer(c.Name())
			if err != nil {
				t.Fatal(err)
			}
			_ = c.Contribute(&l)
		}
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

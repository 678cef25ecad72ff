package binary_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sidecar-buildpack/sidecar/integration/bounded"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/binary"
)

// FuzzProgram looks into whatever begins like a program.
func FuzzProgram(f *testing.F) {
	own, err := os.ReadFile("/bin/true")
	if err != nil {
		f.Skip("no program to begin with: ", err)
	}
	f.Add(own[:min(len(own), 4096)])
	f.Add([]byte("#!/usr/bin/env -S a b\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(path, text, 0o755); err != nil {
			t.Fatal(err)
		}
		bounded.Do(t, 64<<20, func() {
			if _, err := binary.Read(path); err != nil {
				t.Errorf("a file that is no program is no error, but: %v", err)
			}
		})
	})
}

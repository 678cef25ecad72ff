package adopt

import (
	"testing"
	"testing/fstest"

	"github.com/sidecar-buildpack/sidecar/integration/bounded"
)

// FuzzFiles reads whatever stands in the files of other tools, and writes it down.
func FuzzFiles(f *testing.F) {
	for kind, text := range []string{
		"web: bundle exec puma\nagent: ./agent $PORT\n",
		"[program:agent]\ncommand=./agent %(ENV_A)s\nautorestart=unexpected\n; a comment\n",
		"services:\n  web: &a\n    command: [./web]\n  agent:\n    <<: *a\n    depends_on: [web]\n    environment: {A: 1}\n",
	} {
		f.Add(uint8(kind), text)
	}
	f.Fuzz(func(t *testing.T, kind uint8, text string) {
		bounded.Do(t, 64<<20+1000*uint64(len(text)), func() {
			if found, err := readers[int(kind)%len(readers)].read(fstest.MapFS{}, []byte(text)); err == nil {
				TOML([]Found{found})
			}
		})
	})
}

package declare_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/sidecar-buildpack/sidecar/integration/bounded"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		minimal,
		"[app]\ndepends-on = { a = 'ready' }\nlogs = 'json'\n[[sidecars]]\nname = 'a'\ncommand = 'x $Y'\nreadiness-probe.tcp-socket.port = 80",
		"sidecars = [{name = 'a', command = ['b'], memory = '1.5G', inherit-env = ['A'], env = {A = 'b'}, stop-signal = 'int'}]",
		"[[sidecars]]\nname = 'a'\ncommand = 'b'\ndepends-on = { a = 'completed', app = 'started' }\nrestart-window-seconds = nan",
		"[[sidecars]]\nname = 'a'\ncommand = 'b'\n[sidecars.liveness-probe]\n" +
			"http-get = { port = 1, headers = { a = 'b' } }\nexec.command = 'a b'",
		"[sidecars]\nname = 1979-05-27",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		bounded.Do(t, enough(text), func() {
			d, err := declare.Parse(text, "sidecar.toml")
			holds(t, d, err, "sidecar.toml:")
		})
	})
}

func FuzzParseManifest(f *testing.F) {
	for _, seed := range []string{
		manifest,
		application("[{name: a, command: b c, process_types: [web], memory: 64}]", "memory: 1G", "env: {A: 1, B: {c: [d]}}"),
		"a: &a {name: x, command: 'y', process_types: [web, worker]}\napplications:\n- name: b\n  sidecars:\n  - <<: *a\n    memory: 1M\n  - *a",
		"applications:\n- name: a\n  processes: [{type: web, memory: 1M}]\n  sidecars: [{1: 2}, null, {name: ((b))}]",
	} {
		f.Add([]byte(seed), "")
	}
	f.Fuzz(func(t *testing.T, text []byte, application string) {
		bounded.Do(t, enough(text), func() {
			d, _, err := declare.ParseManifest(text, "manifest.yml", application)
			holds(t, d, err, "manifest.yml:")
		})
	})
}

func FuzzParseLaunch(f *testing.F) {
	for _, seed := range []string{
		"processes:\n- type: agent\n  command: run it\n  limits: {memory: 10}\n  platforms: {cloudfoundry: {sidecar_for: [web, worker]}}",
		"processes: [{type: a, command: 'b', platforms: {cloudfoundry: {sidecar_for: web}}}, null, {type: [c]}]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		bounded.Do(t, enough(text), func() {
			source, err := declare.ParseLaunch(text, "launch.yml")
			holds(t, source.Declaration, err, "launch.yml:")
		})
	})
}

// enough is what reading and encoding a text, and reading that, may allocate in all, in bytes.
func enough(text []byte) uint64 { return 64<<20 + 10_000*uint64(len(text)) }

// holds checks what is promised of every text: errors begin with the file, and a declaration survives its encoding.
func holds(t *testing.T, d declare.Declaration, err error, prefix string) {
	if err != nil {
		if !strings.HasPrefix(err.Error(), prefix) || !reflect.ValueOf(d).IsZero() {
			t.Fatalf("%v: %v", err, d)
		}
		return
	}
	read, err := declare.Decode(d.Encode(), "label")
	if err != nil || !reflect.DeepEqual(read, d) {
		t.Fatalf("%#v\nis encoded as\n%s\nand read as\n%#v, %v", d, d.Encode(), read, err)
	}
}

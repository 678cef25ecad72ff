package declare

import (
	"maps"
	"slices"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// wholeMegabytes reads memory as Cloud Foundry does for a sidecar: whole megabytes, which is also what a bare number means.
func wholeMegabytes(t *document.Table) plan.Size {
	var size plan.Size
	switch v := t.Value("memory").(type) {
	case nil:
		return 0
	case int64:
		size = plan.Size(min(max(v, 0), maxMegabytes)) * plan.M
	case string:
		if !filledIn(t, "memory", v) {
			return 0
		}
		size, _ = plan.ParseSize(v) // what it says is of bytes; what counts here are megabytes
	}
	size -= size % plan.M
	if size == 0 {
		t.Refuse("memory", `Memory in mb is not a number more than 0: write whole megabytes, such as 64M`)
	}
	return size
}

const maxMegabytes = 1 << 40 // so that their bytes fit

// checkSums reports sidecars that leave their process nothing of its memory.
func (m manifest) checkSums(sidecars []Sidecar) {
	sizes := m.processMemory()
	for _, processType := range slices.Sorted(maps.Keys(sizes)) {
		rest := sizes[processType]
		for _, s := range sidecars {
			if rest > 0 && slices.Contains(s.ProcessTypes, processType) {
				rest -= s.Memory
			}
		}
		if rest <= 0 {
			m.Reportf("memory", "The memory allocation defined is too large to run with the dependent %q process, which has %s: "+
				"give it more, or its sidecars less", processType, sizes[processType])
		}
	}
}

// processMemory returns the memory of the process types for which the manifest says it: the application's own is web's, unless
// processes has a web with its own.
func (m manifest) processMemory() map[string]plan.Size {
	sizes := map[string]plan.Size{}
	tables := append([]*document.Table{m.Table}, m.Tables("processes", "Processes must be an array of process configurations")...)
	for _, t := range tables {
		processType := t.Text("type", "web")
		delete(sizes, processType)
		if t.Has("command") {
			t.Cautionf("command", "command is not read: earlier buildpacks say what the process type %s runs", show.Text(processType))
		}
		if m.words.second {
			t = scale(t)
		}
		text, _ := t.Peek("memory").(string)
		if !t.Has("memory") || variable.MatchString(text) {
			continue // unknown here; Cloud Foundry checks the sum itself
		}
		size, err := plan.ParseSize(text)
		if err != nil {
			t.Refuse("memory", "Memory must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB")
			continue
		}
		sizes[processType] = size - size%plan.M
	}
	return sizes
}

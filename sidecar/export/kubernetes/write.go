package kubernetes

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
)

// YAML returns the objects as YAML, with what is needed and what is lost in comments before them.
func (r Result) YAML() ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(export.Comments(r.Needs, r.Losses))
	for i, object := range r.Objects {
		text, err := marshal(object)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out.WriteString("---\n")
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}

// Base returns the files of a base for Kustomize by their names: kustomization.yaml, and one for each object.
func (r Result) Base() (map[string][]byte, error) {
	files, resources := map[string][]byte{}, []string{}
	for _, object := range r.Objects {
		text, err := marshal(object)
		if err != nil {
			return nil, err
		}
		name := strings.ToLower(object.GetObjectKind().GroupVersionKind().Kind) + ".yaml"
		files[name] = text
		resources = append(resources, name)
	}
	kustomization, err := yaml.Marshal(map[string]any{
		"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources,
	})
	files["kustomization.yaml"] = append([]byte(export.Comments(r.Needs, r.Losses)), kustomization...)
	return files, err
}

// marshal leaves out an object's status, which is the cluster's to write.
func marshal(object runtime.Object) ([]byte, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	delete(fields, "status")
	if text, err = json.Marshal(fields); err != nil {
		return nil, err
	}
	return yaml.JSONToYAML(escaped(text))
}

// escaped returns JSON with escapes for the characters that JSON takes as they are, and that YAML refuses or folds: the library reads it
// as YAML. All of them have four hexadecimal digits (YAML 1.2, section 5.1).
func escaped(text []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(text) {
		if r >= 0x7f && r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.Bytes()
}

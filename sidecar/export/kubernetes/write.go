package kubernetes

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// YAML returns the objects as YAML, with what is needed and what is lost in comments before them.
func (r Result) YAML() ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(r.comments())
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
	files["kustomization.yaml"] = append([]byte(r.comments()), kustomization...)
	return files, err
}

func (r Result) comments() string {
	var text strings.Builder
	for _, need := range r.Needs {
		fmt.Fprintf(&text, "# needs: %s\n", need)
	}
	for _, loss := range r.Losses {
		fmt.Fprintf(&text, "# lost: %s\n", loss)
	}
	return text.String()
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
	return yaml.Marshal(fields)
}

package declare

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// mostValues is how many values a YAML document may have, with those behind aliases counted wherever they are used.
const mostValues = 50_000

// parseYAML reads a document of Cloud Foundry's: a table that begins with the key first.
func parseYAML(text []byte, p *problems, first string) (*table, error) {
	if len(text) > mostBytes {
		return nil, errors.New(tooLarge)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, yamlError(err, first)
	}
	if n := count(&root, map[*yaml.Node]int{}); n > mostValues {
		return nil, fmt.Errorf("it has more than %d values, those behind its aliases included: write fewer", mostValues)
	}
	t := &table{problems: p}
	if root.IsZero() { // an empty document
		return t, nil
	}
	if err := root.Decode(&t.values); err != nil {
		return nil, yamlError(err, first)
	}
	return t, nil
}

// count gives the number of values in a node, up to a little more than mostValues. An alias of what it is in counts as
// nothing: decoding refuses it.
func count(node *yaml.Node, counted map[*yaml.Node]int) int {
	if node == nil {
		return 0
	}
	if n, ok := counted[node]; ok {
		return n
	}
	counted[node] = 0
	n := 1 + count(node.Alias, counted)
	for _, child := range node.Content {
		n = min(n+count(child, counted), mostValues+1)
	}
	counted[node] = n
	return n
}

// yamlError takes Go's types out of what the library says of a document that is no table.
func yamlError(err error, first string) error {
	reason := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.Contains(reason, "cannot unmarshal") {
		reason = "it begins with " + first + ":"
	}
	return errors.New(strings.Join(strings.Fields(reason), " "))
}

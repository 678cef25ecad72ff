// Package schema writes the declaration's JSON Schema, for editors that complete and check a sidecar.toml while it is written.
package schema

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
)

// object is one schema. It has draft-07's words alone, which editors for TOML know.
type object map[string]any

// JSON returns the schema of a sidecar.toml.
func JSON() ([]byte, error) {
	root := table(declare.Keys())
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "sidecar.toml"
	text, err := json.MarshalIndent(root, "", "  ")
	return append(text, '\n'), err
}

// table returns the schema of a table with these keys and no others.
func table(keys []declare.Key) object {
	properties, required := object{}, []string{}
	for _, key := range keys {
		properties[key.Name] = property(key)
		if key.Required != "" || key.Unset == "required" {
			required = append(required, key.Name)
		}
	}
	schema := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

func property(key declare.Key) object {
	schema := value(key.Type)
	schema["description"] = key.Text()
	if key.Default != nil {
		schema["default"] = key.Default
	}
	return schema
}

// value returns the schema of a key's value.
func value(is declare.Type) object {
	switch is.Name {
	case "text":
		schema := object{"type": "string"}
		if len(is.Words) > 0 {
			schema["enum"] = is.Words
		}
		return schema
	case "true or false":
		return object{"type": "boolean"}
	case "whole number":
		return bounded("integer", is)
	case "number of seconds":
		return bounded("number", is)
	case "list of text":
		return list(object{"type": "string"})
	case "list of whole numbers":
		return list(bounded("integer", is))
	case "list of tables":
		return list(table(is.Keys))
	case "table of text":
		return object{"type": "object", "additionalProperties": object{"type": "string"}}
	case "table":
		if len(is.Keys) == 0 {
			return object{"type": "object", "additionalProperties": object{"enum": is.Words}}
		}
		return table(is.Keys)
	}
	if choices := strings.Split(is.Name, " or "); len(choices) > 1 {
		return anyOf(is, strings.Split(strings.ReplaceAll(is.Name, ", ", " or "), " or "))
	}
	panic(fmt.Sprintf("the schema has no word for a value that is a %s", is.Name)) // only if a kind of value is added
}

// anyOf returns the schema of a value that may be written in several ways.
func anyOf(is declare.Type, choices []string) object {
	var all []object
	for _, choice := range choices {
		switch choice {
		case "true", "false":
			all = append(all, object{"const": choice == "true"})
		default:
			is.Name = choice
			all = append(all, value(is))
		}
	}
	return object{"anyOf": all}
}

func list(of object) object { return object{"type": "array", "items": of} }

func bounded(name string, is declare.Type) object {
	schema := object{"type": name}
	if is.Low != 0 || is.High != 0 {
		schema["minimum"], schema["maximum"] = is.Low, is.High
	}
	return schema
}

package declare

import (
	"fmt"

	"github.com/BurntSushi/toml"
)

// Encode writes the declaration as TOML that Decode reads back to an equal one: it goes through the build plan and into a label of
// the image this way.
func (d Declaration) Encode() string {
	text, err := toml.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("a declaration that can't be TOML: %v", err)) // only if its types change: none of their values can fail
	}
	return string(text)
}

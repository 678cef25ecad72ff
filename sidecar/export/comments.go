package export

import (
	"fmt"
	"strings"
)

// Comments returns what is needed and what is lost as comments of YAML, one a line.
func Comments(needs Needs, losses Losses) string {
	var text strings.Builder
	for _, need := range needs {
		fmt.Fprintf(&text, "# needs: %s\n", need)
	}
	for _, loss := range losses {
		fmt.Fprintf(&text, "# lost: %s\n", loss)
	}
	return text.String()
}

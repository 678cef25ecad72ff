package logs

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"": "",
		`sidecar "a" says: C:\x, é, 猫, █░`:     `sidecar "a" says: C:\x, é, 猫, █░`,
		"\x1b]0;title\a\r\x1b[Kforged":         `\x1b]0;title\a\r\x1b[Kforged`,
		"two\nlines\tand a tab":                `two\nlines\tand a tab`,
		"\u202egnirts\u0085 and half \xf0\x9f": `\u202egnirts\u0085 and half \xf0\x9f`,
		"\ufffd":                               "\ufffd",
	} {
		NewWithT(t).Expect(Printable(text)).To(Equal(want))
	}
}

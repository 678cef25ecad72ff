package plan_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]plan.Size{
		"1B":                   1,
		"100b":                 100,
		"2047KB":               2047 * plan.K,
		"64M":                  64 * plan.M,
		"64m":                  64 * plan.M,
		"64Mi":                 64 * plan.M,
		"64MB":                 64 * plan.M,
		"64MiB":                64 * plan.M,
		"1.5G":                 1536 * plan.M,
		"0.5K":                 512,
		"1.0001K":              1024, // fractions of a byte are dropped
		"2T":                   2 * plan.T,
		"007M":                 7 * plan.M,
		"9007199254740993B":    9007199254740993, // more than a float64 can tell apart
		"9223372036854775807B": 9223372036854775807,
	} {
		size, err := plan.ParseSize(text)
		if err != nil || size != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", text, size, err, want)
		}
	}
}

func TestParseSizeRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "write a number and a unit, such as 64M",
		"64":                   "write a number and a unit, such as 64M",
		"64X":                  "write a number and a unit, such as 64M",
		"64BM":                 "write a number and a unit, such as 64M",
		"M":                    "write a positive number and a unit",
		"-64M":                 "write a positive number and a unit",
		"64 M":                 "write it without spaces, 64M",
		"- 64 M":               "write a positive number and a unit",
		"1e3M":                 "write a positive number and a unit",
		".5G":                  "write a positive number and a unit",
		"5.G":                  "write a positive number and a unit",
		"1.2.3M":               "write a positive number and a unit",
		"0M":                   "write at least 1B and less than 8388608T",
		"0.1B":                 "that a process can have",
		"9223372036854775808B": "that a process can have",
		"99999999T":            "that a process can have",
	} {
		t.Run(text, func(t *testing.T) {
			_, err := plan.ParseSize(text)
			NewWithT(t).Expect(err).To(MatchError(And(ContainSubstring("%q is not an amount of memory", text), ContainSubstring(want))))
		})
	}
}

func TestSizeReadsBackWhatItWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := plan.Size(rapid.Int64Min(0).Draw(t, "bytes"))
		text, err := size.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var read plan.Size
		if err := read.UnmarshalText(text); err != nil || read != size {
			t.Fatalf("%d was written as %q and read as %d, %v", size, text, read, err)
		}
	})
}

func TestSizeIsShownInItsLargestWholeUnit(t *testing.T) {
	for want, size := range map[string]plan.Size{"1536M": 1536 * plan.M, "2G": 2 * plan.G, "1025B": 1025, "3K": 3 * plan.K,
		"1T": plan.T} {
		if got := size.String(); got != want {
			t.Errorf("%d bytes are shown as %s, want %s", int64(size), got, want)
		}
	}
}

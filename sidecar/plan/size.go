package plan

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is an amount of memory in bytes.
type Size int64

// Units of memory, base 1024.
const (
	B Size = 1
	K      = 1024 * B
	M      = 1024 * K
	G      = 1024 * M
	T      = 1024 * G
)

// ParseSize reads a number, whole or with a fraction, and its unit: B, K, M, G or T, all but B with an optional iB or B
// behind, in any case. The base is 1024 and fractions of a byte are dropped, as Cloud Foundry does. A missing unit,
// zero, what is negative and what 63 bits can't hold are errors.
func ParseSize(s string) (Size, error) {
	digits := strings.TrimRight(s, "BbIiKkMmGgTt")
	var unit Size
	switch strings.ToUpper(s[len(digits):]) {
	case "B":
		unit = B
	case "K", "KI", "KB", "KIB":
		unit = K
	case "M", "MI", "MB", "MIB":
		unit = M
	case "G", "GI", "GB", "GIB":
		unit = G
	case "T", "TI", "TB", "TIB":
		unit = T
	default:
		return 0, errors.New(strconv.Quote(s) +
			" is not an amount of memory: write a number and a unit, such as 64M or 1.5G (B, K, M, G, T; base 1024)")
	}
	if !isNumber(digits) {
		if joined := strings.ReplaceAll(s, " ", ""); joined != s && isNumber(strings.ReplaceAll(digits, " ", "")) {
			return 0, errors.New(strconv.Quote(s) + " is not an amount of memory: write it without spaces, " + joined)
		}
		return 0, errors.New(strconv.Quote(s) +
			" is not an amount of memory: write a positive number and a unit, such as 64M or 1.5G")
	}
	return multiply(s, digits, unit)
}

func isNumber(s string) bool {
	whole, fraction, fractional := strings.Cut(s, ".")
	isDigits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return isDigits(whole) && (!fractional || isDigits(fraction))
}

// multiply keeps whole numbers exact, which a float64 does up to 8P only.
func multiply(s, digits string, unit Size) (Size, error) {
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil && n > 0 && n <= math.MaxInt64/int64(unit) {
		return Size(n) * unit, nil
	}
	n, err := strconv.ParseFloat(digits, 64)
	n *= float64(unit)
	if err != nil || n < 1 || n >= math.MaxInt64 {
		return 0, errors.New(strconv.Quote(s) +
			" is not an amount of memory that a process can have: write at least 1B and less than 8388608T")
	}
	return Size(n), nil
}

// String writes the size in the largest unit that gives a whole number: 1536M, not 1.5G, so that it reads back exactly.
func (s Size) String() string {
	for _, u := range []struct {
		size Size
		name string
	}{{T, "T"}, {G, "G"}, {M, "M"}, {K, "K"}} {
		if s != 0 && s%u.size == 0 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// Short writes the size for the eye, rounded down: whole gigabytes as such, else megabytes below 10G and tenths of gigabytes from there,
// and kilobytes or bytes where it is less than a megabyte.
func (s Size) Short() string {
	switch {
	case s%G == 0 && s > 0:
		return strconv.FormatInt(int64(s/G), 10) + "G"
	case s >= 10*G:
		return strconv.FormatInt(int64(s/G), 10) + "." + strconv.FormatInt(int64(s%G*10/G), 10) + "G"
	case s >= M:
		return strconv.FormatInt(int64(s/M), 10) + "M"
	case s >= K:
		return strconv.FormatInt(int64(s/K), 10) + "K"
	}
	return s.String()
}

// MarshalText writes the size as String does; the zero Size, no amount, as nothing.
func (s Size) MarshalText() ([]byte, error) {
	if s == 0 {
		return nil, nil
	}
	return []byte(s.String()), nil
}

// UnmarshalText is ParseSize, with nothing read as the zero Size.
func (s *Size) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = 0
		return nil
	}
	n, err := ParseSize(string(text))
	*s = n
	return err
}

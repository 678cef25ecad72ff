// Package show writes what others wrote, so that a log or a terminal shows it and does nothing else.
package show

import (
	"errors"
	"io/fs"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Text returns s on one line, with Go's escapes for all that isn't printed: control characters, line ends, what turns the
// direction of writing, and bytes that are no text.
func Text(s string) string {
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`), `\\`, `\`)
}

// hidden reports whether r isn't to be seen as it is. The rune for bytes that are no text is one of those.
func hidden(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }

// plainWord is one that a shell takes as it is.
var plainWord = regexp.MustCompile(`^[\pL\pN_@%+=:,./-]+$`)

// Command returns argv as a POSIX shell reads it, on one line, with what is hidden escaped.
func Command(argv []string) string {
	words := make([]string, len(argv))
	for i, word := range argv {
		words[i] = Text(word)
		if !plainWord.MatchString(word) {
			words[i] = "'" + strings.ReplaceAll(words[i], "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// Reason returns a file's error without its path, for a message that has that already.
func Reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// secret stands for what isn't shown.
const secret = "***"

// uri is how one looks in the middle of other text.
var uri = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]+`)

// Redacted returns text with "***" for users, passwords, queries and fragments of all URIs in it.
func Redacted(text string) string { return uri.ReplaceAllStringFunc(text, URI) }

// URI returns a URI with "***" for its user and password, its query and its fragment, all of which may be secrets.
func URI(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return text
	}
	end := strings.IndexAny(rest, "?#")
	tail := ""
	if end >= 0 && end+1 < len(rest) {
		rest, tail = rest[:end], rest[end:end+1]+secret
	}
	authority, path, slash := strings.Cut(rest, "/")
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		authority = secret + authority[at:]
	}
	if slash {
		path = "/" + path
	}
	return scheme + "://" + authority + path + tail
}

// HasSecrets reports whether URI leaves something out.
func HasSecrets(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.User != nil || u.RawQuery != "" || u.Fragment != "")
}

package settings

// nearest returns the known name that takes the fewest edits.
func nearest(name string, known []setting) (best string) {
	fewest := 0
	for _, k := range known {
		if n := edits(name, k.name); best == "" || n < fewest {
			best, fewest = k.name, n
		}
	}
	return best
}

// edits returns Levenshtein's distance: how many bytes to insert, delete or replace to make b of a.
func edits(a, b string) int {
	row := make([]int, len(b)+1) // from a[:i] to b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, replaced)
		}
	}
	return row[len(b)]
}

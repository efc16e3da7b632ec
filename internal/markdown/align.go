package markdown

import "strings"

// Align makes the columns of Markdown tables as wide as their widest cell, so
// that they can be read on a terminal.
func Align(text string) string {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); {
		n := i
		for n < len(lines) && strings.HasPrefix(lines[n], "|") {
			n++
		}
		alignTable(lines[i:n])
		i = max(n, i+1)
	}

	return strings.Join(lines, "\n")
}

// alignTable aligns the lines of one table.
func alignTable(lines []string) {
	var widths []int
	rows := make([][]string, len(lines))
	for i, line := range lines {
		rows[i] = strings.Split(strings.Trim(line, "|"), "|")
		for j, cell := range rows[i] {
			if j == len(widths) {
				widths = append(widths, 0)
			}
			cell = strings.TrimSpace(cell)
			rows[i][j] = cell
			widths[j] = max(widths[j], len([]rune(cell)))
		}
	}

	for i, row := range rows {
		rule := len(row) > 0 && strings.HasPrefix(row[0], "---")
		lines[i] = ""
		for j, cell := range row {
			if rule {
				cell = strings.Repeat("-", widths[j])
			}
			lines[i] += "  " + cell + strings.Repeat(
				" ", widths[j]-len([]rune(cell)),
			)
		}
		lines[i] = strings.TrimRight(lines[i], " ")
	}
}

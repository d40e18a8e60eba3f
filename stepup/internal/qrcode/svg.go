// A code as an outline that a template puts into a page.

package qrcode

import (
	"fmt"
	"strings"
)

// quietZone is the width in modules of what has to stay light around a symbol
// (6.3.8).
const quietZone = 4

// Size is the width and height of the code and its quiet zone, in modules.
func (c *Code) Size() int { return c.side + 2*quietZone }

// Path is the outline of the dark modules for the d attribute of an SVG path,
// where a module is 1 wide and the quiet zone begins at 0. With its colors in
// attributes the code is black on white without a stylesheet, in dark mode and
// with forced colors, and the page needs no inline style.
//
//	<svg viewBox="0 0 {{.Size}} {{.Size}}" role="img" aria-label="…" shape-rendering="crispEdges">
//	<path fill="#fff" d="M0 0h{{.Size}}v{{.Size}}H0z"/>
//	<path fill="#000" d="{{.Path}}"/>
//	</svg>
func (c *Code) Path() string {
	var b strings.Builder
	for i := 0; i < len(c.dark); i++ {
		row, column := i/c.side, i%c.side
		width := 0
		for column+width < c.side && c.dark[i+width] {
			width++
		}
		if width > 0 {
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", quietZone+column, quietZone+row, width, width)
			i += width - 1
		}
	}
	return b.String()
}

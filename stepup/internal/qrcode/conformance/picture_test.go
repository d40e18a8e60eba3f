package conformance

import (
	"encoding/xml"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/internal/qrcode"
)

// page is the element of the documentation of Code.Path.
const page = `<svg viewBox="0 0 {{.Size}} {{.Size}}" role="img" aria-label="…" shape-rendering="crispEdges">
<path fill="#fff" d="M0 0h{{.Size}}v{{.Size}}H0z"/>
<path fill="#000" d="{{.Path}}"/>
</svg>`

// quietZone is what 6.3.8 asks for.
const quietZone = 4

// A picture is what a browser shows of a code: true is black.
type picture [][]bool

// show renders the page and paints its paths, one pixel for a unit.
func show(t testing.TB, code *qrcode.Code) picture {
	t.Helper()
	var b strings.Builder
	if err := template.Must(template.New("").Parse(page)).Execute(&b, code); err != nil {
		t.Fatal(err)
	}
	var svg struct {
		ViewBox string `xml:"viewBox,attr"`
		Paths   []struct {
			Fill string `xml:"fill,attr"`
			D    string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal([]byte(b.String()), &svg); err != nil {
		t.Fatal(err)
	}
	var side, same int
	if _, err := fmt.Sscanf(svg.ViewBox, "0 0 %d %d", &side, &same); err != nil || side != same || len(svg.Paths) != 2 {
		t.Fatalf("view box %q and %d paths: %v", svg.ViewBox, len(svg.Paths), err)
	}
	white, black := svg.Paths[0], svg.Paths[1]
	if white.Fill != "#fff" || black.Fill != "#000" {
		t.Fatalf("the colors are %q and %q", white.Fill, black.Fill)
	}
	for y, row := range paint(t, side, white.D) {
		for x, painted := range row {
			if !painted {
				t.Fatalf("%d, %d: there is nothing white below the code", x, y)
			}
		}
	}
	return paint(t, side, black.D)
}

// paint fills the areas that a path encloses: each vertical line inverts what
// is on its right.
func paint(t testing.TB, side int, path string) picture {
	t.Helper()
	p := make(picture, side)
	for y := range p {
		p[y] = make([]bool, side)
	}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("path: %v", err)
		}
		return n
	}
	var x, y, startX, startY int
	down := func(to int) {
		for row := min(y, to); row < max(y, to); row++ {
			for column := x; column < side; column++ {
				p[row][column] = !p[row][column]
			}
		}
		y = to
	}
	read := 0
	for _, command := range regexp.MustCompile(`([MhHvz])([-0-9]*) ?([0-9]*)`).FindAllStringSubmatch(path, -1) {
		read += len(command[0])
		switch command[1] {
		case "M":
			x, y = number(command[2]), number(command[3])
			startX, startY = x, y
		case "h":
			x += number(command[2])
		case "H":
			x = number(command[2])
		case "v":
			down(y + number(command[2]))
		case "z":
			if x == startX {
				down(startY)
			}
			if x != startX || y != startY {
				t.Fatalf("path: a line that closes an area is oblique")
			}
		}
	}
	if read != len(path) {
		t.Fatalf("path: %d of %d bytes understood", read, len(path))
	}
	return p
}

// symbol cuts the quiet zone off, which has to be white.
func (p picture) symbol(t testing.TB) picture {
	t.Helper()
	side := len(p) - 2*quietZone
	var inner picture
	for y, row := range p {
		for x, black := range row {
			within := min(x, y) >= quietZone && max(x, y) < quietZone+side
			if black && !within {
				t.Fatalf("%d, %d: the quiet zone is black", x, y)
			}
		}
		if y >= quietZone && y < quietZone+side {
			inner = append(inner, row[quietZone:quietZone+side])
		}
	}
	return inner
}

func (p picture) String() string {
	var b strings.Builder
	for _, row := range p {
		b.WriteByte('\n')
		for _, black := range row {
			if black {
				b.WriteByte('#')
			} else {
				b.WriteByte('.')
			}
		}
	}
	return b.String()
}

// enlarged returns the picture as a camera sees it, in pixels.
func (p picture) enlarged(scale int) image.Image {
	img := image.NewGray(image.Rect(0, 0, len(p)*scale, len(p)*scale))
	for y := range len(p) * scale {
		for x := range len(p) * scale {
			img.SetGray(x, y, color.Gray{Y: 255})
			if p[y/scale][x/scale] {
				img.SetGray(x, y, color.Gray{})
			}
		}
	}
	return img
}

// The app's own look of the verify pages. Passed to the guard in main.go.

package main

import (
	"embed"
	"io/fs"
)

//go:embed verify
var verifyFiles embed.FS

// verifyPages returns files that replace parts of the verify pages: the name above
// the card, and the colors. The rest, texts included, stays as it is.
func verifyPages(demo bool) (fs.FS, error) {
	files, err := fs.Sub(verifyFiles, "verify")
	if err != nil || !demo {
		return files, err
	}
	return demoPages{files}, nil
}

// demoPages add a link to the simulated phone. It opens in a separate window,
// because the verify pages cannot be framed beside it.
type demoPages struct{ fs.FS }

func (p demoPages) Open(name string) (fs.File, error) {
	if name == "brand.html" {
		name = "demo/brand.html"
	}
	return p.FS.Open(name)
}

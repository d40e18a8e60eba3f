package main

import (
	"embed"
	"io/fs"
)

//go:embed verify
var verifyFiles embed.FS

// verifyPages are laid over the verify pages: the name above the card, and
// colours. Everything else, texts included, stays as it comes.
func verifyPages(demo bool) (fs.FS, error) {
	files, err := fs.Sub(verifyFiles, "verify")
	if err != nil || !demo {
		return files, err
	}
	return demoPages{files}, nil
}

// demoPages also link to the simulated phone, which cannot stand beside the
// verify pages: they let nobody frame them.
type demoPages struct{ fs.FS }

func (p demoPages) Open(name string) (fs.File, error) {
	if name == "brand.html" {
		name = "demo/brand.html"
	}
	return p.FS.Open(name)
}

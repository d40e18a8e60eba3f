// Package browser drives the example and the verify pages with Chromium, as a
// member would: by keyboard, with and without scripts, in several tabs. It holds
// only tests, in a separate module so that nobody else needs their dependencies:
//
//	npm ci           # axe-core, which checks every page's accessibility
//	go test ./...    # skipped if Chromium or axe-core is missing
//
// The browser is $CHROMIUM, or the first of chromium, chromium-browser and
// google-chrome on the PATH. With RUNG_REQUIRE=browser (or all), a missing one is
// a failure.
//
//	RUNG_SCREENSHOTS=/tmp/pages go test ./...
//
// writes a picture of every state, light and dark, on a phone of 320 px and on a
// desktop.
package browser

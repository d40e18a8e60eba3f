module github.com/rungauth/rung/stepup/internal/qrcode/conformance

go 1.26.0

require (
	github.com/makiuchi-d/gozxing v0.1.1
	github.com/rungauth/rung v0.0.0
	golang.org/x/text v0.44.0
)

require golang.org/x/xerrors v0.0.0-20200804184101-5ec99f83aff1 // indirect

replace github.com/rungauth/rung => ../../../..

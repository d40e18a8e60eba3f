module github.com/rungauth/rung/ci/gotest

go 1.26.0

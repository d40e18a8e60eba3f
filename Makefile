# make test         every test of every Go module, race detector on, skips listed
# make test-next    go vet and the root module's tests on the Go release GO_NEXT
# make test-fips    jwks and stepup in FIPS 140-only mode
# make test-jsonv2  jwks and stepup on encoding/json/v2
# make lint         gofmt, go vet, staticcheck and go mod tidy over every module, spelling
# make fuzz         every fuzz target for FUZZTIME inputs
# make bench        the benchmarks
#
# RUNG_REQUIRE=all make test   a skipped test is a failure (what CI does)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := test

# All folders with a go.mod, so that a new nested module needs no line here.
# .ci/lint is left out: it holds tools and no packages.
MODULES := $(shell .ci/modules)

# Inputs per fuzz target. It is a count because a time limit that expires in the
# middle of an input can fail a run that found nothing.
FUZZTIME := 20000x

# The newest Go release, downloaded through the Go module proxy. The other targets
# use the installed one, so that CI tests both releases in support.
GO_NEXT := go1.27.3

# Some tests read test data from other projects, which is not part of this one.
ifndef RUNG_CORPORA
ifneq ($(wildcard ../shared/corpora/.),)
export RUNG_CORPORA := $(abspath ../shared/corpora)
endif
endif

STATICCHECK := go tool -modfile=$(CURDIR)/.ci/lint/go.mod staticcheck

.PHONY: test test-next test-fips test-jsonv2 toolchain lint gofmt vet staticcheck tidy spelling fuzz bench

test:
	@go run -C .ci/gotest . $(MODULES:%=$(CURDIR)/%)

# With -race, build and vet compile only what the tests need anyway. gotest itself
# is built by the installed release.
test-next:
	@GOTOOLCHAIN=$(GO_NEXT) go version
	@GOTOOLCHAIN=$(GO_NEXT) go build -race ./...
	@GOTOOLCHAIN=$(GO_NEXT) go vet -race ./...
	@go run -C .ci/gotest -exec "env GOTOOLCHAIN=$(GO_NEXT)" . $(CURDIR)

# Tests of what FIPS 140-only mode forbids are skipped, so this does not use gotest,
# which may treat a skipped test as a failure.
test-fips:
	@GODEBUG=fips140=only go test ./jwks/... ./stepup/...

# Go 1.27 enables the experiment by default.
test-jsonv2:
	@GOEXPERIMENT=jsonv2 go test ./jwks/... ./stepup/...

toolchain:
	@GOTOOLCHAIN=$(GO_NEXT) go version

lint: gofmt vet staticcheck tidy spelling

gofmt:
	@echo gofmt
	@unformatted=$$(find . -name '*.go' -not -path '*/node_modules/*' -print0 | xargs -0 gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "not formatted:"; echo "$$unformatted"; exit 1; fi

vet:
	@for dir in $(MODULES); do echo "go vet: $$dir"; (cd "$$dir" && go vet ./...); done

staticcheck:
	@for dir in $(MODULES); do echo "staticcheck: $$dir"; (cd "$$dir" && $(STATICCHECK) ./...); done

tidy:
	@for dir in $(MODULES) .ci/lint; do echo "go mod tidy: $$dir"; (cd "$$dir" && go mod tidy -diff); done

spelling:
	@echo spelling
	@.ci/lint/spelling

fuzz:
	@.ci/fuzz $(FUZZTIME) $(MODULES)

bench:
	@go test -run="^$$" -bench="^Benchmark(Verify|Guard|MemoryLimiter)" -cpu=1,2 -benchmem ./jwks ./stepup

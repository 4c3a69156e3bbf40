# keyrollout: `make run` is all a newcomer needs, `make help` lists the rest.

# Where go.dev's archive is unpacked by its own instructions: found even before the PATH knows it.
export PATH := $(PATH):/usr/local/go/bin

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
# The version is stamped by us, so that a checkout without git, or another user's, builds as well.
BUILD := build -buildvcs=false -ldflags '-X main.version=$(VERSION)'

# Without libfido2 there is still everything; only on macOS attached keys need it.
CGO = CGO_ENABLED=$$(scripts/cgo)

# go-libfido2 knows by heart where Homebrew was once; pkg-config knows where it is.
ifeq ($(shell uname),Darwin)
export GOFLAGS := $(GOFLAGS) -tags=dynamic
export CGO_CFLAGS := $(CGO_CFLAGS) $(shell pkg-config --cflags libfido2 2>/dev/null)
export CGO_LDFLAGS := $(CGO_LDFLAGS) $(shell pkg-config --libs libfido2 2>/dev/null)
endif

# What the race detector watches: the packages with goroutines.
RACE := ./tui/... ./steps/... ./fido/... ./graph/... ./walkthrough/...
FUZZTIME ?= 20s
PLATFORMS := linux/amd64 linux/arm64 darwin/arm64 darwin/amd64 windows/amd64

.DEFAULT_GOAL := help
.PHONY: help run setup setup-test build test race fuzz bench measure cross clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

run: build ## install what is missing, build, and start a first rollout in practice
	@./keyrollout practice || [ $$? -eq 3 ] # 3: left before the end, which is nobody's fault

setup: ## install what building needs: libfido2, pkg-config, a C compiler
	@scripts/setup

setup-test:
	@scripts/setup --test

build: setup ## build ./keyrollout
	@[ -x keyrollout ] || echo "Building keyrollout; with an empty cache that is some minutes." >&2
	@$(CGO) go $(BUILD) -o keyrollout .

test: setup-test ## install what is missing, vet, and run all tests (TESTFLAGS=-v to see each)
	$(CGO) go vet ./...
	$(CGO) go test $(TESTFLAGS) ./...

race: setup ## run the tests of the packages with goroutines under the race detector
	$(CGO) go test -race -short -timeout 20m $(TESTFLAGS) $(RACE)

fuzz: setup ## feed every parser with chance, FUZZTIME (20s) each
	@$(CGO) scripts/fuzz $(FUZZTIME)

bench: setup ## run the benchmarks
	$(CGO) go test -run '^$$' -bench . -benchmem ./...

measure: build ## time to the first frame, processor when idle, memory (Linux)
	@scripts/measure

cross: ## build dist/ without libfido2 for every system: on macOS no attached keys, everything else
	@for p in $(PLATFORMS); do \
		scripts/cross "$$p" '$(VERSION)' || exit 1; \
	done

clean: ## remove what was built
	rm -rf keyrollout dist

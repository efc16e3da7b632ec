# See README.md; "make help" lists the targets.

BASE ?= v0.21.2-beta

# A base is a folder of patches/ with a series in it.
BASES := $(patsubst patches/%/series,%,$(wildcard patches/*/series))

# "all" stands for every base where a table of them makes sense.
ifeq ($(BASE)/$(MAKECMDGOALS),all/demo)
DEMO_BASES := $(BASES)
else ifeq ($(filter $(BASES),$(BASE)),)
$(error unknown BASE '$(BASE)'; the known ones are: $(BASES))
else
DEMO_BASES := $(BASE)
endif

# KEEP=1 leaves the demo's patched nodes running.
keep := $(filter-out 0,$(KEEP))

.PHONY: build stage series stock btcd demo dropin itest watch-test bench test \
	prove clean help
.DEFAULT_GOAL := build

#? build: patched lnd and lncli of BASE, in build/BASE/bin
build:
	@patches/build.sh $(BASE) lnd lncli

#? stage: build/BASE/lnd, the git tree of lnd with our series on top
stage:
	@patches/stage.sh $(BASE)

#? series: write the commits in build/BASE/lnd back to patches/BASE
series:
	@patches/series.sh $(BASE)

#? stock: lnd-stock of BASE, in build/BASE/bin
stock:
	@patches/build.sh $(BASE) stock

#? btcd: the btcd that lnd of BASE names in its go.mod, in build/BASE/bin
btcd:
	@patches/build.sh $(BASE) btcd

#? demo: stock and patched on real nodes, side by side (BASE=all, KEEP=1)
demo:
	@begin=$$(date +%s); \
	for base in $(DEMO_BASES); do \
		dir=build/$$base; \
		patches/build.sh $$base lnd stock btcd demo $(if $(keep),lncli) && \
		$$dir/bin/demo -base $$base -bin $$dir/bin -dir $$dir/demo \
			$(if $(keep),-keep) || exit; \
	done; \
	echo "demo: all took $$(($$(date +%s) - begin)) s"

#? dropin: stock and patched of BASE open each other's data
dropin:
	@patches/build.sh $(BASE) lnd lncli stock btcd dropin
	@LND_ONCE_BIN=$(CURDIR)/build/$(BASE)/bin \
		build/$(BASE)/bin/dropin.test -test.timeout 20m -test.v \
		-test.run TestDropIn

#? itest: the scenarios on BASE (LND=patched|stock, DB=..., CASE=regexp)
itest:
	@BASE=$(BASE) LND=$(LND) DB=$(DB) CASE='$(CASE)' itest/run.sh

#? watch-test: paymentwatch on real nodes of BASE (KILLS=30, SEED, HISTORY)
watch-test:
	@BASE=$(BASE) KILLS=$(KILLS) SEED=$(SEED) HISTORY=$(HISTORY) \
		CASE='$(CASE)' nodetest/run.sh

#? bench: stock and patched of BASE side by side (GROUP=regexp, RUNS=3, PROFILE=1)
bench:
	@BASE=$(BASE) GROUP='$(GROUP)' RUNS=$(RUNS) PROFILE=$(PROFILE) \
		bench/run.sh

#? test: all that must pass, on every base
test:
	@patches/test.sh

#? prove: all attacks on the contract, on BASE; hours (STEP=regexp, FRESH=1)
prove:
	@BASE=$(BASE) STEP='$(STEP)' FRESH=$(FRESH) prove/run.sh

#? clean: remove all that was built, if no staged tree holds work
clean:
	@patches/clean.sh

#? help: this list
help:
	@sed -n 's/^#? /  /p' Makefile

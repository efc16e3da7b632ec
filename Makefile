# See README.md; "make help" lists the targets.

# Settings become flags of the same name: "make demo BASE=all KEEP=1" is
# "lnd-once demo --base=all --keep=1".
lnd-once = @go run -trimpath -buildvcs=false ./cmd/lnd-once $(1) $(foreach \
	v,$(2),$(if $($v),--$(shell echo $v | tr A-Z a-z)='$($v)'))

.PHONY: build stage series port stock btcd demo dropin itest nodetest bench \
	test prove clean help
.DEFAULT_GOAL := build

#? build: patched lnd and lncli of BASE, in build/BASE/bin (TOPICS=n)
build:
	$(call lnd-once,build,BASE TOPICS)

#? stage: build/BASE/lnd, the git tree of lnd with our series on top
stage:
	$(call lnd-once,stage,BASE)

#? series: write the commits in build/BASE/lnd back to patches/BASE
series:
	$(call lnd-once,series,BASE)

#? port: move the series of base FROM to the lnd version NEW
port:
	$(call lnd-once,port $(NEW),FROM)

#? stock: lnd-stock of BASE, in build/BASE/bin
stock:
	$(call lnd-once,build stock,BASE)

#? btcd: the btcd that lnd of BASE names in its go.mod, in build/BASE/bin
btcd:
	$(call lnd-once,build btcd,BASE)

#? demo: stock and patched on real nodes, side by side (BASE=all, KEEP=1)
demo:
	$(call lnd-once,demo,BASE KEEP)

#? dropin: stock and patched of BASE open each other's data
dropin:
	$(call lnd-once,nodetest --case=TestDropIn,BASE)

#? itest: the scenarios on BASE (LND=patched|stock, DB=..., CASE=regexp)
itest:
	$(call lnd-once,itest,BASE LND DB CASE TOPICS)

#? nodetest: nodes that are killed, and lied to (CASE, KILLS=30, SEED, ...)
nodetest:
	$(call lnd-once,nodetest,BASE CASE KILLS SEED HISTORY DB)

#? bench: stock and patched side by side (GROUP=, RUNS=3, PROFILE=1, REPORT=1)
bench:
	$(call lnd-once,bench,BASE GROUP RUNS PROFILE REPORT)

#? test: all that must pass, on every base
test:
	$(call lnd-once,test,BASE)

#? prove: all attacks on the contract, on BASE; hours (STEP=regexp, FRESH=1)
prove:
	$(call lnd-once,prove,BASE STEP FRESH)

#? clean: remove all that was built, if no staged tree holds work
clean:
	$(call lnd-once,clean,)

#? help: this list
help:
	@sed -n 's/^#? /  /p' Makefile

# See README.md; "make help" lists the targets.

# A setting becomes the flag of the same name, and one that is not set gives no
# flag: "make demo BASE=all KEEP=1" is "lnd-once demo --base=all --keep=1".
lnd-once = @go run -trimpath -buildvcs=false ./cmd/lnd-once $(1) $(foreach \
	v,$(2),$(if $($v),--$(shell echo $v | tr A-Z a-z)='$($v)'))

.PHONY: build stage series port upstream stock btcd demo itest nodetest bench \
	test prove clean help
.DEFAULT_GOAL := build

build:
	$(call lnd-once,build,BASE TOPICS)

stage:
	$(call lnd-once,stage,BASE)

series:
	$(call lnd-once,series,BASE)

port:
	$(call lnd-once,port,FROM) $(NEW)

upstream:
	$(call lnd-once,upstream,BASE REPO ONTO TOPIC ISSUE)

stock:
	$(call lnd-once,build,BASE) stock

btcd:
	$(call lnd-once,build,BASE) btcd

demo:
	$(call lnd-once,demo,BASE TOPICS KEEP)

itest:
	$(call lnd-once,itest,BASE LND DB CASE TOPICS FRESH)

nodetest:
	$(call lnd-once,nodetest,BASE CASE KILLS SEED HISTORY DB)

bench:
	$(call lnd-once,bench,BASE GROUP RUNS PROFILE REPORT)

test:
	$(call lnd-once,test,BASE)

prove:
	$(call lnd-once,prove,BASE STEP FRESH)

clean:
	$(call lnd-once,clean)

help:
	$(call lnd-once,--help)

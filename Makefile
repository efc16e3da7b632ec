# GNU make reads GNUmakefile. Any other make reads this, and knows too little.

.PHONY: build release stage series port upstream stock btcd demo itest nodetest \
	bench test prove clean help

build release stage series port upstream stock btcd demo itest nodetest bench \
	test prove clean help:
	@echo "lnd-once needs GNU make, here maybe called gmake" >&2; exit 1

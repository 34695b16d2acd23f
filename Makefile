# credit_limit: credit limits inside PostgreSQL.
#
#   make demo    run the main job, from nothing, on a generated book (DATA=file.csv: on real accounts)
#   make check   build, and pass every test in a temporary cluster
#   make soak    the same with the full counts: millions of random cases instead of the check's thousands
#   make mutants breaks the code on purpose, line by line, and sees whether the tests notice (MUTANT=roc: those only)
#
#   make dist    the sources of the last commit as a tar file
#
# These install what is missing on a Debian machine and need no server of yours. Everything below is
# ordinary PGXS: make, make install, make installcheck, against the server that pg_config belongs to.

STANDALONE = demo check soak mutants bench

ifneq ($(filter $(STANDALONE),$(MAKECMDGOALS)),)

demo:
	@script/with-cluster demo/run $(DATA)
check:
	@script/with-cluster test/run
soak:
	@CREDIT_LIMIT_SOAK=1 BOOK_KILLS=$${BOOK_KILLS:-20} FUZZ_SECONDS=$${FUZZ_SECONDS:-600} \
	  script/with-cluster test/run
mutants:
	@script/with-cluster test/mutants/run $(MUTANT)
# With a quarter of the memory, as a server of its own has.
bench:
	@SHARED_BUFFERS=$${SHARED_BUFFERS:-$$(awk '/^MemTotal/ { printf "%dMB", $$2 / 4096 }' /proc/meminfo)} \
	  script/with-cluster test/bench/run $(BENCH)

.PHONY: $(STANDALONE)

else

EXTENSION    = credit_limit
# Where the sources lie, also for who builds elsewhere: make -f ../credit_limit/Makefile
here        := $(or $(VPATH),$(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST)))))
EXTVERSION   = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(here)/$(EXTENSION).control)
MODULE_big   = $(EXTENSION)
PGFILEDESC   = "credit_limit - credit limits inside the database"

# In the order in which the install script needs them: types before what takes them, aggregates after the rows they return.
ROOMS        = score validate usage limit watch page share
sources      = $(patsubst $(here)/%,%,$(sort $(wildcard $(1:%=$(here)/%))))
INSTALL_SQL  = sql/install/schema.sql sql/install/types.dat \
	$(foreach room,$(ROOMS),$(call sources,sql/install/$(room)/*.sql)) \
	$(foreach room,$(ROOMS),$(call sources,sql/install/$(room)/aggregates.dat)) \
	$(call sources,sql/install/book/*.sql)

OBJS         = $(patsubst %.c,%.o,$(call sources,src/*.c src/*/*.c))
# The server's headers are not ours to warn about.
PG_CPPFLAGS  = -I$(here)/src -Isrc -isystem $(shell $(PG_CONFIG) --includedir-server)
# No fused multiply-add: the same book must give the same numbers on every processor.
PG_CFLAGS    = -ffp-contract=off $(CL_CFLAGS)
SHLIB_LINK  += -lm

DATA_built   = sql/$(EXTENSION)--$(EXTVERSION).sql
DATA         = $(filter-out $(DATA_built),$(call sources,sql/$(EXTENSION)--*.sql))

# One test: make installcheck ISOLATION= REGRESS=roc
REGRESS        = --schedule=test/schedule
REGRESS_OPTS   = --inputdir=$(here)/test --load-extension=$(EXTENSION)
ISOLATION      = $(sort $(basename $(notdir $(wildcard $(here)/test/specs/*.spec))))
ISOLATION_OPTS = --inputdir=$(here)/test --outputdir=.

EXTRA_CLEAN  = .built-for results output_iso regression.diffs regression.out tmp_check $(wildcard test/mutations/*.o) \
	test/mutations/mutations$(DLSUFFIX) test/unit/run test/unit/build test/fuzz/run test/fuzz/build \
	src/page/asset_bytes.h

PG_CONFIG   ?= pg_config
PGXS        := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# PGXS does not track headers: a changed struct must rebuild whoever looks at it. Nor does it know that the objects here were
# made for another server or with other flags.
$(OBJS): $(wildcard $(srcdir)/src/*.h $(srcdir)/src/*/*.h) .built-for
BUILT_FOR = $(VERSION) $(shell $(PG_CONFIG) --configure | cksum) $(CC) $(CFLAGS)
.built-for: always
	@echo '$(subst ','\'',$(BUILT_FOR))' | cmp -s - $@ || echo '$(subst ','\'',$(BUILT_FOR))' > $@
.PHONY: always
# make looks for a folder among the sources, too, so none is a target where one builds elsewhere.
made_folders := $(if $(filter-out .,$(here)),$(shell mkdir -p $(sort $(dir $(OBJS)))))

# What pages are drawn with is in the shared object.
ASSETS = $(addprefix $(here)/assets/,page.css page.js lib/d3.min.js lib/plot.min.js)
src/page/asset.o: src/page/asset_bytes.h
src/page/asset_bytes.h: $(ASSETS) $(here)/script/asset-bytes
	$(here)/script/asset-bytes $(ASSETS) > $@ || { rm -f $@; exit 1; }

$(DATA_built): $(addprefix $(here)/,$(INSTALL_SQL) script/install-sql $(EXTENSION).control)
	@set -e; for f in $(here)/sql/*.sql; do case "$$f" in *--*|*'/*.sql') ;; \
	  *) echo "$$f would be run instead of test/sql: move it into sql/install" >&2; exit 1;; esac; done
	@mkdir -p $(@D)
	$(here)/script/install-sql $(addprefix $(here)/,$(INSTALL_SQL)) > $@ || { rm -f $@; exit 1; }

# TAP tests start servers of their own; they need IPC::Run and an ordinary user. One of them loads the module.
tap: PROVE_TESTS = $(sort $(wildcard test/t/*.pl))
tap: test/mutations/mutations$(DLSUFFIX)
	$(prove_installcheck)
test/mutations/mutations.o: .built-for

# The mathematics without a server: unit tests, and fuzzers with the sanitizers on.
CORE_SRC     = $(sort $(wildcard src/core/*.c))
HOST_CFLAGS  = -std=gnu99 -g1 -Og -Wall -Wextra -Wno-unused-parameter -ffp-contract=off -Isrc \
	-fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_SECONDS ?= 20

# One unit test: make unit UNIT=roc. Fuzzers, which need clang, are looked at by the compiler, so that they do not fall behind.
unit: test/unit/run
	$(CC) $(HOST_CFLAGS) -fsyntax-only $(wildcard test/fuzz/*.c)
	test/unit/run $(UNIT)
test/unit/run: $(patsubst %.c,test/unit/build/%.o,$(sort $(wildcard test/unit/*.c)) $(CORE_SRC))
	$(CC) $(HOST_CFLAGS) -o $@ $^ -lm
test/unit/build/%.o: %.c $(wildcard src/core/*.h test/unit/*.h)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -c -o $@ $<

fuzz: test/fuzz/run
	mkdir -p test/fuzz/corpus
	test/fuzz/run -max_total_time=$(FUZZ_SECONDS) -verbosity=0 test/fuzz/corpus
test/fuzz/run: $(patsubst %.c,test/fuzz/build/%.o,$(sort $(wildcard test/fuzz/*.c)) $(CORE_SRC))
	clang $(HOST_CFLAGS) -fsanitize=fuzzer -o $@ $^ -lm
test/fuzz/build/%.o: %.c $(wildcard src/core/*.h test/fuzz/*.h)
	@mkdir -p $(@D)
	clang $(HOST_CFLAGS) -fsanitize=fuzzer -c -o $@ $<

dist: $(EXTENSION)-$(EXTVERSION).tar.gz
$(EXTENSION)-$(EXTVERSION).tar.gz: always
	git -C $(here) archive --format=tar.gz --prefix=$(EXTENSION)-$(EXTVERSION)/ -o $(CURDIR)/$@ HEAD

.PHONY: tap unit fuzz dist

endif

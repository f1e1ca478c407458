# oomwatchd. `make help` lists the targets.
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules

VERSION := 0.1.0
BUILD   ?= build
CC      := $(if $(filter default,$(origin CC)),cc,$(CC))
CFLAGS  ?= -O2 -g
PKGS    := libsystemd jansson

# --- where things go
PREFIX      ?= /usr/local
DESTDIR     ?=
sysconfdir  ?= /etc
sbindir     ?= $(PREFIX)/sbin
bindir      ?= $(PREFIX)/bin
mandir      ?= $(PREFIX)/share/man
datadir     ?= $(PREFIX)/share/oomwatchd
docdir      ?= $(PREFIX)/share/doc/oomwatchd
unitdir     ?= $(PREFIX)/lib/systemd/system
catalogdir  ?= $(PREFIX)/lib/systemd/catalog
bashdir     ?= $(PREFIX)/share/bash-completion/completions
zshdir      ?= $(PREFIX)/share/zsh/site-functions
sysusersdir ?= $(PREFIX)/lib/sysusers.d

# --- flags
# HARDEN=no leaves the hardening flags out (sanitizers bring their own); each flag is taken only where CC knows it.
HARDEN ?= yes
WERROR ?= 0
try = $(shell $(CC) -Werror -O2 $(1) -x c -c /dev/null -o /dev/null 2>/dev/null && echo '$(1)')
fortify = $(shell echo '\#include <stdio.h>' | $(CC) -Werror -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -x c -E - \
	>/dev/null 2>&1 && echo 3 || echo 2)

ifeq ($(HARDEN),yes)
HARDEN_CF := $(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(fortify)) \
	-fPIE $(call try,-fstack-protector-strong) $(call try,-fstack-clash-protection) \
	$(call try,-fcf-protection) $(call try,-ftrivial-auto-var-init=zero)
HARDEN_LD := -pie -Wl,-z,relro,-z,now
endif

STD       := -std=gnu17 -D_GNU_SOURCE -DOOMWATCHD_VERSION='"$(VERSION)"' -Iinclude
WARN      := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings -Wundef -Wformat=2 \
	$(if $(filter 1,$(WERROR)),-Werror)
PKG_OK    := $(shell pkg-config --exists $(PKGS) 2>/dev/null && echo yes)
PKG_CF    := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS      := -pthread $(shell pkg-config --libs $(PKGS) 2>/dev/null)
TEST_LIBS := $(shell pkg-config --libs cmocka 2>/dev/null)
# The folder's own name must not get into the objects: the same source gives the same bytes wherever it is built.
ALL_CF    := -pthread $(STD) $(WARN) $(PKG_CF) $(HARDEN_CF) -ffile-prefix-map=$(CURDIR)=. $(CFLAGS) $(CPPFLAGS)
ALL_LD    := $(CFLAGS) $(HARDEN_LD) -Wl,--as-needed $(LDFLAGS)

# --- sources: everything but the two mains is one library, which the tests link too
MAINS    := src/app/main.c src/ctl/main.c
LIB_SRC  ?= $(filter-out $(MAINS),$(sort $(wildcard src/*/*.c)))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
LIB      := $(BUILD)/liboomwatch.a
PROGRAMS := $(BUILD)/oomwatchd $(BUILD)/oomwatchctl

UNIT_BIN := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/unit/test_*.c)))
CASE_BIN := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/property/test_*.c tests/fault/test_*.c \
	tests/integration/*.c)))
SHIMS    := $(patsubst %.c,$(BUILD)/%.so,$(sort $(wildcard tests/fault/shim_*.c)))
TOOLS    := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/tools/*.c)))
BENCHES  := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/bench/*.c)))
TARGETS  := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
REPLAYS  := $(TARGETS:%=$(BUILD)/tests/fuzz/replay_%)
FUZZERS  := $(TARGETS:%=$(BUILD)/tests/fuzz/fuzz_%)
FUZZ_SECONDS ?= 30

RUN  = tests/run --build $(BUILD)
# V=1 shows the whole commands
say  = $(if $(V),,@printf '  %-5s %s\n' $(1) $(patsubst $(CURDIR)/%,%,$@);)
# a make below this one uses every processor, unless -j was given
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

##@ Building
all: $(PROGRAMS) ## build/oomwatchd and build/oomwatchctl

# appended, not replaced: two rooms may have files of the same name
$(LIB): $(LIB_OBJ)
	$(call say,AR)rm -f $@; $(AR) qcsD $@ $^

$(BUILD)/oomwatchd: $(BUILD)/src/app/main.o $(LIB)
	$(call say,LD)$(CC) $(ALL_LD) -o $@ $^ $(LIBS)

$(BUILD)/oomwatchctl: $(BUILD)/src/ctl/main.o $(LIB)
	$(call say,LD)$(CC) $(ALL_LD) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c | $(if $(PKG_OK),,need-packages)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CF) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/test_% $(BUILD)/tests/property/test_%: TEST_LD := $(TEST_LIBS)
$(BUILD)/tests/fault/test_% $(BUILD)/tests/integration/test_%: TEST_LD := $(TEST_LIBS)
# what a fault test replaces must not be optimised away before the linker sees it
$(BUILD)/tests/fault/%.o: CPPFLAGS += -fno-builtin

# A test that wraps functions names its linker flags in a comment: /* LINK: -Wl,--wrap=malloc */
link_flags = $(shell sed -n 's|^/\* LINK: \(.*\) \*/$$|\1|p' $(1))

$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(LIB)
	$(call say,LD)$(CC) $(ALL_LD) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay_main.o $(LIB)
	$(call say,LD)$(CC) $(ALL_LD) -o $@ $^ $(LIBS)

$(BUILD)/tests/fault/shim_%.so: tests/fault/shim_%.c
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(STD) $(WARN) $(CFLAGS) -fPIC -shared -o $@ $< -ldl

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIB)
	$(call say,LD)$(CC) $(ALL_LD) $(call link_flags,tests/$*.c) -o $@ $^ $(LIBS) $(TEST_LD)

need-packages:
	@tests/setup --check build

$(BUILD)/event.schema.json: $(BUILD)/tests/tools/schema_dump
	$< >$@

##@ Testing
check: ## install what the tests need (as root), build, run every test this machine can run
	@tests/setup check
	@$(MAKE) --no-print-directory $(JOBS) check-built

check-built: tests-built
	@$(RUN) unit corpus property fault fuzz-replay integration lint

tests-built: $(PROGRAMS) $(UNIT_BIN) $(CASE_BIN) $(SHIMS) $(TOOLS) $(REPLAYS)

unit: $(UNIT_BIN) ## unit tests alone
	@$(RUN) unit

corpus: $(BUILD)/oomwatchd $(TOOLS) ## the recorded stories alone; CASE=tests/corpus/KERNEL/STORY runs one
	@$(RUN) $(if $(CASE),--case $(CASE)) corpus

corpus-accept: $(BUILD)/oomwatchd $(TOOLS) ## CASE=tests/corpus/KERNEL/STORY: write what the daemon says now as expected
	@tests/corpus/run.py --build $(BUILD) --accept $(CASE)

fuzz-replay: $(REPLAYS) ## every saved fuzz input, with the ordinary compiler
	@$(RUN) fuzz-replay

integration: $(PROGRAMS) $(TOOLS) $(SHIMS) $(CASE_BIN) ## real kills, real journald
	@$(RUN) integration

lint: ## format, manual pages, layer rules, symbols
	@tests/setup lint
	@$(MAKE) --no-print-directory $(JOBS) tests-built
	@$(RUN) lint

SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

asan: ## the whole suite under the address and undefined-behaviour sanitizers
	@tests/setup check
	@$(MAKE) --no-print-directory $(JOBS) BUILD=$(BUILD)/asan HARDEN=no CFLAGS="-O1 -g $(SAN)" WERROR=1 tests-built
	@tests/run --build $(BUILD)/asan unit corpus property fault fuzz-replay integration

clang: ## the whole suite, built with clang, warnings as errors
	@tests/setup clang
	@$(MAKE) --no-print-directory $(JOBS) BUILD=$(BUILD)/clang CC=clang WERROR=1 tests-built
	@tests/run --build $(BUILD)/clang unit corpus property fault fuzz-replay

fuzz: ## libFuzzer, FUZZ_SECONDS (30) for each target; TARGETS=... picks some
	@tests/setup clang
	@$(MAKE) --no-print-directory $(JOBS) BUILD=$(BUILD)/fuzz CC=clang HARDEN=no TARGETS="$(TARGETS)" \
		CFLAGS="-O1 -g $(SAN) -fsanitize=fuzzer-no-link" fuzz-built
	@tests/fuzz/run --build $(BUILD)/fuzz --seconds $(FUZZ_SECONDS) $(TARGETS)

fuzz-built: $(FUZZERS)

bench: $(PROGRAMS) $(TOOLS) $(BENCHES) ## figures: time and memory, not pass or fail
	@$(RUN) bench

check-guests: ## real systemd on four kernels, under qemu; GUESTS="bookworm trixie" picks some
	@tests/setup guests
	@GUESTS="$(GUESTS)" $(RUN) guests

FRESH ?= bookworm trixie
check-fresh: ## make check and make demo in a minimal Debian that has nothing but make
	@tests/setup guests
	@for s in $(FRESH); do tests/guest/fresh $$s check demo || exit 1; done

demo: ## one real OOM kill in a small memory cgroup, and its event (as root; otherwise a recorded one)
	@tests/setup build
	@$(MAKE) --no-print-directory $(JOBS) $(BUILD)/oomwatchd $(BUILD)/tests/tools/hog
	@BUILD=$(BUILD) tests/tools/demo

##@ Installing (PREFIX=/usr/local, DESTDIR=, sysconfdir=/etc)
INSTALL_MAN := $(wildcard man/*.[1-8])

install: all $(BUILD)/event.schema.json ## programs, unit, manual pages, catalog, schema
	install -d $(DESTDIR)$(sbindir) $(DESTDIR)$(bindir) $(DESTDIR)$(unitdir) $(DESTDIR)$(catalogdir) \
		$(DESTDIR)$(sysusersdir) $(DESTDIR)$(datadir) $(DESTDIR)$(docdir) $(DESTDIR)$(sysconfdir)/default
	install -m 0755 $(BUILD)/oomwatchd $(DESTDIR)$(sbindir)/oomwatchd
	install -m 0755 $(BUILD)/oomwatchctl $(DESTDIR)$(bindir)/oomwatchctl
	install -D -m 0644 src/ctl/completion/oomwatchctl.bash $(DESTDIR)$(bashdir)/oomwatchctl
	install -D -m 0644 src/ctl/completion/_oomwatchctl $(DESTDIR)$(zshdir)/_oomwatchctl
	for u in $(wildcard systemd/*.service systemd/*.socket); do \
		sed 's|/usr/sbin/|$(sbindir)/|' $$u >$(BUILD)/unit.tmp && \
		install -m 0644 $(BUILD)/unit.tmp $(DESTDIR)$(unitdir)/$${u##*/} || exit 1; done
	install -m 0644 systemd/oomwatchd.catalog $(DESTDIR)$(catalogdir)/oomwatchd.catalog
	install -m 0644 systemd/oomwatchd.sysusers $(DESTDIR)$(sysusersdir)/oomwatchd.conf
	for p in $(INSTALL_MAN); do \
		install -D -m 0644 $$p $(DESTDIR)$(mandir)/man$${p##*.}/$${p##*/} || exit 1; done
	install -m 0644 $(BUILD)/event.schema.json $(DESTDIR)$(datadir)/event.schema.json
	install -m 0644 README.md LICENSE $(DESTDIR)$(docdir)/
	test -e $(DESTDIR)$(sysconfdir)/default/oomwatchd || \
		install -m 0644 systemd/oomwatchd.default $(DESTDIR)$(sysconfdir)/default/oomwatchd
	@$(if $(DESTDIR),:,tests/tools/after-install)

uninstall: ## what install put there; the settings in sysconfdir stay
	rm -f $(DESTDIR)$(sbindir)/oomwatchd $(DESTDIR)$(bindir)/oomwatchctl $(DESTDIR)$(bashdir)/oomwatchctl \
		$(DESTDIR)$(zshdir)/_oomwatchctl \
		$(addprefix $(DESTDIR)$(unitdir)/,$(notdir $(wildcard systemd/*.service systemd/*.socket))) \
		$(DESTDIR)$(catalogdir)/oomwatchd.catalog $(DESTDIR)$(sysusersdir)/oomwatchd.conf \
		$(foreach p,$(INSTALL_MAN),$(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(p)))/$(notdir $(p)))
	rm -rf $(DESTDIR)$(datadir) $(DESTDIR)$(docdir)

##@ Other
man-fields: $(BUILD)/tests/tools/schema_man ## write the fields of the schema table into oomwatchd.event(7)
	tests/tools/man-fields $< man/oomwatchd.event.7

clean: ## remove the build folder
	rm -rf $(BUILD)

help: ## this list
	@awk -F ':.*## ' '/^##@/ { printf "%s%s\n", n++ ? "\n" : "", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  CC, CFLAGS, LDFLAGS, BUILD as usual; WERROR=1: warnings are errors; HARDEN=no: no hardening; V=1: whole commands"

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all check check-built tests-built unit corpus corpus-accept fuzz-replay integration lint asan clang fuzz \
	fuzz-built bench check-guests check-fresh demo install uninstall man-fields clean help need-packages
.SECONDARY:

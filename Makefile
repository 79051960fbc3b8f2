# The two commands: `make demo` and `make test`. Everything they need is set up in .venv from the lock.
PYTHON ?= python3
UV_VERSION := 0.13.9
BANDIT_VERSION := 1.9.4
PIP_AUDIT_VERSION := 2.10.1
GITLEAKS_VERSION := v8.30.1
PIP_VERSION := 26.0
CYCLONEDX_VERSION := 7.5.0
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
READY := $(VENV)/.ready
UV := .uv/bin/uv

# One thread per numeric library: the mesh is many processes on few cores.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export PYTHONHASHSEED = 0

.PHONY: help demo test unit mesh kafka drill feed-drill kafka-drill mirror-drill replicas-drill restore-drill nightly fuzz sweeps bench bench-ml bench-optimizer bench-quantum bench-marketdata lint scan audit secrets schemas sbom tools gen docs lock release-contracts up clean

help:  ## List the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 20

demo: $(READY)  ## Walk the main job on real prices: mesh up, import, optimize, rebalance, ticks, frontier.
	$(BIN)/qpo demo

test: $(READY) lint unit  ## Everything: lint, types, architecture, contracts, unit, property, mesh, coverage.

# What is tested from outside, as processes: to measure its coverage too takes minutes and tells nothing new. It runs
# beside the rest, which keeps one core busy and no more; what it prints comes behind.
OUTSIDE := $(addprefix tests/,benchmarks docs drill fuzz gateway mesh observability stack)

unit: $(READY)
	@rm -f .coverage .coverage.*
	@$(BIN)/pytest $(OUTSIDE) >.outside.log 2>&1 & outside=$$!; trap 'kill $$outside' INT TERM; \
	$(BIN)/coverage run -m pytest tests $(addprefix --ignore=,$(OUTSIDE)); inside=$$?; \
	wait $$outside || { inside=1; }; cat .outside.log; exit $$inside
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

mesh: $(READY)  ## Only the tests through the whole stack.
	$(BIN)/pytest -q tests/mesh

kafka:  ## Fetch a Kafka broker with Maven, for the tests that need one; they want Java 17 or newer.
	mvn --quiet --batch-mode --file tools/kafka/pom.xml dependency:copy-dependencies

drill: $(READY)  ## Kill every process at random, 300 times, under load; check every promise. About 20 minutes.
	$(BIN)/python -m tests.drill --kills 300 --seed 1

feed-drill: $(READY)  ## Kill what a live feed runs through, 24 times during 1,000,000 ticks. About two minutes.
	$(BIN)/python -m tests.drill.feed --ticks 1000000 --kills 24

kafka-drill: $(READY) kafka  ## The same over a Kafka, which is killed too.
	$(BIN)/python -m tests.drill.feed --ticks 1000000 --kills 25 --kafka

mirror-drill: $(READY)  ## The same with an InfluxDB, which needs influxd on the PATH and is killed too.
	$(BIN)/python -m tests.drill.feed --ticks 1000000 --kills 25 --influx

replicas-drill: $(READY)  ## 100,000 calls on two of each service: no stale read of one's own writes, nobody else's data.
	$(BIN)/python -m tests.mesh.twins.read_your_writes --calls 100000

restore-drill: $(READY)  ## Lose the disk, and come back from a backup that was made while the mesh worked. About two minutes.
	$(BIN)/python -m tests.drill.restore

nightly: $(READY) drill feed-drill kafka-drill mirror-drill replicas-drill restore-drill fuzz sweeps  ## What takes hours: drills, fuzz, sweeps, benches in short.
	$(BIN)/pytest -m nightly tests

fuzz: $(READY)  ## Anything at all for every method: 100,000 calls at each service and at the edge. About an hour.
	$(BIN)/python -m tests.fuzz --count 100000

sweeps: $(READY)  ## 20,000 random programs, mandates and choices of assets through all engines, 100,000 records of anything through the feed.
	$(BIN)/python -m tests.optimizer.domain.dual_newton.sweep --count 20000
	$(BIN)/python -m tests.optimizer.sweep --count 20000
	$(BIN)/python -m tests.optimizer.domain.cardinality.sweep --count 20000
	$(BIN)/python -m tests.marketdata.fuzz --records 100000

bench: $(READY)  ## Measure: `name value unit` per figure, in about ten minutes; BENCH="--quick --only reading" for less.
	$(BIN)/python -m benchmarks $(BENCH)

bench-ml: $(READY)  ## Measure the estimators beside the libraries on one thread, in a few minutes; writes benchmarks/results/.
	$(BIN)/python -m benchmarks.ml --results benchmarks/results

bench-optimizer: $(READY)  ## Measure the solvers beside libraries, with the goals, in about half an hour; BENCH as above.
	$(BIN)/python -m benchmarks.optimizer --results benchmarks/results $(BENCH)

bench-quantum: $(READY)  ## Measure choosing assets beside SCIP and Qiskit Aer, in about half an hour; QPO_ORLIB=DIR has instances.
	$(BIN)/python -m benchmarks.quantum --results benchmarks/results $(BENCH)

bench-marketdata: $(READY)  ## Measure ticks taken in and sent to a crowd, in a few minutes; BENCH="--quick" for less.
	$(BIN)/python -m benchmarks.marketdata --results benchmarks/results $(BENCH)

lint: $(READY)  ## ruff, mypy strict.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

scan: $(UV)  ## bandit: what is unsafe in the code, beside ruff's own S rules.
	$(UV) tool run --quiet --from "bandit==$(BANDIT_VERSION)" bandit -q -c .bandit.yaml -r services chassis stack clients tools

audit: $(UV)  ## pip-audit: known weaknesses of what is locked; a package that cannot be looked up fails.
	$(UV) tool run --quiet --from "pip-audit==$(PIP_AUDIT_VERSION)" pip-audit --strict --disable-pip --require-hashes \
		--requirement requirements.lock

secrets:  ## gitleaks: secrets in any commit; needs Go.
	go run github.com/zricethezav/gitleaks/v8@$(GITLEAKS_VERSION) git --no-banner --redact .

gen: $(READY)  ## Generate gen/ from proto/.
	$(BIN)/buf format -w proto
	$(BIN)/python -m tools.generate

docs: $(READY)  ## Write the tables of docs/ from settings, contracts, metrics and migrations.
	$(BIN)/python -m tools.reference

release-contracts: gen  ## Make the present contracts the baseline that `buf breaking` compares with.
	cp gen/descriptors/qpo.binpb gen/descriptors/released.binpb

schemas: $(READY)  ## Fetch what manifests are valid against, pinned by hash, into .cache/; needs Go.
	PIP="$(UV) tool run --quiet --from pip==$(PIP_VERSION) pip" $(BIN)/python -m tools.manifests.schemas

sbom: $(UV)  ## Write down what the image of SERVICE holds, as CycloneDX, into out/sbom/.
	mkdir -p out/sbom
	$(PYTHON) -m tools.image_lock "$(SERVICE)" > "out/sbom/$(SERVICE).lock"
	$(UV) tool run --quiet --from "cyclonedx-bom==$(CYCLONEDX_VERSION)" cyclonedx-py requirements --pyproject pyproject.toml \
		--output-reproducible --validate --of JSON --output-file "out/sbom/$(SERVICE).cdx.json" "out/sbom/$(SERVICE).lock"

tools:  ## Build kubeconform, kustomize, grpcurl, ghz and promtool as tools/go.mod pins them, into .cache/bin; needs Go, and minutes.
	cd tools && GOBIN="$(CURDIR)/.cache/bin" go install tool

up: $(READY)  ## Start the mesh and stay in front; Ctrl-C stops it.
	$(BIN)/qpo up

lock: $(UV)  ## Resolve pyproject.toml into requirements.lock, by hash, naming no address.
	$(UV) pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
		--custom-compile-command "make lock" pyproject.toml --output-file requirements.lock

clean:  ## Remove what the targets made.
	rm -rf $(VENV) .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache out .coverage* .outside.log

# uv by pip, in a place of its own: the system's Python needs pip or ensurepip, nothing else.
$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' || \
		{ echo "QPO needs Python 3.11 or 3.12: say make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Setting up: uv $(UV_VERSION)"
	@$(PYTHON) -m pip --version >/dev/null 2>&1 \
		&& $(PYTHON) -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action ignore \
			--target .uv "uv==$(UV_VERSION)" \
		|| { $(PYTHON) -m venv .uv/venv && .uv/venv/bin/pip install --quiet "uv==$(UV_VERSION)" \
			&& mkdir -p .uv/bin && ln -sf ../venv/bin/uv $(UV); }

$(INSTALLED): requirements.lock pyproject.toml | $(UV)
	@echo "Setting up: $(VENV) from requirements.lock"
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$(PYTHON)" $(VENV)
	@VIRTUAL_ENV=$(VENV) $(UV) pip sync --quiet --require-hashes requirements.lock
	@# xds-protos carries older copies of these packages' files under the same names: theirs must be the last written.
	@# Compiled here, once: where Python may not write beside its modules, every start would compile them again.
	@VIRTUAL_ENV=$(VENV) $(UV) pip sync --quiet --require-hashes --reinstall-package opentelemetry-proto \
		--reinstall-package googleapis-common-protos --compile-bytecode requirements.lock
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q chassis clients gen/python services stack
	@touch $(INSTALLED)

# What numba compiles: a minute here, or a minute in the first solve, which has less. From nothing: its cache does not
# see a change in another file.
COMPILED := $(addsuffix /*.py,$(addprefix services/optimizer/domain/,solvers/dual_newton allocations cardinality cardinality/sampling))
$(READY): $(INSTALLED) $(wildcard $(COMPILED))
	@echo "Setting up: what numba compiles"
	@find services -name '*.nb[ic]' -delete
	@$(BIN)/python -c 'from services.optimizer.domain.solvers.warm import compile_all; compile_all()'
	@touch $(READY)

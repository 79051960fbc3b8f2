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

.PHONY: help demo test unit mesh kafka istiod grpcurl drill feed-drill kafka-drill mirror-drill replicas-drill restore-drill restart-drill alert-drill nightly fuzz sweeps bench bench-ml bench-optimizer bench-quantum bench-marketdata bench-mesh lint scan audit secrets schemas sbom tools gen docs lock release-contracts up clean interop-go interop-ts interop-java interop-rust interop-cpp interop-python

help:  ## List the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 20

demo: $(READY)  ## Walk the main job on real prices: mesh up, import, optimize, rebalance, ticks, frontier.
	$(BIN)/qpo demo

test: $(READY) lint unit  ## Everything: lint, types, architecture, contracts, unit, property, mesh, coverage.

# What is tested from outside, as processes or as files, and what is no service's: to measure its coverage too takes minutes
# and tells nothing new. It runs beside the rest, which keeps one core busy and no more; what it prints comes behind.
OUTSIDE := $(addprefix tests/,architecture authorization benchmarks cli deploy docs drill fuzz gateway istio interop mesh observability stack)

unit: $(READY)
	@rm -f .coverage .coverage.*
	@$(BIN)/pytest $(OUTSIDE) >.outside.log 2>&1 & outside=$$!; trap 'kill $$outside' INT TERM; \
	$(BIN)/coverage run -m pytest tests $(addprefix --ignore=,$(OUTSIDE)); inside=$$?; \
	wait $$outside || { inside=1; }; cat .outside.log; exit $$inside
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

mesh: $(READY)  ## Only the tests through the whole stack.
	$(BIN)/pytest -q tests/mesh

# The programs of interop/, each into a folder that git ignores; nothing is made twice.
TS := clients/typescript
GEN_TS := $(shell find gen/ts -name '*.ts')

interop/go/out/interop: $(wildcard interop/go/*.go interop/go/go.*) $(shell find gen/go -type f)
	cd interop/go && go build -o out/interop .

$(TS)/node_modules/.package-lock.json: $(TS)/package-lock.json
	cd $(TS) && npm ci --ignore-scripts --no-progress --silent
	@touch $@

$(TS)/out/qpo-client.tgz: $(TS)/node_modules/.package-lock.json $(TS)/package.json $(TS)/README.md $(wildcard $(TS)/src/*.ts) $(GEN_TS)
	rm -rf $(TS)/dist
	cd $(TS) && npm run --silent build && mkdir -p out && npm pack --silent --pack-destination out >/dev/null
	mv $(TS)/out/qpo-client-*.tgz $@

# As a user would: the package alone, in a folder that knows nothing of ours.
interop/ts/out/main.js: $(TS)/out/qpo-client.tgz interop/ts/package.json $(wildcard interop/ts/src/*.ts)
	rm -rf interop/ts/node_modules interop/ts/out
	cd interop/ts && npm install --prefer-offline --ignore-scripts --no-progress --silent
	$(TS)/node_modules/.bin/tsc --project interop/ts
	$(TS)/node_modules/.bin/esbuild interop/ts/src/browser.ts --bundle --minify --log-level=warning --outfile=interop/ts/out/browser.bundle.js

# Python's client package, as a wheel in an environment of its own, with the versions of the lock.
interop/python/out/.installed: $(shell find clients/python gen/python -name '*.py') clients/python/pyproject.toml clients/python/README.md | $(INSTALLED)
	rm -rf interop/python/out
	cd clients/python && ../../$(BIN)/python -m hatchling build --target wheel --directory ../../interop/python/out >/dev/null
	$(UV) venv --quiet --python $(BIN)/python interop/python/out/venv
	VIRTUAL_ENV=interop/python/out/venv $(UV) pip install --quiet --constraints requirements.lock interop/python/out/*.whl
	@touch $@

# The libraries, the generated sources, and of these what the program uses.
JAVA := interop/java/target
$(JAVA)/lib/.copied: interop/java/pom.xml
	rm -rf $(JAVA)
	mvn --quiet --batch-mode --file interop/java/pom.xml dependency:copy-dependencies
	install -D $(JAVA)/lib/protoc-[0-9]*.exe $(JAVA)/bin/protoc
	install -D $(JAVA)/lib/protoc-gen-grpc-java-*.exe $(JAVA)/bin/protoc-gen-grpc-java
	@touch $@

$(JAVA)/classes/.compiled: $(JAVA)/lib/.copied tools/buf/java.yaml gen/descriptors/qpo.binpb $(wildcard interop/java/src/qpo/interop/*.java) | $(INSTALLED)
	rm -rf $(JAVA)/generated $(JAVA)/classes
	$(BIN)/buf generate 'gen/descriptors/qpo.binpb#format=binpb' --template tools/buf/java.yaml --output $(JAVA) --path qpo --path buf
	javac -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -g:none -proc:none -implicit:class -nowarn -encoding UTF-8 --release 17 -d $(JAVA)/classes -cp '$(JAVA)/lib/*' \
		-sourcepath $(JAVA)/generated interop/java/src/qpo/interop/*.java
	@touch $@

# Cargo and CMake know themselves what is out of date.
interop-rust:  ## Build the program of interop/ in Rust.
	cd interop/rust && cargo build --quiet

interop-cpp:  ## Build the program of interop/ in C++: libgrpc++-dev, protobuf-compiler-grpc, cmake.
	cmake -S interop/cpp -B interop/cpp/out >/dev/null
	cmake --build interop/cpp/out >/dev/null

interop-go: interop/go/out/interop  ## Build the program of interop/ in Go.
interop-ts: interop/ts/out/main.js  ## Pack @qpo/client and build the program of interop/ in TypeScript.
interop-java: $(JAVA)/classes/.compiled  ## Generate and compile the program of interop/ in Java.
interop-python: interop/python/out/.installed  ## Build the wheel of qpo-client and install it for the program of interop/.

kafka:  ## Fetch a Kafka broker with Maven, for the tests that need one; they want Java 17 or newer.
	mvn --quiet --batch-mode --file tools/kafka/pom.xml dependency:copy-dependencies

grpcurl:  ## Build grpcurl into .cache/bin, for the page that shows it; needs Go.
	cd tools && GOBIN="$(CURDIR)/.cache/bin" go install github.com/fullstorydev/grpcurl/cmd/grpcurl

# Istio's control plane, at the version of tools/istio/go.mod.
ISTIO := .cache/istio
istiod:  ## Build istiod and istioctl, for the tests of the mesh; needs Go, and half an hour of two cores once.
	@mkdir -p $(ISTIO)
	cd tools/istio && nice go build -trimpath -tags=vtprotobuf,disable_pgv -ldflags="-s -w" -o ../../$(ISTIO)/ \
		istio.io/istio/pilot/cmd/pilot-discovery istio.io/istio/istioctl/cmd/istioctl

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

alert-drill: $(READY)  ## Kill and hold down what there is, 200 times under load: is somebody told in time, do callers notice? Half an hour.
	$(BIN)/python -m tests.observability.drill

restart-drill: $(READY)  ## Replace every service and the edge under 200 calls a second: none may fail. About three minutes.
	$(BIN)/python -m tests.drill.restart

nightly: $(READY) istiod tools drill alert-drill feed-drill kafka-drill mirror-drill replicas-drill restore-drill restart-drill fuzz sweeps  ## What takes hours: drills, fuzz, sweeps, benches in short.
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

bench-mesh: $(READY)  ## Measure the mesh under a thousand users beside FastAPI, in a quarter of an hour; needs Go; BENCH="--quick" for less.
	$(BIN)/python -m benchmarks.mesh --results benchmarks/results $(BENCH)

lint: $(INSTALLED)  ## ruff, mypy strict.
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

gen: $(READY)  ## Generate gen/, and of istio/ what follows from the contracts, from proto/.
	$(BIN)/buf format -w proto
	$(BIN)/python -m tools.generate
	$(BIN)/python -m tools.generate_clients
	$(BIN)/python -m tools.mesh

docs: $(READY)  ## Write the tables of docs/ from settings, contracts, metrics, alerts and migrations; and the dashboards.
	$(BIN)/python -m tools.reference
	$(BIN)/python -m tools.dashboards

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

# spark-xacct: `make` lists the targets. Python 3.10 to 3.13, a JDK (17 for Spark 4) and Maven must be there; the rest is fetched.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
SPARK ?= 4
VENV := .venv
BIN := $(VENV)/bin
CACHE := .cache

# One Spark of each line: 3.5 has Hadoop 3.3.4 with SDK v1, 4 has Hadoop 3.5.0 with SDK v2. Spark 3.5 ends at Python 3.11.
PYSPARK_3.5 := 3.5.9
PYSPARK_4 := 4.3.0
LINES := $(shell $(PYTHON) -c 'import sys; print("4" if sys.version_info >= (3, 12) else "4 3.5")' 2>/dev/null)
SPARK_VENVS := $(LINES:%=$(CACHE)/spark-%/.ready) $(CACHE)/worker/.ready $(CACHE)/worker-arrow/.ready
# What PySpark itself asks for: Arrow for pandas functions, gRPC for Spark Connect. Spark 3.5 does not know pandas 3.
ARROW := 'pandas>=2.2,<3' 'pyarrow>=15'
CONNECT := 'grpcio>=1.67' 'grpcio-status>=1.67' 'googleapis-common-protos>=1.65' 'zstandard>=0.25'

.PHONY: help setup tools demo test test-all lint jar build-jar wheel bench docs versions
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tools:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 10) <= v <= (3, 13) else "spark-xacct needs Python 3.10 to 3.13, and this is %d.%d; name another: make PYTHON=python3.11 ..." % v)'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing; Debian: apt-get install python3-venv" >&2; exit 1; }
	@command -v javac >/dev/null || { echo "a JDK is missing (javac is not on PATH); Debian: apt-get install openjdk-17-jdk-headless" >&2; exit 1; }
	@command -v mvn >/dev/null || { echo "Maven is missing (mvn is not on PATH); Debian: apt-get install maven" >&2; exit 1; }

setup: $(VENV)/.ready ## make ./.venv with everything that the other targets need
$(VENV)/.ready: pyproject.toml | tools
	@echo "setting up $(VENV)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --editable '.[lab]' --group dev
	@touch $@

# Driver of demo and tests: pyspark beside the editable package. Workers: boto3 alone, as on a cluster.
$(CACHE)/spark-%/.ready: pyproject.toml | $(VENV)/.ready
	@echo "setting up Spark $* (pyspark $(PYSPARK_$*), some 350 to 500 MB)" >&2
	@$(PYTHON) -c 'import sys; sys.exit("Spark 3.5 runs on Python up to 3.11; with this Python take SPARK=4" if "$*" == "3.5" and sys.version_info >= (3, 12) else 0)'
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --editable '.[lab]' 'pyspark==$(PYSPARK_$*)' 'pytest-timeout>=2.3'
	@touch $@
$(CACHE)/worker/.ready: pyproject.toml | $(VENV)/.ready
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet boto3
	@touch $@
# For pandas functions and Spark Connect. The driver borrows these by PYTHONPATH where a test needs them: a driver that has Arrow
# sends plain UDFs through it, and other workers have none.
$(CACHE)/worker-arrow/.ready: pyproject.toml | $(VENV)/.ready
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet boto3 $(ARROW) $(CONNECT)
	@touch $@
# The S3 libraries of docs/python-clients.md.
$(CACHE)/clients/.ready: pyproject.toml | $(VENV)/.ready
	@echo "setting up the S3 libraries (some 800 MB)" >&2
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(@D)/bin/python -m pip install --quiet --editable '.[lab]' --group clients
	@touch $@

jar: | tools ## build the shim jar into spark_xacct/jars, where it is not that of these sources
	@$(PYTHON) hatch_build.py check 2>/dev/null || $(MAKE) --no-print-directory build-jar
# A jar keeps the modes of its files, and they must be the same wherever it is built.
build-jar: | tools
	@echo "building the jar" >&2
	@umask 022; digest=$$($(PYTHON) hatch_build.py digest); \
	  mvn -q -B -ntp -Dstyle.color=never -f jvm_shim/pom.xml -pl shim package -Dmaven.test.skip=true; \
	  $(PYTHON) hatch_build.py stamp $$digest

wheel: jar | $(VENV)/.ready ## build the wheel, with the jar in it, into dist/
	@rm -rf dist && $(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist . && ls dist

demo: jar $(CACHE)/spark-$(SPARK)/.ready $(CACHE)/worker/.ready ## the main job against the embedded AWS (SPARK=4 or 3.5)
	@PYSPARK_PYTHON=$(CURDIR)/$(CACHE)/worker/bin/python $(CACHE)/spark-$(SPARK)/bin/spark-xacct lab demo

lint: | $(VENV)/.ready ## ruff, mypy, layers, Python 3.7 of what the jar carries to workers and drivers
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/vermin -q --no-tips --no-parse-comments --target=3.7- --violations $(WORKER_HALF) $(DRIVER_HALF)

WORKER_HALF := spark_xacct/__init__.py spark_xacct/version.py spark_xacct/keys.py spark_xacct/errors.py spark_xacct/model spark_xacct/plan spark_xacct/aws spark_xacct/worker
# What a driver runs besides; of declarations and the command line what says that they need a newer Python.
DRIVER_HALF := spark_xacct/__main__.py spark_xacct/cli/__init__.py spark_xacct/declaration/__init__.py spark_xacct/access spark_xacct/iam spark_xacct/spark spark_xacct/targets

versions:
	@echo "python $$($(PYTHON) -V | cut -d' ' -f2), java $$(java -version 2>&1 | head -n 1 | cut -d'"' -f2), maven $$(mvn -v | grep -o "Apache Maven [0-9.]*" | cut -d" " -f3), Spark lines $(LINES:%=%) (pyspark $(foreach line,$(LINES),$(PYSPARK_$(line))))"
	@[ "$(LINES)" != 4 ] || echo "Spark 3.5 is left out: it runs on Python up to 3.11"

test: versions lint jar $(SPARK_VENVS) $(CACHE)/clients/.ready ## lint, then every test but the slow ones
	@mvn -q -B -ntp -Dstyle.color=never -T 2 -f jvm_shim/pom.xml verify
	@$(BIN)/python -m pytest tests --ignore tests/spark --ignore tests/clients -m "not slow"
	@$(CACHE)/clients/bin/python -m pytest tests/clients -m "not slow"
	@for line in $(LINES); do $(CACHE)/spark-$$line/bin/python -m pytest tests/spark -m "not slow"; done

test-all: test ## the slow tests as well
	@$(BIN)/python -m pytest tests --ignore tests/spark --ignore tests/clients -m slow
	@$(CACHE)/clients/bin/python -m pytest tests/clients -m slow
	@for line in $(LINES); do $(CACHE)/spark-$$line/bin/python -m pytest tests/spark -m slow || [ $$? = 5 ]; done

docs: | $(VENV)/.ready ## write the generated parts of the pages anew
	@$(BIN)/python docs/generate.py

BENCH ?= --jmh
bench: jar $(SPARK_VENVS) ## STS calls and latencies beside the peers (BENCH="--only sts")
	@$(BIN)/python -m benchmarks $(BENCH)

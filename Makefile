# article-qa. `make` alone lists what there is to make.
#
# Variables: PYTHON (the Python to set up with), HOST and PORT (where the chat is served), EXTRAS (openai, anthropic,
# ollama, objects, ray, shared), ARTICLE_QA_INDEX (the library's folder, or the address of a database), ARTICLE_QA_TORCH=gpu (PyPI's default build of PyTorch),
# ARGS (more arguments for pytest), SECONDS (how long to fuzz), DATA (the folder of the benchmarks' question sets),
# VERBOSE=1 (show what pip prints).

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev setup-test setup-bench chat test coverage fuzz crash check bench format lock clean

RUN := .venv/bin/python -m

# The environment's own Python first: it is known to do, and set-up then has nothing to make again.
ifdef PYTHON
PYTHONS := "$(PYTHON)"
else
PYTHONS := .venv/bin/python python3.13 python3.12 python3.11 python3
endif

define set_up
@for python in $(PYTHONS); do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		exec "$$python" scripts/setup.py $(1) $(EXTRAS:%=--extra %) $(if $(VERBOSE),--verbose); \
	fi; \
done; \
echo "article-qa needs Python 3.11 or newer, and none was found. Install one, or name it: make $@ PYTHON=/path/to/python3" >&2; \
exit 1
endef

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## set up .venv with what the chat and the command need
	$(call set_up)

setup-dev:
	$(call set_up,--group dev)

setup-test:
	$(call set_up,--group dev --browser --proxy)

setup-bench:
	$(call set_up,--group bench --group dev)

# The mark beside the library says that adding the samples was begun and not finished.
# A library in a database is served as it is, and its address, which may hold a password, stays off the command line.
chat: setup ## serve the chat on 127.0.0.1:7860, with the sample articles at first
	@set -e; \
	index="$${ARTICLE_QA_INDEX:-data/index}"; index="$${index%/}"; begun="$$index.adding-samples"; \
	case "$$index" in postgres://*|postgresql://*) exec .venv/bin/article-qa chat $(if $(HOST),--host "$(HOST)") $(if $(PORT),--port "$(PORT)");; esac; \
	if [ ! -e "$$index/record.sqlite3" ] || [ -e "$$begun" ]; then \
		mkdir -p "$$(dirname "$$index")"; \
		touch "$$begun"; \
		.venv/bin/article-qa ingest samples/articles --index "$$index"; \
		rm "$$begun"; \
	fi; \
	exec .venv/bin/article-qa chat --index "$$index" $(if $(HOST),--host "$(HOST)") $(if $(PORT),--port "$(PORT)")

test: setup-test ## run every test, those in a browser included
	$(RUN) pytest $(ARGS)

# These start processes of their own, where no coverage is measured, or ask the models.
ELSEWHERE := tests/ingest/test_nothing_lost.py tests/ui/test_cli.py tests/ui/test_guide.py tests/ui/test_history_shared.py
coverage: setup-test ## run the tests that need neither model nor browser, and fail where they reach less than they did
	$(RUN) coverage run -m pytest -q -m "not slow and not browser" $(ELSEWHERE:%=--ignore=%) \
		tests/language tests/ingest tests/qa/llm tests/ui
	$(RUN) coverage report --skip-covered --sort=miss

SECONDS ?= 300
fuzz: setup-dev ## feed the readers broken files for SECONDS (300)
	$(RUN) tests.ingest.fuzz --seconds $(SECONDS)

check: setup-dev ## check format, lint and types
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy

DATA ?= ../shared/data
bench: setup-bench ## measure what README and docs report, on the public question sets in DATA
	$(RUN) benchmarks.extraction
	$(RUN) benchmarks.libraries --heldout "$(DATA)/squad-heldout.json.xz"
	$(RUN) benchmarks.embedding --heldout "$(DATA)/squad-heldout.json.xz"
	$(RUN) benchmarks.ingest --heldout "$(DATA)/squad-heldout.json.xz"
	$(RUN) benchmarks.growth --data "$(DATA)"
	$(RUN) benchmarks.fusion --data "$(DATA)" --large --read 200
	$(RUN) benchmarks.answers --heldout "$(DATA)/squad-heldout.json.xz" --limit 150
	$(RUN) benchmarks.followups --data "$(DATA)"
	$(RUN) benchmarks.load
	$(RUN) benchmarks.shared --data "$(DATA)"
	$(RUN) benchmarks.on_ray --data "$(DATA)"

KILLS ?= 200
crash: setup-dev ## kill KILLS ingests, and KILLS parts of a shared library, and compare with libraries built afresh
	$(RUN) benchmarks.crash --kills $(KILLS)
	$(RUN) benchmarks.crash_shared --rounds $(KILLS)

format: setup-dev ## format the code and mend what the linter can
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

lock: ## resolve every dependency afresh and write constraints.txt
	$(call set_up,--lock)

clean: ## remove the environment, caches and builds; the library of articles stays
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: venv demo demo-reset test check smoke servers evaluate lock bench clean

venv: $(STAMP)

$(STAMP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Chorus needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making the environment in $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: venv
	@$(BIN)/python -m bot.demo

demo-reset: venv
	@$(BIN)/python -m bot.demo reset

test: venv
	@$(BIN)/python -m pytest

check: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

smoke: venv
	@$(BIN)/python -m bot.demo smoke

servers: venv
	@tests/servers/install.sh
	@$(BIN)/python -m pytest -m servers

bench: venv
	@$(BIN)/python -m bot.bench

evaluate: venv
	$(BIN)/chorus guidelines evaluate tests/data/replies.jsonl
	$(BIN)/chorus guidelines evaluate tests/data/replies_fourth_author.jsonl
	$(BIN)/chorus facts evaluate --facts tests/data/facts.yml tests/data/posts.jsonl
	$(BIN)/chorus facts evaluate --facts tests/data/facts_trades.yml tests/data/posts_trades.jsonl
	for replies in tests/data/unseen/replies_*.jsonl; do $(BIN)/chorus guidelines evaluate $$replies || exit; done
	for n in $(patsubst tests/data/unseen/posts_%.jsonl,%,$(wildcard tests/data/unseen/posts_*.jsonl)); do \
		$(BIN)/chorus facts evaluate --facts tests/data/unseen/facts_$$n.yml tests/data/unseen/posts_$$n.jsonl || exit; done
	for posts in tests/data/unseen/suspicious_*.jsonl; do $(BIN)/chorus mentions evaluate $$posts || exit; done

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

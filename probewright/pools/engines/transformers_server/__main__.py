"""The process of the engine `transformers`: serves one model until its parent ends."""

import argparse
import asyncio
import logging
import sys
import threading
from pathlib import Path

import torch
from aiohttp import web

from probewright.errors import PoolError
from probewright.pools import child
from probewright.pools.engines.transformers_server import loading
from probewright.pools.engines.transformers_server.api import Server
from probewright.pools.imported import imported


def arguments() -> argparse.Namespace:
    """What the engine says on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", type=Path, required=True, help="the GGUF file")
    parser.add_argument("--sha256", required=True, help="the file's digest")
    parser.add_argument("--name", required=True, help="the model's name in requests")
    parser.add_argument("--slots", type=int, required=True, help="the most prompts of a batch")
    parser.add_argument("--context-tokens", type=int, required=True, help="the longest prompt and answer together")
    parser.add_argument("--adapter", type=Path, help="a folder in peft's layout")
    parser.add_argument("--dtype", choices=[loading.AUTO, *loading.DTYPES], default=loading.AUTO)
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args()


async def serve(server: Server, port: int) -> None:
    """Binds, tells the port, and serves for ever."""
    # A client that is gone frees its place in the queue.
    runner = web.AppRunner(server.app(), handler_cancellation=True, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, child.HOST, child.free_port(port))
    await site.start()
    child.announce(runner.addresses[0][1])
    await asyncio.Event().wait()


def main() -> None:
    """Loads the model and serves it."""
    child.end_with_parent()
    threading.Thread(target=child.serve_until_parent_ends, daemon=True).start()
    options = arguments()
    logging.basicConfig(level=logging.WARNING)
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    try:
        folder = imported(options.path, options.sha256)
        loaded = loading.load(folder, options.name, options.context_tokens, options.dtype, options.adapter)
    except PoolError as error:
        sys.exit(str(error))
    except Exception as error:  # the edge of loading: whoever waits for the engine gets its last line
        logging.exception("loading model %s", options.name)
        sys.exit(f"model {options.name} cannot be loaded: {' '.join(f'{type(error).__name__}: {error}'.split())}")
    asyncio.run(serve(Server(loaded, options.slots), options.port))


if __name__ == "__main__":
    main()

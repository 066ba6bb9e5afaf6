"""An engine's process without a model: speaks just enough of OpenAI's protocol, and misbehaves where it is told to."""

import argparse
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from probewright.pools import child

HUNG = threading.Event()
COUNT_LOCK = threading.Lock()
IN_FLIGHT = 0
MOST_IN_FLIGHT = 0


class Handler(BaseHTTPRequestHandler):
    is_healthy = True
    delay_s = 0.0

    def do_GET(self) -> None:
        if HUNG.is_set():
            time.sleep(60)
        self.answer(200 if self.is_healthy else 503, {"status": "ok"})

    def do_POST(self) -> None:
        if self.path.endswith("/chat/completions"):
            self.complete()
        else:
            self.answer(404, {"error": "no such path"})

    def complete(self) -> None:
        global IN_FLIGHT, MOST_IN_FLIGHT
        with COUNT_LOCK:
            IN_FLIGHT += 1
            MOST_IN_FLIGHT = max(MOST_IN_FLIGHT, IN_FLIGHT)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = body["messages"][-1]["content"]
        if prompt == "hang":
            HUNG.set()
        if HUNG.is_set():
            time.sleep(60)
        time.sleep(self.delay_s)
        with COUNT_LOCK:
            IN_FLIGHT -= 1
        content = {"pid": str(os.getpid()), "most in flight": str(MOST_IN_FLIGHT)}.get(prompt, f"echo {prompt}")
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        self.answer(200, {"id": "1", "model": body["model"], "choices": [choice], "usage": usage})

    def answer(self, status: int, body: object) -> None:
        encoded = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name in the base class)
        pass


def main() -> None:
    child.end_with_parent()
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--behaviour", choices=["good", "exit", "unhealthy", "moves"], default="good")
    parser.add_argument("--delay-s", type=float, default=0.0)
    options = parser.parse_args()
    if options.behaviour == "exit":
        print("loading", "no such tensor", sep="\n", file=sys.stderr)
        sys.exit(3)
    Handler.is_healthy = options.behaviour != "unhealthy"
    Handler.delay_s = options.delay_s
    wanted = 0 if options.behaviour == "moves" else child.free_port(options.port)
    server = ThreadingHTTPServer((child.HOST, wanted), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("the fake engine serves", file=sys.stderr, flush=True)
    child.announce(server.server_address[1])
    child.serve_until_parent_ends()


if __name__ == "__main__":
    main()

"""The HTTP side: OpenAI's chat and completions in the form that vLLM gives them, and vLLM's ``/tokenize``."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

import orjson
from aiohttp import web

from probewright.pools.engines.transformers_server.batches import Batches
from probewright.pools.engines.transformers_server.errors import BadRequest
from probewright.pools.engines.transformers_server.generation import LENGTH, Generated, Row, generate
from probewright.pools.engines.transformers_server.loading import Loaded
from probewright.pools.engines.transformers_server.requests import Chat, Completion, Tokenize, check_fit, read
from probewright.pools.engines.transformers_server.scoring import Scored, Scorer
from probewright.pools.engines.transformers_server.texts import Texts

MOST_BYTES = 64 * 1024 * 1024  # of a request; a hundred long prompts
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = logging.getLogger(__name__)


class Server:
    """Answers requests with one model.

    Args:
        loaded: the model.
        slots: the most prompts that are answered as one batch.
    """

    def __init__(self, loaded: Loaded, slots: int) -> None:
        self._loaded = loaded
        self._texts = Texts(loaded.tokenizer, loaded.name, loaded.model.get_input_embeddings().num_embeddings)
        self._scorer = Scorer(loaded.model)
        self._batches = Batches(partial(generate, loaded, self._texts), slots)

    def app(self) -> web.Application:
        """The application; the model works while it runs."""
        app = web.Application(client_max_size=MOST_BYTES, middlewares=[_errors])
        app.cleanup_ctx.append(self._working)
        app.add_routes(
            [
                web.get("/health", self._health),
                web.get("/v1/models", self._models),
                web.post("/v1/chat/completions", self._chat),
                web.post("/v1/completions", self._completions),
                web.post("/tokenize", self._tokenize),
            ]
        )
        return app

    async def _working(self, _app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(self._batches.serve())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _health(self, _request: web.Request) -> web.Response:
        return _json({"status": "ok"})

    async def _models(self, _request: web.Request) -> web.Response:
        model = {"id": self._loaded.name, "object": "model", "max_model_len": self._loaded.context_tokens}
        return _json({"object": "list", "data": [model]})

    async def _chat(self, request: web.Request) -> web.Response:
        body = read(Chat, await request.read(), self._loaded.name)
        tokens = self._texts.chat([message.model_dump() for message in body.messages])
        room = self._loaded.context_tokens - len(tokens)
        max_tokens = body.max_completion_tokens or body.max_tokens or max(1, room)
        check_fit(len(tokens), max_tokens, self._loaded.context_tokens)
        [answer] = await self._batches.generate([Row(tokens, body.sampling(max_tokens))])
        message = {"role": "assistant", "content": answer.text}
        choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
        return _json(self._reply("chat.completion", [choice], _usage([tokens], answer.tokens)))

    async def _completions(self, request: web.Request) -> web.Response:
        body = read(Completion, await request.read(), self._loaded.name)
        body.check()
        prompts = [self._tokens(prompt, body.add_special_tokens) for prompt in body.prompt]
        for tokens in prompts:
            check_fit(len(tokens), body.max_tokens, self._loaded.context_tokens)
        if body.echo:
            return _json(await self._echo(body, prompts))
        answers = await self._batches.generate([Row(tokens, body.sampling(body.max_tokens)) for tokens in prompts])
        choices = [_choice(index, answer) for index, answer in enumerate(answers)]
        usage = _usage(prompts, sum(answer.tokens for answer in answers))
        return _json(self._reply("text_completion", choices, usage))

    async def _echo(self, body: Completion, prompts: Sequence[list[int]]) -> dict[str, Any]:
        with_following = body.max_tokens > 0
        work = partial(self._scorer.score, prompts, body.logprobs_from, with_following)
        choices = []
        for index, (tokens, scored) in enumerate(zip(prompts, await self._batches.run(work), strict=True)):
            given = body.prompt[index]
            text = given if isinstance(given, str) else self._texts.decode(tokens, skip_special_tokens=False)
            choices.append(self._echoed(index, text, tokens, scored))
            if body.logprobs is None:
                choices[-1]["logprobs"] = None
        return self._reply("text_completion", choices, _usage(prompts, len(prompts) * with_following))

    def _echoed(self, index: int, text: str, tokens: list[int], scored: Scored) -> dict[str, Any]:
        logprobs = scored.logprobs
        if scored.following:
            token, logprob = scored.following
            tokens, logprobs = [*tokens, token], [*logprobs, logprob]
            text += self._texts.pieces([token])[0]
        pieces = self._texts.pieces(tokens)
        offsets = [0]
        for piece in pieces[:-1]:
            offsets.append(offsets[-1] + len(piece))
        given = {"tokens": pieces, "token_logprobs": logprobs, "text_offset": offsets, "top_logprobs": None}
        return {"index": index, "text": text, "logprobs": given, "finish_reason": LENGTH}

    async def _tokenize(self, request: web.Request) -> web.Response:
        body = read(Tokenize, await request.read(), self._loaded.name)
        body.check()
        if body.messages is not None:
            messages = [message.model_dump() for message in body.messages]
            tokens = self._texts.chat(messages, body.add_generation_prompt)
        else:
            tokens = self._texts.encode(body.prompt or "", body.add_special_tokens)
        return _json({"count": len(tokens), "max_model_len": self._loaded.context_tokens, "tokens": tokens})

    def _tokens(self, prompt: str | list[int], add_special_tokens: bool) -> list[int]:
        if isinstance(prompt, str):
            return self._texts.encode(prompt, add_special_tokens)
        self._texts.check(prompt)
        return prompt

    def _reply(self, kind: str, choices: Sequence[dict[str, Any]], usage: dict[str, int]) -> dict[str, Any]:
        known = {"id": uuid4().hex, "object": kind, "created": int(time.time()), "model": self._loaded.name}
        return {**known, "choices": choices, "usage": usage}


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error is JSON with one line; what went wrong inside stands in the log alone."""
    try:
        return await handler(request)
    except BadRequest as error:
        return _error(400, "invalid_request_error", str(error))
    except web.HTTPException as error:
        return _error(error.status, "invalid_request_error", f"{request.method} {request.path}: {error.reason}")
    except Exception as error:  # the edge of the server: the process goes on
        log.exception("%s %s", request.method, request.path)
        return _error(500, "internal_error", f"the engine failed: {type(error).__name__}; its log says where")


def _error(status: int, kind: str, message: str) -> web.Response:
    return _json({"error": {"message": " ".join(message.split()), "type": kind}}, status)


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def _choice(index: int, answer: Generated) -> dict[str, Any]:
    return {"index": index, "text": answer.text, "logprobs": None, "finish_reason": answer.finish_reason}


def _usage(prompts: Sequence[Sequence[int]], completion_tokens: int) -> dict[str, int]:
    prompt_tokens = sum(map(len, prompts))
    total = prompt_tokens + completion_tokens
    return {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "total_tokens": total}

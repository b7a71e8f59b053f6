"""One model behind the interface of OpenAI: completions, chat completions, streams, and errors as its clients know them.

Requests are answered one after another, in the order in which they came. ``create_app`` makes the ASGI
application; ``seq2gpt serve`` runs it with uvicorn.
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import torch
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from seq2gpt.decoding import Decoder, stream
from seq2gpt.jobs import ApiError, Job, chat_job, completion_job
from seq2gpt.run.sampler import end_ids
from seq2gpt.sampling import TextStream, Tokenizer

MAX_BODY = 1_000_000  # bytes of a request
MAX_WAITING = 32  # requests in the queue


class Engine:
    """The model, its tokenizer, and the queue before them."""

    def __init__(
        self, decoder: Decoder, tokenizer: Tokenizer, name: str, max_waiting: int = MAX_WAITING
    ) -> None:
        self.decoder, self.tokenizer, self.name, self.max_waiting = decoder, tokenizer, name, max_waiting
        self.started = int(time.time())
        self._turn = asyncio.Lock()  # hands on in order of arrival
        self._n_waiting = 0

    async def answer(self, job: Job) -> AsyncGenerator[str, None]:
        """The text of the answer in pieces; ``job`` gets its ``finish_reason`` and counts its tokens."""
        if self._n_waiting >= self.max_waiting:
            raise ApiError(
                429, f"{self._n_waiting} requests are waiting; try again later", kind="rate_limit_error"
            )
        self._n_waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._n_waiting -= 1
        try:
            pieces = self._pieces(job)
            while (piece := await run_in_threadpool(next, pieces, None)) is not None:
                yield piece
        finally:
            self._turn.release()

    def _pieces(self, job: Job) -> Iterator[str]:
        text = TextStream(self.tokenizer, job.stop)
        ends = end_ids(self.tokenizer)
        generator = torch.Generator()
        if job.seed is None:
            generator.seed()
        else:
            generator.manual_seed(job.seed % 2**63)
        job.finish_reason = "length"
        for token_id in stream(self.decoder, job.ids, job.max_tokens, job.sampling, generator):
            job.n_written += 1
            piece = "" if token_id in ends else text.add(token_id)
            if piece:
                yield piece
            if text.stopped or token_id in ends:
                job.finish_reason = "stop"
                break
        if piece := text.finish():
            yield piece


def create_app(engine: Engine) -> Starlette:
    """The application: ``/v1/completions``, ``/v1/chat/completions``, ``/v1/models`` and ``/v1/models/NAME``."""

    async def models(request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [_model_card(engine)]})

    async def model(request: Request) -> Response:
        _check_model(engine, request.path_params["name"])
        return JSONResponse(_model_card(engine))

    async def completions(request: Request) -> Response:
        body = await _read_body(request)
        _check_model(engine, body.get("model"))
        job = completion_job(body, engine.tokenizer, engine.decoder.model.config)
        return await _respond(engine, job, request, Shape("text_completion", "cmpl"))

    async def chat(request: Request) -> Response:
        body = await _read_body(request)
        _check_model(engine, body.get("model"))
        job = chat_job(body, engine.tokenizer, engine.decoder.model.config)
        return await _respond(engine, job, request, Shape("chat.completion", "chatcmpl"))

    return Starlette(
        routes=[
            Route("/v1/models", models),
            Route("/v1/models/{name:path}", model),
            Route("/v1/completions", completions, methods=["POST"]),
            Route("/v1/chat/completions", chat, methods=["POST"]),
        ],
        exception_handlers={ApiError: _on_api_error, HTTPException: _on_http_error, Exception: _on_crash},
    )


class Shape:
    """What an answer looks like: the two interfaces differ in names and nesting only."""

    def __init__(self, kind: str, prefix: str) -> None:
        self.kind, self.chat = kind, kind.startswith("chat")
        self.frame = {"id": f"{prefix}-{uuid.uuid4().hex}", "created": int(time.time())}

    def whole(self, engine: Engine, job: Job, text: str) -> dict[str, Any]:
        """The whole answer in one object."""
        content = {"message": {"role": "assistant", "content": text}} if self.chat else {"text": text}
        choice = {"index": 0, **content, "logprobs": None, "finish_reason": job.finish_reason}
        return {
            **self.frame,
            "object": self.kind,
            "model": engine.name,
            "choices": [choice],
            "usage": job.usage,
        }

    def part(self, engine: Engine, text: str | None, finish_reason: str | None = None) -> dict[str, Any]:
        """One piece of a streamed answer."""
        kind = f"{self.kind}.chunk" if self.chat else self.kind
        delta = {} if text is None else {"role": "assistant", "content": text}
        content = {"delta": delta} if self.chat else {"text": text or ""}
        choice = {"index": 0, **content, "logprobs": None, "finish_reason": finish_reason}
        return {**self.frame, "object": kind, "model": engine.name, "choices": [choice]}


async def _respond(engine: Engine, job: Job, request: Request, shape: Shape) -> Response:
    pieces = engine.answer(job)
    if not job.streamed:
        return JSONResponse(shape.whole(engine, job, await _text(pieces, request)))
    first = await anext(pieces, "")  # what is refused now is still refused with a status
    events = _events(engine, job, shape, first, pieces)
    return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


async def _text(pieces: AsyncGenerator[str, None], request: Request) -> str:
    """The whole answer, or its beginning where the client has gone: nobody waits for the rest."""
    text = ""
    async with aclosing(pieces):  # hands the model on
        async for piece in pieces:
            text += piece
            if await request.is_disconnected():
                break
    return text


async def _events(
    engine: Engine, job: Job, shape: Shape, first: str, pieces: AsyncGenerator[str, None]
) -> AsyncIterator[str]:
    async with aclosing(pieces):  # hands the model on, also when the client has gone
        try:
            yield _event(shape.part(engine, first))
            async for piece in pieces:
                yield _event(shape.part(engine, piece))
            yield _event(shape.part(engine, None, job.finish_reason))
            if job.with_usage:
                yield _event({**shape.part(engine, None), "choices": [], "usage": job.usage})
        except Exception as error:
            yield _event(ApiError(500, f"the model failed: {error}", kind="server_error").body)
    yield "data: [DONE]\n\n"


def _event(content: dict[str, Any]) -> str:
    return f"data: {json.dumps(content)}\n\n"


def _model_card(engine: Engine) -> dict[str, Any]:
    return {"id": engine.name, "object": "model", "created": engine.started, "owned_by": "seq2gpt"}


def _check_model(engine: Engine, name: object) -> None:
    if name != engine.name:
        raise ApiError(
            404, f"there is no model {name!r}; use {engine.name!r}", param="model", code="model_not_found"
        )


async def _read_body(request: Request) -> dict[str, Any]:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY:
            raise ApiError(413, f"the request has more than {MAX_BODY:,} bytes; shorten it")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"the request is no JSON ({error}); send an object") from None
    if not isinstance(body, dict):
        raise ApiError(400, "the request is no JSON object; send names and values in braces")
    return body


async def _on_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return JSONResponse(error.body, status_code=error.status)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = f"{request.method} {request.url.path}: {error.detail}; see /v1/models"
    return JSONResponse(ApiError(error.status_code, message).body, status_code=error.status_code)


async def _on_crash(request: Request, error: Exception) -> Response:
    return JSONResponse(
        ApiError(500, f"the model failed: {error}", kind="server_error").body, status_code=500
    )

"""The server as its clients see it: the real ``openai`` client over a real socket."""

import asyncio
import concurrent.futures
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
import torch
import uvicorn

from seq2gpt.decoding import PlainDecoder, decoder_of
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.jobs import ApiError, chat_job, completion_job
from seq2gpt.run.sampler import sample_text
from seq2gpt.serve import Engine, create_app
from seq2gpt.tokens import BytePairTokenizer, CharTokenizer

CHARACTERS = CharTokenizer(sorted("<|>abcdefghijklmnopqrstuvwxyz "))
CONTEXT_LENGTH = 61
USER = [{"role": "user", "content": "bad"}]


def random_model(vocab_size: int = CHARACTERS.vocab_size) -> GPT:
    torch.manual_seed(1)
    model = GPT(
        GPTConfig(vocab_size=vocab_size, context_length=CONTEXT_LENGTH, d_model=6, n_heads=2, n_layers=1)
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(9)  # fresh weights would draw all symbols alike
    return model.eval()


class Served:
    """A server in a thread, on a free port."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        config = uvicorn.Config(create_app(engine), port=0, log_level="error", lifespan="off")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.client = openai.OpenAI(base_url=f"{self.url}/v1", api_key="none", max_retries=0)

    def stop(self) -> None:
        self.client.close()
        self.server.should_exit = True
        self.thread.join()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    server = Served(Engine(decoder_of(random_model()), CHARACTERS, "tiny"))
    yield server
    server.stop()


def test_the_models_are_listed(served: Served) -> None:
    models = served.client.models.list().data
    assert [(model.id, model.object, model.owned_by) for model in models] == [("tiny", "model", "seq2gpt")]
    assert served.client.models.retrieve("tiny").id == "tiny"
    with pytest.raises(openai.NotFoundError):
        served.client.models.retrieve("other")


def test_a_completion_is_the_text_that_the_sampler_writes(served: Served) -> None:
    settings: dict[str, Any] = {"temperature": 0.9, "top_p": 0.8, "seed": 5}
    extra = {"top_k": 7, "min_p": 0.02, "repetition_penalty": 1.1}
    answer = served.client.completions.create(
        model="tiny", prompt="bad", max_tokens=20, extra_body=extra, **settings
    )
    assert answer.choices[0].text == sample_text(random_model(), CHARACTERS, "bad", 20, **settings, **extra)
    assert (answer.object, answer.model, answer.choices[0].finish_reason) == (
        "text_completion",
        "tiny",
        "length",
    )
    assert answer.usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 3, "completion_tokens": 20, "total_tokens": 23,
    }  # fmt: skip
    plain = served.client.completions.create(model="tiny", prompt="bad")
    assert plain.usage.completion_tokens == 16


def test_a_chat_reads_the_template_of_the_course(served: Served) -> None:
    answer = served.client.chat.completions.create(model="tiny", messages=USER, temperature=0, max_tokens=9)
    prompt = "<|user|>bad<|end|><|assistant|>"
    assert answer.choices[0].message.content == sample_text(
        random_model(), CHARACTERS, prompt, 9, temperature=0.0
    )
    assert (answer.object, answer.choices[0].message.role) == ("chat.completion", "assistant")
    assert answer.usage.prompt_tokens == len(prompt)
    free = served.client.chat.completions.create(model="tiny", messages=USER, seed=1)
    assert free.usage.total_tokens == CONTEXT_LENGTH
    assert free.choices[0].finish_reason == "length"
    limited = served.client.chat.completions.create(model="tiny", messages=USER, max_completion_tokens=2)
    assert limited.usage.completion_tokens == 2


@pytest.mark.parametrize("chat", [True, False])
def test_a_stream_brings_the_same_text_in_pieces(served: Served, chat: bool) -> None:
    settings: dict[str, Any] = {"model": "tiny", "seed": 3, "max_tokens": 12}
    if chat:
        whole = served.client.chat.completions.create(messages=USER, **settings).choices[0].message.content
        parts = list(
            served.client.chat.completions.create(
                messages=USER, stream=True, stream_options={"include_usage": True}, **settings
            )
        )
        texts = [part.choices[0].delta.content or "" for part in parts[:-1]]
    else:
        whole = served.client.completions.create(prompt="a", **settings).choices[0].text
        parts = list(
            served.client.completions.create(
                prompt="a", stream=True, stream_options={"include_usage": True}, **settings
            )
        )
        texts = [part.choices[0].text for part in parts[:-1]]
    assert "".join(texts) == whole
    assert sum(map(bool, texts)) == 12
    assert [part.choices[0].finish_reason for part in parts[:-1]] == [None] * 12 + ["length"]
    assert parts[-1].choices == []
    assert parts[-1].usage.completion_tokens == 12
    assert len({part.id for part in parts}) == 1


def test_without_the_option_a_stream_has_no_usage(served: Served) -> None:
    parts = list(served.client.completions.create(model="tiny", prompt="a", max_tokens=3, stream=True))
    assert [part.usage for part in parts] == [None] * 4


def test_a_text_ends_before_a_stop_sequence(served: Served) -> None:
    free = (
        served.client.completions.create(model="tiny", prompt="a", max_tokens=40, temperature=0)
        .choices[0]
        .text
    )
    stop = free[5:7]
    answer = served.client.completions.create(
        model="tiny", prompt="a", max_tokens=40, temperature=0, stop=["###", stop]
    )
    assert answer.choices[0].text == free[: free.index(stop)]
    assert answer.choices[0].finish_reason == "stop"
    alone = served.client.completions.create(
        model="tiny", prompt="a", max_tokens=40, temperature=0, stop=stop
    )
    assert alone.choices[0].text == answer.choices[0].text


def test_a_seed_decides_and_without_one_texts_differ(served: Served) -> None:
    def write(**settings: Any) -> str:
        return (
            served.client.completions.create(model="tiny", prompt="a", max_tokens=30, **settings)
            .choices[0]
            .text
        )

    assert write(seed=4) == write(seed=4) != write(seed=5)
    assert write() != write()


def error_of(status: int, call: Any, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(openai.APIStatusError) as refusal:
        call(**arguments)
    assert refusal.value.status_code == status
    assert set(refusal.value.body) == {"message", "type", "param", "code"}
    return refusal.value.body


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"prompt": 3}, "prompt", "prompt must be a string, or a list of one"),
        ({"prompt": ["a", "b"]}, "prompt", "prompt must be a string, or a list of one"),
        ({"prompt": [3]}, "prompt", "prompt must be a string, or a list of one"),
        ({"prompt": ""}, "prompt", "prompt is missing or empty; give the text to continue"),
        ({"prompt": "A"}, "prompt", "the prompt holds 'A' at position 0, which the model has never seen; "
         f"its 30 characters are {''.join(CHARACTERS.symbols)!r}"),
        ({"max_tokens": 0}, "max_tokens", "max_tokens must be a whole number of at least 1"),
        ({"max_tokens": True}, "max_tokens", "max_tokens must be a whole number of at least 1"),
        ({"temperature": -1}, "temperature", "temperature=-1.0 must be positive and finite; for the most probable token "
         "every time, sample with temperature=0"),
        ({"temperature": "hot"}, "temperature", "temperature must be a number"),
        ({"temperature": 10**400}, "temperature", "temperature must be a number"),  # no float holds it
        ({"top_p": 0}, "top_p", "top_p=0.0 must lie above 0 and be at most 1; 1 keeps every token"),
        ({"top_k": 31}, "top_k", "top_k=31 must lie between 1 and vocab_size=30"),
        ({"top_k": 1.5}, "top_k", "top_k must be a whole number"),
        ({"seed": 1.5}, "seed", "seed must be a whole number"),
        ({"stop": ["a"] * 5}, "stop", "stop must be a string, or a list of up to 4, none of them empty"),
        ({"stop": ""}, "stop", "stop must be a string, or a list of up to 4, none of them empty"),
        ({"stream": "yes"}, "stream", "stream must be true or false"),
        ({"n": 2}, "n", "n=2 is not supported; leave it out"),
        ({"response_format": {"type": "json_object"}}, "response_format",
         "response_format={'type': 'json_object'} is not supported; leave it out"),
        ({"tool_choice": "required"}, "tool_choice", "tool_choice='required' is not supported; leave it out"),
        ({"presence_penalty": 0.5}, "presence_penalty", "presence_penalty=0.5 is not supported; leave it out"),
    ],
)  # fmt: skip
def test_requests_that_cannot_be_met_say_why(served: Served, fields: Any, param: str, message: str) -> None:
    body = {"prompt": "a"} | fields
    prompt = body.pop("prompt")
    error = error_of(400, served.client.completions.create, model="tiny", prompt=prompt, extra_body=body)
    assert error == {"message": message, "type": "invalid_request_error", "param": param, "code": None}


def test_fields_that_change_nothing_are_allowed(served: Served) -> None:
    fields = {
        "n": 1,
        "presence_penalty": 0,
        "logprobs": None,
        "user": "me",
        "response_format": {"type": "text"},
        "tool_choice": "none",
        "stop": None,
        "temperature": None,
    }
    answer = served.client.completions.create(model="tiny", prompt="a", max_tokens=1, extra_body=fields)
    assert answer.usage.completion_tokens == 1


@pytest.mark.parametrize("n", [61, 62])
def test_a_prompt_without_room_for_an_answer_is_refused(served: Served, n: int) -> None:
    error = error_of(400, served.client.completions.create, model="tiny", prompt="a" * n)
    assert error["code"] == "context_length_exceeded"
    assert "context_length=61" in error["message"]
    assert served.client.completions.create(model="tiny", prompt="a" * 60).usage.completion_tokens == 1


def test_other_forms_in_which_clients_write_the_same(served: Served) -> None:
    settings: Any = {"model": "tiny", "max_tokens": 5, "seed": 3}
    complete, chat = served.client.completions.create, served.client.chat.completions.create
    assert complete(prompt=["ab"], **settings).choices == complete(prompt="ab", **settings).choices
    plain: Any = [{"role": "system", "content": "ab"}, {"role": "user", "content": "cd"}]
    parts = [{"type": "text", "text": "c"}, {"type": "text", "text": "d"}]
    others: Any = [{"role": "developer", "content": "ab"}, {"role": "user", "content": parts}]
    assert chat(messages=others, **settings).choices == chat(messages=plain, **settings).choices
    assert chat(messages=plain[:1], **settings).choices != chat(messages=plain, **settings).choices


def test_an_unknown_model_is_named(served: Served) -> None:
    error = error_of(404, served.client.completions.create, model="gpt-4", prompt="a")
    assert error == {
        "message": "there is no model 'gpt-4'; use 'tiny'", "type": "invalid_request_error", "param": "model",
        "code": "model_not_found",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ([], "messages is missing or empty; give at least one"),
        ([{"role": "user"}], "messages must be a list of {role, content} with texts"),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
            "messages must be a list of {role, content} with texts",
        ),
        ([{"role": "robot", "content": "x"}], "message 0 has role='robot'; use system, user, assistant"),
    ],
)
def test_conversations_that_are_none_are_refused(served: Served, messages: Any, message: str) -> None:
    error = error_of(400, served.client.chat.completions.create, model="tiny", messages=messages)
    assert (error["param"], error["message"]) == ("messages", message)


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "message"),
    [
        ("POST", "/v1/completions", b"{", 400, "the request is no JSON (Expecting property name enclosed in double "
         "quotes: line 1 column 2 (char 1)); send an object"),
        ("POST", "/v1/completions", b"[" * 100_000, 400,
         "the request is no JSON (maximum recursion depth exceeded while decoding a JSON array from a unicode string); "
         "send an object"),
        ("POST", "/v1/completions", b"[]", 400, "the request is no JSON object; send names and values in braces"),
        ("POST", "/v1/completions", b'"' + b"a" * 1_000_000, 413,
         "the request has more than 1,000,000 bytes; shorten it"),
        ("GET", "/v1/completions", b"", 405, "GET /v1/completions: Method Not Allowed; see /v1/models"),
        ("POST", "/v1/embeddings", b"{}", 404, "POST /v1/embeddings: Not Found; see /v1/models"),
    ],
)  # fmt: skip
def test_what_no_client_library_sends_is_refused_too(
    served: Served, method: str, path: str, content: bytes, status: int, message: str
) -> None:
    answer = httpx.request(method, served.url + path, content=content)
    assert answer.status_code == status
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    assert answer.json() == {"error": error}


def test_requests_at_the_same_time_do_not_mix(served: Served) -> None:
    def write(seed: int) -> str:
        return (
            served.client.completions.create(model="tiny", prompt="a", max_tokens=25, seed=seed)
            .choices[0]
            .text
        )

    expected = [write(seed) for seed in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(8))) == expected


class Gated(PlainDecoder):
    """Waits at its third token until it may go on."""

    def __init__(self, model: GPT) -> None:
        super().__init__(model)
        self.n_read, self.begun, self.may_go_on = 0, threading.Event(), threading.Event()

    def read(self, ids: torch.Tensor) -> torch.Tensor:
        self.n_read += 1
        if self.n_read == 3:
            self.begun.set()
            assert self.may_go_on.wait(60)
        return super().read(ids)


@pytest.mark.parametrize("streamed", [True, False])
def test_for_a_client_that_hangs_up_nothing_more_is_written(streamed: bool) -> None:
    decoder = Gated(random_model())
    server = Served(Engine(decoder, CHARACTERS, "tiny"))
    body = json.dumps({"model": "tiny", "prompt": "a", "max_tokens": 60, "stream": streamed}).encode()
    head = f"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as client:
        client.sendall(head + body)
        assert decoder.begun.wait(60)
    server.client.models.list()  # by now the server has seen that the client has gone
    decoder.may_go_on.set()
    assert server.client.completions.create(model="tiny", prompt="a", max_tokens=1).usage.total_tokens == 2
    server.stop()
    assert decoder.n_read < 10  # a whole answer takes 60


def test_a_chat_with_a_model_that_has_never_seen_its_marks_is_refused() -> None:
    with pytest.raises(ApiError, match="^the model has never seen '<', which marks who speaks in a chat; "):
        chat_job({"messages": USER}, CharTokenizer("abd"), random_model().config)


# what a real model rarely does


def request(engine: Engine, **fields: Any) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(engine), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post("/v1/completions", json={"model": "m", "prompt": "a", **fields})

    return asyncio.run(send())


class Broken(PlainDecoder):
    """Fails at the third token."""

    def read(self, ids: torch.Tensor) -> torch.Tensor:
        if self.cache.length >= 2:
            raise ValueError("the largest logit is nan")
        return super().read(ids)


def test_a_failing_model_is_reported() -> None:
    engine = Engine(Broken(random_model()), CHARACTERS, "m")
    answer = request(engine)
    assert answer.status_code == 500
    assert answer.json()["error"]["message"] == "the model failed: the largest logit is nan"
    assert answer.json()["error"]["type"] == "server_error"
    lines = [line for line in request(engine, stream=True).text.split("\n\n") if line]
    assert json.loads(lines[-2].removeprefix("data: "))["error"]["type"] == "server_error"
    assert lines[-1] == "data: [DONE]"


def test_a_full_queue_sends_clients_away() -> None:
    engine = Engine(decoder_of(random_model()), CHARACTERS, "m", max_waiting=0)
    answer = request(engine)
    assert answer.status_code == 429
    assert answer.json()["error"] == {
        "message": "0 requests are waiting; try again later", "type": "rate_limit_error", "param": None, "code": None,
    }  # fmt: skip


def test_an_end_token_ends_the_answer_and_is_not_shown() -> None:
    tokenizer = BytePairTokenizer({}, ["<|end|>"])
    model = random_model(tokenizer.vocab_size)
    with torch.no_grad():
        model.head.weight = torch.nn.Parameter(torch.zeros(257, 6))
        model.norm.bias.fill_(1.0)
        model.head.weight[256] = 9.0
    engine = Engine(decoder_of(model), tokenizer, "m")
    choice = request(engine, temperature=0).json()
    assert choice["choices"][0]["text"] == ""
    assert choice["choices"][0]["finish_reason"] == "stop"
    assert choice["usage"]["completion_tokens"] == 1


def test_jobs_can_be_made_without_a_server() -> None:
    config = random_model().config
    assert completion_job({"prompt": "ab"}, CHARACTERS, config).ids == CHARACTERS.encode("ab")
    with pytest.raises(ApiError, match="^prompt is missing or empty; give the text to continue$"):
        completion_job({}, CHARACTERS, config)
    assert chat_job({"messages": USER}, CHARACTERS, config).stop == ["<|end|>"]

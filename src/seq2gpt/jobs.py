"""What a client asks for, read and checked: the fields of OpenAI's requests, and its format of errors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seq2gpt.errors import UserError
from seq2gpt.run.sampler import END_OF_TURN, chat_prompt, read_prompt
from seq2gpt.sampling import Sampling, Tokenizer

MAX_STOPS = 4  # as OpenAI allows
DEFAULT_TOKENS = 16  # of a completion, as OpenAI has it; a chat may fill the context

# Fields that change the answer and are not understood, with the value that changes nothing.
NEUTRAL = {
    "n": 1, "best_of": 1, "presence_penalty": 0, "frequency_penalty": 0, "logprobs": (None, False), "echo": False,
    "suffix": None, "logit_bias": (None, {}), "tools": (None, []), "functions": (None, []),
    "tool_choice": (None, "none", "auto"), "response_format": (None, {"type": "text"}),
}  # fmt: skip


class ApiError(Exception):
    """A refusal that the client gets as ``{"error": {"message", "type", "param", "code"}}``."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None,
        kind: str = "invalid_request_error",
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}


@dataclass(kw_only=True)
class Job:
    """One text to write, and what became of it."""

    ids: list[int]
    max_tokens: int
    sampling: Sampling
    stop: list[str]
    seed: int | None
    streamed: bool
    with_usage: bool
    n_written: int = 0
    finish_reason: str = "length"

    @property
    def usage(self) -> dict[str, int]:
        """The tokens read and written."""
        return {
            "prompt_tokens": len(self.ids),
            "completion_tokens": self.n_written,
            "total_tokens": len(self.ids) + self.n_written,
        }


def completion_job(body: dict[str, Any], tokenizer: Tokenizer, config: Any) -> Job:
    """The job of a request to ``/v1/completions``. Raises :class:`ApiError` for what cannot be done."""
    prompt = _field(body, "prompt", "a string, or a list of one", _is_prompt)
    prompt = prompt[0] if isinstance(prompt, list) else prompt
    if not prompt:
        raise ApiError(400, "prompt is missing or empty; give the text to continue", param="prompt")
    return _job(body, prompt, "prompt", tokenizer, config, DEFAULT_TOKENS, [])


def _is_prompt(value: Any) -> bool:
    alone = value[0] if isinstance(value, list) and len(value) == 1 else value
    return isinstance(alone, str)


def chat_job(body: dict[str, Any], tokenizer: Tokenizer, config: Any) -> Job:
    """The job of a request to ``/v1/chat/completions``. Raises :class:`ApiError` for what cannot be done."""
    messages = _field(body, "messages", "a list of {role, content} with texts", _are_messages)
    if not messages:
        raise ApiError(400, "messages is missing or empty; give at least one", param="messages")
    try:
        prompt = chat_prompt([_plain(message) for message in messages], tokenizer)
    except UserError as error:
        raise ApiError(400, str(error), param="messages") from None
    return _job(body, prompt, "messages", tokenizer, config, config.context_length, [END_OF_TURN])


def _are_messages(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(message, dict) and isinstance(message.get("role"), str) and _is_content(message.get("content"))
        for message in value
    )  # fmt: skip


def _is_content(value: Any) -> bool:
    """Whether this is a string, or the list of parts that some clients make of one."""
    return isinstance(value, str) or (
        isinstance(value, list)
        and all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in value)
    )


def _plain(message: dict[str, Any]) -> dict[str, str]:
    """The message with one string as content, and the newer name of the system's role as the older one."""
    role, content = message["role"], message["content"]
    text = content if isinstance(content, str) else "".join(part["text"] for part in content)
    return {"role": "system" if role == "developer" else role, "content": text}


def _job(
    body: dict[str, Any], prompt: str, param: str, tokenizer: Tokenizer, config: Any, default: int, stop: list[str]
) -> Job:  # fmt: skip
    for name, neutral in NEUTRAL.items():
        allowed = neutral if isinstance(neutral, tuple) else (neutral, None)
        if body.get(name) not in allowed:
            raise ApiError(400, f"{name}={body[name]!r} is not supported; leave it out", param=name)
    try:
        ids = read_prompt(tokenizer, prompt, config.context_length)
    except UserError as error:
        too_long = "context_length=" in str(error)
        code = "context_length_exceeded" if too_long else None
        raise ApiError(400, str(error), param=param, code=code) from None
    if len(ids) == config.context_length:
        message = (
            f"the prompt fills context_length={config.context_length}; shorten it to leave room for an answer"
        )
        raise ApiError(400, message, param=param, code="context_length_exceeded")
    options = _field(body, "stream_options", "an object", lambda value: isinstance(value, dict)) or {}
    name = "max_completion_tokens" if "max_completion_tokens" in body else "max_tokens"
    max_tokens = _field(
        body, name, "a whole number of at least 1", lambda value: _is_whole(value) and value >= 1
    )
    return Job(
        ids=ids,
        max_tokens=default if max_tokens is None else max_tokens,
        sampling=_sampling(body, config.vocab_size),
        stop=[*_stop(body), *stop],
        seed=_field(body, "seed", "a whole number", _is_whole),
        streamed=bool(_field(body, "stream", "true or false", lambda value: isinstance(value, bool))),
        with_usage=bool(options.get("include_usage")),
    )


def _sampling(body: dict[str, Any], vocab_size: int) -> Sampling:
    """The settings of the draw: OpenAI's, and those that only open models have."""
    given: dict[str, Any] = {}
    for name, is_right in (
        ("temperature", _is_number), ("top_p", _is_number), ("top_k", _is_whole), ("min_p", _is_number),
        ("repetition_penalty", _is_number),
    ):  # fmt: skip
        value = _field(body, name, "a whole number" if is_right is _is_whole else "a number", is_right)
        if value is not None:
            given[name] = value if is_right is _is_whole else float(value)
    sampling = Sampling(**given)
    try:
        sampling.check(vocab_size)
    except ValueError as error:
        raise ApiError(400, str(error), param=str(error).partition("=")[0]) from None
    return sampling


def _stop(body: dict[str, Any]) -> list[str]:
    def is_right(value: Any) -> bool:
        texts = [value] if isinstance(value, str) else value
        return isinstance(texts, list) and len(texts) <= MAX_STOPS and all(
            isinstance(text, str) and text for text in texts
        )  # fmt: skip

    stop = _field(body, "stop", f"a string, or a list of up to {MAX_STOPS}, none of them empty", is_right)
    return [stop] if isinstance(stop, str) else stop or []


def _field(body: dict[str, Any], name: str, wanted: str, is_right: Callable[[Any], bool]) -> Any:
    """The value of a field, ``None`` where it is missing or null."""
    value = body.get(name)
    if value is not None and not is_right(value):
        raise ApiError(400, f"{name} must be {wanted}", param=name)
    return value


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (
        _is_whole(value) and abs(value) <= 2**53
    )  # what a float holds exactly

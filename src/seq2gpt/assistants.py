"""Assistants: what stands around a model that people talk to.

A prompt is built, documents are looked up, tools are called, requests are checked and paid for. None of it
is inside the network: all of it is ordinary code that reads and writes text.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

CALL, CALL_END = "<call>", "</call>"
RESULT, RESULT_END = "<result>", "</result>"


def build_prompt(
    instruction: str, examples: Sequence[tuple[str, str]], question: str, context: Sequence[str] = ()
) -> str:
    """A few-shot prompt (Brown et al. 2020, figure 2.1), with documents to rely on.

    The parts, separated by empty lines: the instruction; if there are documents, ``Context:`` and each of
    them on a line of its own after ``- ``; every example as ``Question: …`` and ``Answer: …`` on two lines;
    the question in the same form, with ``Answer:`` left open. An empty instruction is left out.

    Raises ``ValueError`` for an empty question.

    >>> print(build_prompt("Name the capital.", [("France?", "Paris")], "Italy?"))
    Name the capital.
    <BLANKLINE>
    Question: France?
    Answer: Paris
    <BLANKLINE>
    Question: Italy?
    Answer:
    """
    if not question.strip():
        raise ValueError("the question is empty; ask something")
    parts = [instruction] if instruction else []
    if context:
        parts.append("\n".join(["Context:", *(f"- {document}" for document in context)]))
    parts += [f"Question: {asked}\nAnswer: {answer}" for asked, answer in examples]
    return "\n\n".join([*parts, f"Question: {question}\nAnswer:"])


@dataclass(frozen=True)
class ToolCall:
    """A model's wish that a tool be run: its name, and named arguments."""

    name: str
    arguments: dict[str, Any]


def parse_tool_call(text: str) -> ToolCall | None:
    """The first tool call in what a model wrote, or ``None`` if there is none.

    A call is a JSON object between ``<call>`` and ``</call>``: ``{"name": …, "arguments": {…}}``, where the
    arguments may be left out. Text before and after is allowed.

    Raises ``ValueError`` that says what is wrong when a call is begun and cannot be read; a model that is
    shown the message can try again.

    >>> parse_tool_call('Let me see. <call>{"name": "add", "arguments": {"a": 2, "b": 3}}</call>')
    ToolCall(name='add', arguments={'a': 2, 'b': 3})
    >>> parse_tool_call("It is 5.") is None
    True
    """
    _, begun, rest = text.partition(CALL)
    if not begun:
        return None
    body, ended, _ = rest.partition(CALL_END)
    if not ended:
        raise ValueError(f"the call is not closed; end it with {CALL_END}")
    try:
        call = json.loads(body)
    except json.JSONDecodeError as error:
        raise ValueError(f"the call is not JSON ({error}); write one object between the marks") from None
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        raise ValueError('the call names no tool; write {"name": "…", "arguments": {…}}')
    if not isinstance(call.get("arguments", {}), dict):
        raise ValueError(f"arguments={call['arguments']!r} is not an object; name every argument")
    return ToolCall(call["name"], call.get("arguments", {}))


def run_tool(call: ToolCall, tools: Mapping[str, Callable[..., Any]]) -> str:
    """What the tool gives, as text; what goes wrong, too, for the model to read.

    >>> run_tool(ToolCall("add", {"a": 2, "b": 3}), {"add": lambda a, b: a + b})
    '5'
    >>> run_tool(ToolCall("sub", {}), {"add": lambda a, b: a + b})
    "error: there is no tool 'sub'; use add"
    """
    if call.name not in tools:
        return f"error: there is no tool {call.name!r}; use {', '.join(tools)}"
    try:
        return str(tools[call.name](**call.arguments))
    except Exception as error:  # whatever a tool raises is an answer, not the end of the conversation
        return f"error: {error}"


def tool_loop(
    model: Callable[[str], str], tools: Mapping[str, Callable[..., Any]], prompt: str, max_calls: int = 5
) -> str:
    """Let a model answer with the help of tools, and return its last text, the one without a call.

    ``model`` continues a text. As long as its continuation holds a call, the call is run and the model
    goes on from everything so far: prompt, continuation up to the end of the call, and ``<result>…</result>``.
    A call that cannot be read gets the reason as its result. The model never runs anything itself.

    Raises ``RuntimeError`` when it asks for more than ``max_calls`` calls.

    >>> def model(text):
    ...     return "<result>" in text and "It is 5." or '<call>{"name": "add", "arguments": {"a": 2, "b": 3}}</call>'
    >>> tool_loop(model, {"add": lambda a, b: a + b}, "What is 2 + 3?")
    'It is 5.'
    """
    text = prompt
    for _ in range(max_calls + 1):
        written = model(text)
        if CALL not in written:
            return written
        try:
            call = parse_tool_call(written)
            result = run_tool(call, tools) if call else ""
        except ValueError as error:
            result = f"error: {error}"
        before, _, rest = written.partition(CALL)
        body = rest.partition(CALL_END)[0]  # what it made up after the call is dropped
        text += f"{before}{CALL}{body}{CALL_END}{RESULT}{result}{RESULT_END}"
    raise RuntimeError(f"the model asked for more than max_calls={max_calls} calls; the last: {written!r}")


def retrieve(
    query: Float[Tensor, "d_model"], documents: Float[Tensor, "documents d_model"], k: int
) -> list[int]:
    """The numbers of the ``k`` documents whose embeddings are most similar to the query's, the best first.

    Similarity is the cosine; of equally similar documents the earlier comes first, and a document whose
    embedding is 0 is similar to nothing (cosine 0).

    Raises ``ValueError`` unless 1 ≤ ``k`` ≤ the number of documents.

    >>> retrieve(torch.tensor([1.0, 0.0]), torch.tensor([[0.0, 2.0], [3.0, 0.0], [1.0, 1.0]]), k=2)
    [1, 2]
    """
    if not 1 <= k <= len(documents):
        raise ValueError(f"k={k} must lie between 1 and {len(documents)}, the number of documents")
    lengths = (documents.norm(dim=-1) * query.norm()).clamp(min=torch.finfo(query.dtype).tiny)
    similarity = documents @ query / lengths
    return similarity.sort(descending=True, stable=True).indices[:k].tolist()


def moderate(text: str, rules: Mapping[str, Sequence[str]]) -> list[str]:
    """The categories whose words occur in a text, in the order of ``rules``.

    A word counts where it stands on its own, whatever its case: ``"kill"`` is in "Kill it!" and not in
    "skill". A rule may hold several words in a row. This is the crudest filter there is; it knows no
    meaning, and its mistakes in both directions are the lesson.

    >>> moderate("How do I KILL a process?", {"violence": ["kill"], "insult": ["idiot"]})
    ['violence']
    """
    words_of_text = f" {_plain(text)} "
    return [
        name for name, words in rules.items() if any(f" {_plain(word)} " in words_of_text for word in words)
    ]


def _plain(text: str) -> str:
    """Letters and digits in lower case; whatever stands between becomes one space."""
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def estimate_cost(
    n_prompt: int, n_completion: int, price_prompt: float, price_completion: float, n_requests: int = 1
) -> float:
    """What requests to a model cost, in the currency of the prices.

    ``n_prompt`` and ``n_completion`` are tokens per request: what is sent, the conversation so far
    included, and what comes back. Prices are per million tokens, which is how providers state them.

    Raises ``ValueError`` for negative numbers.

    >>> estimate_cost(n_prompt=1500, n_completion=500, price_prompt=2.0, price_completion=8.0, n_requests=1000)
    7.0
    """
    if min(n_prompt, n_completion, price_prompt, price_completion, n_requests) < 0:
        raise ValueError("tokens, prices and requests must be at least 0")
    per_request = n_prompt * price_prompt + n_completion * price_completion
    return n_requests * per_request / 1e6

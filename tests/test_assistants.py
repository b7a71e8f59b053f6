"""Around the model: prompts, tool calls, retrieval, moderation, cost."""

import re

import pytest
import torch

from seq2gpt.assistants import (
    ToolCall,
    build_prompt,
    estimate_cost,
    moderate,
    parse_tool_call,
    retrieve,
    run_tool,
    tool_loop,
)

TOOLS = {"add": lambda a, b: a + b, "fail": lambda: 1 // 0}


def test_a_prompt_has_its_parts_in_order():
    prompt = build_prompt("Say it.", [("a?", "A"), ("b?", "B")], "c?", context=["doc 1", "doc 2"])
    assert prompt == (
        "Say it.\n\nContext:\n- doc 1\n- doc 2\n\nQuestion: a?\nAnswer: A\n\nQuestion: b?\nAnswer: B\n\n"
        "Question: c?\nAnswer:"
    )
    assert build_prompt("", [], "c?") == "Question: c?\nAnswer:"
    with pytest.raises(ValueError, match="the question is empty; ask something"):
        build_prompt("Say it.", [], " \n")


def test_a_call_is_read_wherever_it_stands():
    text = 'First. <call> {"name": "now"} </call> <call>{"name": "later"}</call>'
    assert parse_tool_call(text) == ToolCall("now", {})
    assert parse_tool_call("</call> no call") is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('<call>{"name": "add"}', "the call is not closed; end it with </call>"),
        (
            "<call>add(2, 3)</call>",
            "the call is not JSON (Expecting value: line 1 column 1 (char 0)); write one object",
        ),
        ("<call>[1]</call>", 'the call names no tool; write {"name": "…", "arguments": {…}}'),
        ('<call>{"name": 3}</call>', 'the call names no tool; write {"name": "…", "arguments": {…}}'),
        (
            '<call>{"name": "add", "arguments": [2]}</call>',
            "arguments=[2] is not an object; name every argument",
        ),
    ],
)
def test_a_call_that_cannot_be_read_says_why(text, error):
    with pytest.raises(ValueError, match=re.escape(error)):
        parse_tool_call(text)


def test_what_goes_wrong_in_a_tool_is_its_result():
    assert run_tool(ToolCall("fail", {}), TOOLS) == "error: integer division or modulo by zero"
    assert run_tool(ToolCall("add", {"a": 1}), TOOLS).startswith("error: ")
    assert run_tool(ToolCall("open", {}), TOOLS) == "error: there is no tool 'open'; use add, fail"


class Scripted:
    """A model that says what it is told to, and remembers what it read."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.read: list[str] = []

    def __call__(self, text: str) -> str:
        self.read.append(text)
        return self.lines.pop(0)


def test_the_model_reads_the_result_and_not_what_it_made_up():
    model = Scripted(
        '</call>Hm. <call>{"name": "add", "arguments": {"a": 2, "b": 3}}</call><result>99</result>', "5"
    )
    assert tool_loop(model, TOOLS, "2 + 3?") == "5"
    assert model.read[1] == (
        '2 + 3?</call>Hm. <call>{"name": "add", "arguments": {"a": 2, "b": 3}}</call><result>5</result>'
    )


def test_a_bad_call_can_be_mended():
    model = Scripted("<call>add", '<call>{"name": "add", "arguments": {"a": 2, "b": 3}}</call>', "5")
    assert tool_loop(model, TOOLS, "2 + 3?") == "5"
    assert (
        model.read[1]
        == "2 + 3?<call>add</call><result>error: the call is not closed; end it with </call></result>"
    )


def test_a_loop_of_calls_ends():
    call = '<call>{"name": "fail"}</call>'
    assert tool_loop(Scripted(call, call, "done"), TOOLS, "", max_calls=2) == "done"
    with pytest.raises(RuntimeError, match="the model asked for more than max_calls=2 calls; the last: "):
        tool_loop(Scripted(*[call] * 3), TOOLS, "", max_calls=2)


def test_documents_are_ranked_by_cosine():
    documents = torch.tensor([[9.0, 9.0], [0.0, 0.0], [0.1, 0.0], [5.0, 0.0], [-1.0, 0.0]])
    assert retrieve(torch.tensor([2.0, 0.0]), documents, k=5) == [2, 3, 0, 1, 4]
    assert retrieve(torch.tensor([2.0, 0.0]), documents, k=1) == [2]
    for k in (0, 6):
        with pytest.raises(ValueError, match=f"k={k} must lie between 1 and 5, the number of documents"):
            retrieve(torch.tensor([2.0, 0.0]), documents, k)


def test_moderation_looks_for_whole_words():
    rules = {"threat": ["blow up", "kill"], "insult": ["Idiot!"]}
    assert moderate("An IDIOT would blow\nup the bridge", rules) == ["threat", "insult"]
    assert moderate("a skilled blow, up north", {"threat": ["kill"]}) == []
    assert moderate("skills", rules) == []


def test_cost_adds_what_is_sent_and_what_comes_back():
    assert estimate_cost(1_000_000, 0, 3.0, 99.0) == 3.0
    assert estimate_cost(0, 500_000, 99.0, 4.0, n_requests=3) == 6.0
    with pytest.raises(ValueError, match="tokens, prices and requests must be at least 0"):
        estimate_cost(-1, 0, 1.0, 1.0)

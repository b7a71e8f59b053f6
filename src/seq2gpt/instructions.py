"""Instructions: what a conversation looks like to a model, and which of its tokens the model learns.

A base model continues text. Supervised fine-tuning shows it conversations in one fixed form and counts
only the loss on the answers: it learns to answer, not to ask.
"""

from collections.abc import Sequence
from typing import TypedDict

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

ROLES = ("system", "user", "assistant")
END = "<|end|>"
MARKERS = (*(f"<|{role}|>" for role in ROLES), END)  # add them to a tokenizer as special tokens
NOT_A_TARGET = -100  # torch's cross_entropy leaves targets of this value out


class Message(TypedDict):
    """One turn of a conversation: who speaks, and what is said."""

    role: str
    content: str


def render_chat(messages: Sequence[Message], answer: bool = False) -> str:
    """A conversation as the one string that the model reads.

    Every message becomes ``<|role|>content<|end|>``, in order, with nothing between. With ``answer`` the
    string ends in ``<|assistant|>``, which asks the model to go on as the assistant.

    Raises ``ValueError`` for a role other than system, user and assistant, for a system message that is
    not the first, and for a content that holds a marker: a user could otherwise speak as the assistant.

    >>> render_chat([{"role": "user", "content": "2 + 2?"}], answer=True)
    '<|user|>2 + 2?<|end|><|assistant|>'
    """
    text = ""
    for place, message in enumerate(messages):
        _check_message(place, message)
        text += f"<|{message['role']}|>{message['content']}{END}"
    return text + ("<|assistant|>" if answer else "")


def _check_message(place: int, message: Message) -> None:
    role, content = message["role"], message["content"]
    if role not in ROLES:
        raise ValueError(f"message {place} has role={role!r}; use {', '.join(ROLES)}")
    if role == "system" and place > 0:
        raise ValueError(f"message {place} is a system message; only the first may be one")
    for marker in MARKERS:
        if marker in content:
            raise ValueError(f"message {place} holds the marker {marker!r}; remove it from the content")


def completion_mask(ids: Int[Tensor, "... n"], assistant_id: int, end_id: int) -> Bool[Tensor, "... n"]:
    """Which tokens of a rendered conversation the model has to learn: the assistant's, each turn's end included.

    ``True`` from the token after each ``assistant_id`` up to and including the next ``end_id``, or up to
    the last token when the turn was cut off. Everything else is ``False``: the other roles' turns, all
    markers of roles, and whatever follows the end.

    >>> ids = torch.tensor([8, 1, 2, 0, 9, 3, 4, 0, 0])  # 8 = <|user|>, 9 = <|assistant|>, 0 = <|end|>
    >>> completion_mask(ids, assistant_id=9, end_id=0).int().tolist()
    [0, 0, 0, 0, 0, 1, 1, 1, 0]
    """
    learned = torch.zeros_like(ids, dtype=torch.bool)
    open_turn = torch.zeros_like(ids[..., 0], dtype=torch.bool)
    for place in range(ids.shape[-1]):
        learned[..., place] = open_turn
        open_turn = (open_turn & (ids[..., place] != end_id)) | (ids[..., place] == assistant_id)
    return learned


def sft_loss(
    logits: Float[Tensor, "batch n vocab_size"],
    ids: Int[Tensor, "batch n"],
    learned: Bool[Tensor, "batch n"],
) -> Float[Tensor, ""]:
    """The mean cross-entropy, in nats, of the tokens that are to be learned (Ouyang et al. 2022, section 3.5).

    ``logits`` at position i predict ``ids`` at position i + 1; the loss of a token counts when ``learned``
    is ``True`` *at that token*. The mean runs over all such tokens of the batch, so that a long answer
    counts for more than a short one. The first token of a row is predicted by nothing.

    Raises ``ValueError`` when no token is to be learned.

    >>> ids, learned = torch.tensor([[0, 1, 1]]), torch.tensor([[False, False, True]])
    >>> f"{sft_loss(torch.zeros(1, 3, 8), ids, learned):.3f} = ln 8"
    '2.079 = ln 8'
    """
    targets = ids[:, 1:].masked_fill(~learned[:, 1:], NOT_A_TARGET)
    if not learned[:, 1:].any():
        raise ValueError(
            "no token is to be learned; is there an answer in the conversation, and in the window?"
        )
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), targets.flatten(), ignore_index=NOT_A_TARGET)


def pack_examples(
    examples: Sequence[Sequence[int]], context_length: int, pad_id: int
) -> tuple[Int[Tensor, "rows context_length"], Int[Tensor, "rows context_length"]]:
    """Put short examples side by side into rows of ``context_length`` tokens, in their order.

    Each example goes into the current row if it fits whole, else into a new one; none is cut. Returns
    ``(ids, owners)``: the token ids, filled up with ``pad_id``, and for every position the number of its
    example, counted from 0 over all rows, or −1 where there is padding. Two positions may attend to each
    other only when they belong to the same example (:func:`packed_mask`).

    Raises ``ValueError`` for an empty example and for one longer than a row.

    >>> ids, owners = pack_examples([[1, 2], [3], [4, 5, 6]], context_length=4, pad_id=0)
    >>> ids.tolist(), owners.tolist()
    ([[1, 2, 3, 0], [4, 5, 6, 0]], [[0, 0, 1, -1], [2, 2, 2, -1]])
    """
    rows: list[list[int]] = []
    owners: list[list[int]] = []
    for number, example in enumerate(examples):
        _check_example(number, example, context_length)
        if not rows or len(rows[-1]) + len(example) > context_length:
            rows.append([])
            owners.append([])
        rows[-1].extend(example)
        owners[-1].extend([number] * len(example))
    ids = [row + [pad_id] * (context_length - len(row)) for row in rows]
    filled = [row + [-1] * (context_length - len(row)) for row in owners]
    shape = len(rows), context_length  # also of no rows
    return torch.tensor(ids).long().view(shape), torch.tensor(filled).long().view(shape)


def _check_example(number: int, example: Sequence[int], context_length: int) -> None:
    if not 1 <= len(example) <= context_length:
        raise ValueError(
            f"example {number} has {len(example)} tokens; a row holds 1 to context_length={context_length}: "
            "shorten it or leave it out"
        )


def packed_mask(owners: Int[Tensor, "rows n"]) -> Bool[Tensor, "rows 1 n n"]:
    """Which positions of packed rows may see each other: those of one example. Padding sees nothing.

    Combine it with a causal mask; the axis of length 1 stands for the heads.

    >>> packed_mask(torch.tensor([[0, 0, 1, -1]]))[0, 0].int().tolist()
    [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    """
    same = owners[:, :, None] == owners[:, None, :]
    real = owners != -1
    return (same & real[:, None, :])[:, None]

"""Fine-tuning: a trained model learns another task from few examples.

What is kept, what is added and what may move are three separate choices: a task head on top, some or all
of the old weights frozen, new rows for new tokens.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seq2gpt.embeddings import TokenEmbedding
from seq2gpt.gpt import GPT, tie_weights


def freeze(model: nn.Module, except_names: Iterable[str] = ()) -> int:
    """Let a model's parameters keep their values in training, and return how many numbers may still move.

    ``except_names`` are beginnings of qualified names, part by part: ``"blocks.3"`` leaves every parameter
    of that block trainable, and none of ``blocks.30``. What was frozen before and is excepted now becomes
    trainable.

    Raises ``ValueError`` for a beginning that fits no parameter; the model is then unchanged.

    >>> model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    >>> freeze(model, except_names=["1"])
    10
    """
    names = [name for name, _ in model.named_parameters()]
    kept = {start: [name for name in names if f"{name}.".startswith(f"{start}.")] for start in except_names}
    if empty := [start for start, found in kept.items() if not found]:
        raise ValueError(f"no parameter's name begins with {empty[0]!r}; the first is {names[0]!r}")
    movable = {name for found in kept.values() for name in found}
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in movable)
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


class ClassificationHead(nn.Module):
    """One class for a whole text: a linear layer on the hidden state of its last real token.

    In a causal model that token alone has seen the whole text (Radford et al. 2018, section 3.2). ``linear`` is
    ``nn.Linear(d_model, n_classes)``. ``mask`` is ``True`` at real tokens, wherever the padding stands.

    >>> head = ClassificationHead(d_model=3, n_classes=2)
    >>> head(torch.zeros(1, 5, 3), torch.tensor([[True, True, True, False, False]])).shape
    torch.Size([1, 2])
    """

    def __init__(self, d_model: int, n_classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(d_model, n_classes)

    def forward(
        self, hidden: Float[Tensor, "batch n d_model"], mask: Bool[Tensor, "batch n"]
    ) -> Float[Tensor, "batch n_classes"]:
        """The logits of the classes. Raises ``ValueError`` when a text has no real token."""
        if not mask.any(-1).all():
            raise ValueError("a text of the batch has no real token; leave it out")
        places = torch.arange(mask.shape[-1], device=mask.device)
        last = places.where(mask, 0).amax(-1)  # batch
        summary = hidden[torch.arange(len(hidden), device=hidden.device), last]  # batch d_model
        return self.linear(summary)


class TaggingHead(nn.Module):
    """A label for every token: one linear layer, the same at every position.

    ``linear`` is ``nn.Linear(d_model, n_tags)``. Which tokens carry a word's label is said by
    :func:`align_tags`.

    >>> TaggingHead(d_model=3, n_tags=5)(torch.zeros(1, 4, 3)).shape
    torch.Size([1, 4, 5])
    """

    def __init__(self, d_model: int, n_tags: int) -> None:
        super().__init__()
        self.linear = nn.Linear(d_model, n_tags)

    def forward(self, hidden: Float[Tensor, "batch n d_model"]) -> Float[Tensor, "batch n n_tags"]:
        return self.linear(hidden)


def align_tags(tags: Sequence[int], word_of_token: Sequence[int | None], ignore: int = -100) -> list[int]:
    """Words' tags as tokens' tags, when a tokenizer has cut words into pieces.

    ``word_of_token`` says of every token which word it belongs to, or ``None`` for a special token. The
    *last* piece of a word carries its tag: in a causal model only it has seen the whole word. All others
    get ``ignore``, which the loss leaves out.

    Raises ``ValueError`` for a word that ``tags`` does not have.

    >>> align_tags([7, 9], [None, 0, 0, 0, 1, None])  # the first word has three pieces
    [-100, -100, -100, 7, 9, -100]
    """
    aligned = []
    for word, following in zip(word_of_token, [*word_of_token, None][1:], strict=True):
        if word is not None and not 0 <= word < len(tags):
            raise ValueError(f"a token belongs to word {word}, but there are tags for {len(tags)} words only")
        is_last = word is not None and word != following
        aligned.append(tags[word] if word is not None and is_last else ignore)
    return aligned


def extractive_answer(start: Float[Tensor, "n"], end: Float[Tensor, "n"], max_length: int) -> tuple[int, int]:
    """The best answer span (first, last), both inclusive (Devlin et al. 2019, section 4.2).

    ``start`` and ``end`` score every token as the first and as the last of the answer. Of all spans with
    first ≤ last and at most ``max_length`` tokens, the one with the largest start[first] + end[last]; of
    equal ones the earliest, then the shortest.

    Raises ``ValueError`` when there is no token or ``max_length`` is below 1.

    >>> extractive_answer(torch.tensor([0.0, 1.0, 5.0]), torch.tensor([9.0, 4.0, 1.0]), max_length=2)
    (0, 0)
    """
    if len(start) == 0 or max_length < 1:
        raise ValueError(
            f"{len(start)} tokens and max_length={max_length} leave no span; both must be at least 1"
        )
    scores = start[:, None] + end[None, :]  # n n
    allowed = torch.ones_like(scores, dtype=torch.bool).triu().tril(max_length - 1)
    best = scores.masked_fill(~allowed, -torch.inf).argmax().item()
    return divmod(int(best), len(start))


@torch.no_grad()
def extend_vocabulary(model: GPT, n_new: int) -> None:
    """Make room for ``n_new`` more tokens, in place: ids from the old ``vocab_size`` on.

    The new rows of the token embedding are the mean of the old rows, so that a new token starts in their
    midst (Hewitt 2021); the output head, tied to the embedding, gets the same rows. All old
    rows keep their values, and so do the logits of old tokens. ``model.config`` and ``head`` tell the new size.

    Raises ``ValueError`` unless ``n_new`` is at least 1.

    >>> from seq2gpt.gpt import GPTConfig
    >>> model = GPT(GPTConfig(vocab_size=11, context_length=5, d_model=6, n_heads=2, n_layers=3))
    >>> extend_vocabulary(model, 2)
    >>> model(torch.tensor([[12]])).shape
    torch.Size([1, 1, 13])
    """
    if n_new < 1:
        raise ValueError(f"n_new={n_new} must be at least 1")
    old = model.token_embedding.weight
    rows = torch.cat([old, old.mean(0, keepdim=True).expand(n_new, -1)])
    vocab_size, d_model = rows.shape
    model.token_embedding = TokenEmbedding(vocab_size, d_model, _weight=rows)
    model.head = nn.Linear(d_model, vocab_size, bias=False, device=old.device)
    tie_weights(model)
    model.config = replace(model.config, vocab_size=vocab_size)


def spans(tags: Sequence[str]) -> set[tuple[str, int, int]]:
    """The entities of a BIO-tagged sentence as (kind, first, last).

    ``B-kind`` begins an entity and ``I-kind`` goes on; ``O`` is outside. An ``I-kind`` that follows no tag
    of its kind begins an entity too, as CoNLL's own evaluation reads it.

    >>> sorted(spans(["B-PER", "I-PER", "O", "B-LOC", "B-LOC"]))
    [('LOC', 3, 3), ('LOC', 4, 4), ('PER', 0, 1)]
    """
    found: list[tuple[str, int, int]] = []
    for place, tag in enumerate(tags):
        mark, _, kind = tag.partition("-")
        goes_on = mark == "I" and bool(found) and found[-1][0] == kind and found[-1][2] == place - 1
        if goes_on:
            found[-1] = (kind, found[-1][1], place)
        elif mark in ("B", "I"):
            found.append((kind, place, place))
        elif tag != "O":
            raise ValueError(f"tag {tag!r} at position {place} is not O, B-kind or I-kind")
    return set(found)


def span_f1(predicted: Sequence[Sequence[str]], true: Sequence[Sequence[str]]) -> float:
    """How well predicted entities agree with the true ones: 2 P R / (P + R) over a whole corpus.

    Precision P is the share of the predicted entities that are right, recall R the share of the true ones
    that are found; an entity is right when its kind, first and last word are (Tjong Kim Sang & De Meulder
    2003). Where there is no entity at all on either side, agreement is perfect: 1.

    Raises ``ValueError`` when the two differ in their number of sentences or of words.

    >>> span_f1([["B-PER", "O", "B-LOC"]], [["B-PER", "I-PER", "B-LOC"]])  # one of two, one of two
    0.5
    """
    if [len(tags) for tags in predicted] != [len(tags) for tags in true]:
        raise ValueError("predicted and true tags must have the same sentences and words")
    n_right = n_entities = 0
    for guess, truth in zip(map(spans, predicted), map(spans, true), strict=True):
        n_right += len(guess & truth)
        n_entities += len(guess) + len(truth)
    return 2 * n_right / n_entities if n_entities else 1.0


def rouge_l(candidate: Sequence[str], reference: Sequence[str]) -> float:
    """How much of a reference's words a summary has in the same order (Lin 2004, section 3.1), with β = 1.

    With L the length of the longest common subsequence, P = L / len(candidate), R = L / len(reference), the
    result is 2 P R / (P + R). It is 0 when nothing is in common or one of the two is empty.

    >>> rouge_l("the cat sat".split(), "the cat has sat down".split())  # P = 3/3, R = 3/5
    0.75
    """
    longest = [0] * (len(reference) + 1)
    for word in candidate:
        above = longest.copy()
        for place, other in enumerate(reference, 1):
            longest[place] = above[place - 1] + 1 if word == other else max(above[place], longest[place - 1])
    return 2 * longest[-1] / (len(candidate) + len(reference)) if candidate or reference else 0.0

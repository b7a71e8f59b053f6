"""Checks of lab 11, second part: the whole Transformer."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from autograder import expect
from autograder.checking import Draw
from autograder.checks.layers import (
    DECODER,
    ENCODER,
    EXERCISES,
    Answer,
    Shapes,
    Values,
    built,
    check,
    decoder_by_hand,
    drawn,
    encoder_by_hand,
    filled,
    normed,
    parameters_of,
    shapes_of_layer,
    within,
)
from autograder.checks.seq2seq import some_ids
from seq2gpt.transformer import TransformerConfig


def shapes_of_model(config: TransformerConfig) -> Shapes:
    """Every parameter of a Transformer; the head has none of its own."""
    d_model = config.d_model
    found: Shapes = {
        "source_embedding.weight": (config.source_vocab_size, d_model),
        "target_embedding.weight": (config.target_vocab_size, d_model),
    }
    for stack, parts in (("encoder", ENCODER), ("decoder", DECODER)):
        layer = shapes_of_layer(parts, d_model, config.d_ff)
        for i in range(config.n_layers):
            found |= {f"{stack}_layers.{i}.{name}": shape for name, shape in layer.items()}
        found |= {f"{stack}_norm.{name}": (d_model,) for name in ("weight", "bias")}
    return found


# ── Transformer ──────────────────────────────────────────────────────────────────────────────────


def model_as_function(cls: Any) -> Callable[..., Any]:
    """A student's model as a function of its sizes and parameters."""

    def call(method: str, config: TransformerConfig, values: Values, *inputs: Any) -> Any:
        module = built(cls, (config,), shapes_of_model(config), "Transformer(config)")
        values = values | {"head.weight": values["target_embedding.weight"]}
        module = filled(module, values)
        if method == "embed":
            ids, side = inputs
            return module.embed(ids, getattr(module, f"{side}_embedding"))
        return module(*inputs) if method == "forward" else getattr(module, method)(*inputs)

    return call


EXERCISES.exercise("Transformer", adapt=model_as_function)


def model_sizes(draw: Draw, n_layers: int = 1, dropout: float = 0.0) -> TransformerConfig:
    """Small sizes; as codes are pairs, a head is 2 wide."""
    source, target, d_ff = draw.primes(3, above=7)
    n_heads = 3 if draw.integer(0, 1) else 5
    return TransformerConfig(
        source_vocab_size=source, target_vocab_size=target, d_model=2 * n_heads, n_heads=n_heads, d_ff=d_ff,
        n_layers=n_layers, dropout=dropout,
    )  # fmt: skip


def coded(matrix: Tensor, ids: Tensor) -> Tensor:
    """One row of ids: embeddings times √d_model, and sines and cosines of the places."""
    d_model = matrix.shape[1]
    code = torch.tensor(
        [
            [(math.cos if i % 2 else math.sin)(p / 10000 ** ((i - i % 2) / d_model)) for i in range(d_model)]
            for p in range(len(ids))
        ],
        dtype=torch.float64,
    )
    return matrix[ids] * math.sqrt(d_model) + code


def encoded_by_hand(config: TransformerConfig, values: Values, source: Tensor) -> Tensor:
    """The encoder's output for one source without padding."""
    x = coded(values["source_embedding.weight"], source)
    for i in range(config.n_layers):
        x = encoder_by_hand(within(values, f"encoder_layers.{i}"), config.n_heads, x)
    return normed(within(values, "encoder_norm"), x)


def logits_by_hand(config: TransformerConfig, values: Values, ids: Tensor, memory: Tensor) -> Tensor:
    """Logits after each of the ids of one row, id 0 is padding, for a memory without padding."""
    n = len(ids)
    x, real = coded(values["target_embedding.weight"], ids), (ids != 0).expand(config.n_heads, n, n)
    for i in range(config.n_layers):
        layer = within(values, f"decoder_layers.{i}")
        x = decoder_by_hand(layer, config.n_heads, x, memory, allowed=real)
    return normed(within(values, "decoder_norm"), x) @ values["target_embedding.weight"].T


Started = tuple[TransformerConfig, Values, Tensor, Tensor]


def started(draw: Draw, n_layers: int = 1) -> Started:
    """Sizes, parameters, and two sources with a mask: the second has two positions of padding, which are no 0.

    Both vocabularies hold the ids of the sources, so that a wrong table gives wrong numbers and no IndexError.
    """
    config = model_sizes(draw, n_layers)
    source = some_ids(draw, 2, 7, below=min(config.source_vocab_size, config.target_vocab_size))
    mask = torch.arange(7) < torch.tensor([[7], [5]])
    return config, drawn(draw, shapes_of_model(config)), source, mask


def state_of(value: Any) -> tuple[Any, Any, Any]:
    memory, mask, read = expect.several(value, ("memory", "source_mask", "read"))
    return memory, mask, read


def decoded(
    answer: Answer, config: TransformerConfig, values: Values, ids: Tensor, state: Any
) -> tuple[Any, Any]:
    logits, after = expect.several(answer("decode", config, values, ids, state), ("logits", "state"))
    shape = (*ids.shape, config.target_vocab_size)
    return expect.tensor(logits, f"For ids of shape {tuple(ids.shape)}, the logits", shape), state_of(after)


@check("Transformer")
def the_model_has_its_parts(answer: Answer, draw: Draw) -> None:
    """Embeddings, two stacks and their norms have the sizes asked for; the head shares the target embedding's matrix."""
    config = model_sizes(draw, 2)
    module = built(answer.original, (config,), shapes_of_model(config), "Transformer(config)")
    head = getattr(module, "head", None)
    if not isinstance(head, nn.Linear) or head.bias is not None:
        expect.fail("Your class should have a `head`, an nn.Linear without bias.")
    if head.weight is not module.target_embedding.weight:
        expect.fail(
            "`head` has a matrix of its own; its weight should be the same parameter as that of `target_embedding`."
        )


@check("Transformer")
def embeddings_start_at_length_one(answer: Answer, draw: Draw) -> None:
    """Both embeddings start from normal numbers of standard deviation 1/√d_model."""
    config = TransformerConfig(
        source_vocab_size=499, target_vocab_size=503, d_model=16, n_heads=2, d_ff=3, n_layers=1
    )
    module = answer.original(config)
    parameters_of(module, "Transformer(config)")
    for side in ("source", "target"):
        layer = getattr(module, f"{side}_embedding", None)
        weight = expect.tensor(getattr(layer, "weight", None), f"The weight of `{side}_embedding`")
        if not 0.9 < (spread := weight.detach().double().std().item()) * 4 < 1.1:
            expect.fail(
                f"With d_model = 16 the numbers of `{side}_embedding` should have the standard deviation 1/4; "
                f"yours have about {spread:.1g}{', as nn.Embedding alone draws them' if spread > 0.9 else ''}."
            )


@check("Transformer", points=2)
def scaled_embeddings_and_codes(answer: Answer, draw: Draw) -> None:
    """`embed` gives the embeddings times √d_model, plus the codes of the positions 0, 1, …, in the embeddings' dtype."""
    config, values, source, _ = started(draw)
    for side in ("source", "target"):
        ids = source % (config.source_vocab_size if side == "source" else config.target_vocab_size)
        found = expect.tensor(
            answer("embed", config, values, ids, side), "The result of embed", (2, 7, config.d_model)
        )
        wanted = torch.stack([coded(values[f"{side}_embedding.weight"], row) for row in ids])
        expect.close(found, wanted, f"The {side} ids are not embedded as √d_model · embedding + code.")
    module = answer.original(config).half().eval()
    expect.tensor(
        module.embed(source % config.source_vocab_size, module.source_embedding),
        "With parameters in float16, the result of embed", dtype=torch.float16,
    )  # fmt: skip


@check("Transformer")
def dropout_acts_on_the_sum(answer: Answer, draw: Draw) -> None:
    """In training, `embed` drops numbers of the sum of embedding and code, and so do the layers; outside training nothing is dropped."""
    config = model_sizes(draw, dropout=0.5)
    module = answer.original(config)
    parameters_of(module, "Transformer(config)")
    ids = some_ids(draw, 2, 31, below=config.source_vocab_size)
    module.eval()
    kept, again = (
        expect.tensor(module.embed(ids, module.source_embedding), "The result of embed") for _ in range(2)
    )
    if not torch.equal(kept, again):
        expect.fail("Outside training, dropout should do nothing.")
    module.train()
    dropped = expect.tensor(
        module.embed(ids, module.source_embedding), "In training, embed", tuple(kept.shape)
    )
    if torch.equal(dropped, kept):
        expect.fail("With dropout=0.5, nothing is dropped in training.")
    zeros = dropped == 0
    if not 0.3 < zeros.double().mean().item() < 0.7:
        expect.fail("With dropout=0.5 about half of the numbers that embed returns should be 0 in training.")
    expect.close(
        dropped[~zeros], 2 * kept[~zeros], "What dropout leaves of the sum should be twice what it was."
    )
    for stack in ("encoder_layers", "decoder_layers"):
        if not (layers := list(getattr(module, stack, ()))):
            expect.fail(f"`{stack}` should hold {config.n_layers} layer; yours is empty or missing.")
        inputs = [kept] * (1 if stack == "encoder_layers" else 2)
        if torch.equal(layers[0].train()(*inputs), layers[0].eval()(*inputs)):
            expect.fail(f"In training `{stack}` drop nothing; hand config.dropout on to each of them.")


@check("Transformer", points=2)
def the_source_is_encoded(answer: Answer, draw: Draw) -> None:
    """`encode` gives (memory, source_mask, read): the encoder's stack with its norm, the mask, and no ids read yet."""
    config, values, source, _ = started(draw, 2)
    mask = torch.ones(2, 7, dtype=torch.bool)
    memory, kept, read = state_of(answer("encode", config, values, source, mask))
    wanted = torch.stack([encoded_by_hand(config, values, row) for row in source])
    expect.close(
        expect.tensor(memory, "The memory", tuple(wanted.shape)),
        wanted,
        "The memory is not that of the encoder.",
    )
    expect.close(
        expect.tensor(kept, "The mask in the state", (2, 7), torch.bool), mask, "The mask was changed."
    )
    expect.tensor(read, "The ids read so far", (2, 0), source.dtype)
    expect.untouched(answer)


@check("Transformer")
def padding_of_the_source_has_no_influence(answer: Answer, draw: Draw) -> None:
    """Real positions of a padded source are encoded as without padding; what is all padding is refused."""
    config, values, source, mask = started(draw)
    memory, *_ = state_of(answer("encode", config, values, source, mask))
    wanted = encoded_by_hand(config, values, source[1, :5])
    memory = expect.tensor(memory, "The memory", (2, 7, config.d_model))
    expect.close(
        memory[1, :5],
        wanted,
        "A source of 5 ids with 2 masked ones behind it should be encoded as those 5 alone; it is not.",
    )
    for what, wrong in (
        ("A source of padding alone", torch.zeros_like(mask)),
        ("Padding before a real id", torch.tensor([[True] * 7, [False, *[True] * 6]])),
    ):
        expect.error(partial(answer, "encode", config, values, source, wrong), ValueError, what)


@check("Transformer", points=2)
def logits_of_the_decoder(answer: Answer, draw: Draw) -> None:
    """`decode` gives, after each id, logits from the decoder's stack, its norm and the head."""
    config, values, _, _ = started(draw, 2)
    ids, memory = some_ids(draw, 2, 5, below=config.target_vocab_size), draw.normal(2, 3, config.d_model)
    start = (memory, torch.ones(2, 3, dtype=torch.bool), ids[:, :0])
    logits, _ = decoded(answer, config, values, ids, start)
    wanted = torch.stack([logits_by_hand(config, values, *pair) for pair in zip(ids, memory, strict=True)])
    expect.close(
        logits, wanted, "The logits are not those of the decoder for the memory that the state holds."
    )


@check("Transformer", points=2)
def decoding_goes_on(answer: Answer, draw: Draw) -> None:
    """The state after `decode` holds all ids read: reading in pieces gives what reading at once gives."""
    config, values, _, _ = started(draw)
    ids, memory = some_ids(draw, 2, 11, below=config.target_vocab_size), draw.normal(2, 3, config.d_model)
    mask = torch.ones(2, 3, dtype=torch.bool)
    state: tuple[Any, Any, Any] = (memory, mask, ids[:, :0])
    wanted = torch.stack([logits_by_hand(config, values, *pair) for pair in zip(ids, memory, strict=True)])
    read = 0
    for piece in ids.split([2, 1, 8], dim=1):
        logits, state = decoded(answer, config, values, piece, state)
        read += piece.shape[1]
        expect.close(
            expect.tensor(state[2], "The ids read so far", (2, read)), ids[:, :read],
            "The last part of the state should hold the ids read so far, in order.",
        )  # fmt: skip
        expect.close(
            logits,
            wanted[:, read - piece.shape[1] : read],
            "Read in pieces, the ids do not get the logits that reading them at once should give.",
        )
    for part, before, name in ((state[0], memory, "memory"), (state[1], mask, "source_mask")):
        part = expect.tensor(part, f"The {name} in the state", tuple(before.shape))
        expect.close(part, before, f"The {name} in the state should be what came in.")
    expect.untouched(answer)


@check("Transformer")
def padding_is_never_attended_to(answer: Answer, draw: Draw) -> None:
    """Neither the padding of the memory, by the state's mask, nor id 0 among the target ids is looked at."""
    config, values, _, _ = started(draw)
    ids, memory = some_ids(draw, 2, 5, below=config.target_vocab_size), draw.normal(2, 4, config.d_model)
    ids[0, 2] = ids[1, 3:] = 0
    seen = torch.tensor([[True] * 4, [True, True, False, False]])
    logits, _ = decoded(answer, config, values, ids, (memory, seen, ids[:, :0]))
    expect.close(
        logits[0],
        logits_by_hand(config, values, ids[0], memory[0]),
        "With id 0 among the target ids, the logits are not those of a decoder that never looks at it.",
    )
    wanted = logits_by_hand(config, values, ids[1], memory[1, :2])
    expect.close(
        logits[1], wanted,
        "With padding in the memory, the logits are not those of a decoder that never looks at it.",
    )  # fmt: skip
    _, state = decoded(answer, config, values, ids[:1, :3], (memory[:1], seen[:1], ids[:1, :0]))
    later, _ = decoded(answer, config, values, ids[:1, 3:], state)
    expect.close(
        later[0],
        logits[0, 3:],
        "Read in two calls, with id 0 among the first ids, the later ids get other logits than at once.",
    )


@check("Transformer")
def both_halves_in_one_call(answer: Answer, draw: Draw) -> None:
    """A call of the model encodes the source, where id 0 is padding, and decodes the ids."""
    config, values, source, mask = started(draw)
    ids = some_ids(draw, 2, 3, below=config.target_vocab_size)
    found = answer("forward", config, values, source * mask, ids)
    found = expect.tensor(found, "The logits", (2, 3, config.target_vocab_size))
    for row, length in enumerate((7, 5)):
        memory = encoded_by_hand(config, values, source[row, :length])
        wanted = logits_by_hand(config, values, ids[row], memory)
        expect.close(
            found[row], wanted, f"For a source of {length} ids in a batch of 7 the logits are wrong."
        )

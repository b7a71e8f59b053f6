"""Known wrong answers of lab 10, blocks.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson
clears it up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import Mutant, mistake
from autograder.mutants.networks import FEED_FORWARD, NO_SUPER, RESIDUAL, SWIGLU
from autograder.mutants.norms import GELU, LAYER_NORM, RMS_NORM

_block = partial(mistake, "seq2gpt.blocks", "TransformerBlock")
_dropout = partial(mistake, "seq2gpt.blocks", "dropout")
_PATHS = (
    "        x = residual(x, attend, self.norm_1)\n        return residual(x, self.feed_forward, self.norm_2)"
)
_ATTENTION = "MultiHeadAttention(d_model, n_heads, bias, dropout)"

# The conversions change no value: they keep the types that the tests of this course check.
_NETWORK = "FeedForward(d_model, d_ff, bias, dropout)"
EXCHANGED = (
    "`bias` and `dropout` were exchanged: the block names `dropout` first, its parts name `bias` first."
)
_ATTEND = "            return self.attention(hidden, mask=mask, causal=causal, cache=cache)"
BLOCK = [
    _block(
        "no_super_init",
        "parts_of_a_block",
        NO_SUPER,
        "the-block",
        ("        super().__init__()\n", ""),
    ),
    _block(
        "attention_takes_dropout_for_bias",
        "parts_of_a_block",
        EXCHANGED,
        "the-block",
        (_ATTENTION, "MultiHeadAttention(d_model, n_heads, bool(dropout), float(bias))"),
    ),
    _block(
        "network_takes_dropout_for_bias",
        "parts_of_a_block",
        EXCHANGED,
        "the-block",
        (_NETWORK, "FeedForward(d_model, d_ff, bool(dropout), float(bias))"),
    ),
    _block(
        "both_take_dropout_for_bias",
        "parts_of_a_block",
        EXCHANGED,
        "the-block",
        (_ATTENTION, "MultiHeadAttention(d_model, n_heads, bool(dropout), float(bias))"),
        (_NETWORK, "FeedForward(d_model, d_ff, bool(dropout), float(bias))"),
    ),
    _block(
        "result_for_a_function",
        "silent_sublayers_pass_x_on",
        "`residual` wants a function; it was given what the attention had found. Hand on a function that calls the attention.",
        "the-block",
        ("residual(x, attend, self.norm_1)", "x + attend(x)(self.norm_1(x))"),
    ),
    _block(
        "attention_itself_handed_on",
        "mask_and_causal_are_handed_on",
        "the attention got the hidden states alone: hand on `mask`, `causal` and `cache`, in a function around it where `residual` makes the call.",
        "the-block",
        (_ATTEND, "            return self.attention(hidden)"),
    ),
    _block(
        "changed_in_place",
        "attention_on_its_path",
        "`x += …` changed the tensor of whoever called; write `x = x + …`.",
        "residual-path",
        ("        x = residual(x, attend, self.norm_1)", "        x += attend(self.norm_1(x))"),
    ),
    _block(
        "norms_without_bias_flag",
        "parts_of_a_block",
        "the norms have biases whatever `bias` says.",
        "the-block",
        ("LayerNorm(d_model, bias)", "LayerNorm(d_model)"),
    ),
    _block(
        "one_norm_for_both",
        "parts_of_a_block",
        "one norm serves both sub-layers; each has its own weight and bias.",
        "the-block",
        ("self.norm_2 = LayerNorm(d_model, bias)", "self.norm_2 = self.norm_1"),
    ),
    _block(
        "post_ln",
        "silent_sublayers_pass_x_on",
        "the sums were normalised: that is the layer of 2017; GPT-2 normalises what each sub-layer sees.",
        "where-the-norm-stands",
        (
            _PATHS,
            "        x = self.norm_1(x + attend(x))\n        return self.norm_2(x + self.feed_forward(x))",
        ),
        misconception="E08",
    ),
    _block(
        "no_paths",
        "silent_sublayers_pass_x_on",
        "a sub-layer handed on its result alone: a block has two residual paths.",
        "residual-path",
        (_PATHS, "        x = attend(self.norm_1(x))\n        return self.feed_forward(self.norm_2(x))"),
        misconception="E07",
    ),
    _block(
        "one_norm_at_the_end",
        "silent_sublayers_pass_x_on",
        "one norm stands at the end of the block; each sub-layer has its own, before it.",
        "the-block",
        (
            _PATHS,
            "        x = x + attend(x)\n        x = x + self.feed_forward(x)\n        return self.norm_2(x)",
        ),
        misconception="E07",
    ),
    _block(
        "attention_without_norm",
        "attention_on_its_path",
        "the attention saw x as it is; it sees norm_1(x).",
        "the-block",
        ("residual(x, attend, self.norm_1)", "x + attend(x)"),
    ),
    _block(
        "norm_2_before_attention",
        "attention_on_its_path",
        "norm_2 normalised what the attention sees; that is the work of norm_1.",
        "the-block",
        ("residual(x, attend, self.norm_1)", "residual(x, attend, self.norm_2)"),
    ),
    _block(
        "normalised_path",
        "attention_on_its_path",
        "the normalised x was added to what the attention found; the path carries x itself.",
        "where-the-norm-stands",
        (
            "        x = residual(x, attend, self.norm_1)",
            "        x = self.norm_1(x)\n        x = x + attend(x)",
        ),
    ),
    _block(
        "no_path_around_the_network",
        "feed_forward_on_its_path",
        "the second path is missing: what comes before the feed-forward network is not added to its result.",
        "residual-path",
        ("residual(x, self.feed_forward, self.norm_2)", "self.feed_forward(self.norm_2(x))"),
    ),
    _block(
        "network_without_norm",
        "feed_forward_on_its_path",
        "the feed-forward network saw its input as it is; it sees norm_2 of it.",
        "the-block",
        ("residual(x, self.feed_forward, self.norm_2)", "x + self.feed_forward(x)"),
    ),
    _block(
        "norm_1_before_network",
        "feed_forward_on_its_path",
        "norm_1 normalised what the feed-forward network sees; that is the work of norm_2.",
        "the-block",
        ("self.feed_forward, self.norm_2)", "self.feed_forward, self.norm_1)"),
    ),
    _block(
        "side_by_side",
        "one_after_the_other",
        "both sub-layers worked on x; the feed-forward network works on what the attention has left.",
        "the-block",
        (_PATHS, "        return residual(x, attend, self.norm_1) + self.feed_forward(self.norm_2(x))"),
    ),
    _block(
        "network_first",
        "one_after_the_other",
        "the feed-forward network came first; positions talk first, then each thinks on its own.",
        "the-block",
        (
            _PATHS,
            "        x = residual(x, self.feed_forward, self.norm_2)\n        return residual(x, attend, self.norm_1)",
        ),
    ),
    _block(
        "attention_lost",
        "one_after_the_other",
        "the second path started from the block's input, so what the attention found was lost.",
        "the-block",
        (
            _PATHS,
            "        h = residual(x, attend, self.norm_1)\n        return x + self.feed_forward(self.norm_2(h))",
        ),
    ),
    _block(
        "causal_dropped",
        "mask_and_causal_are_handed_on",
        "`causal` was not handed on to the attention.",
        "the-block",
        ("causal=causal", "causal=False"),
    ),
    _block(
        "mask_dropped",
        "mask_and_causal_are_handed_on",
        "`mask` was not handed on to the attention.",
        "the-block",
        ("mask=mask, ", ""),
    ),
    _block(
        "cache_dropped",
        "cache_is_handed_on",
        "`cache` was not handed on to the attention.",
        "the-block",
        (", cache=cache", ""),
    ),
    _block(
        "attention_keeps_all",
        "dropout_in_both_sublayers",
        "`dropout` was not handed on to the attention.",
        "dropout",
        ("MultiHeadAttention(d_model, n_heads, bias, dropout)", "MultiHeadAttention(d_model, n_heads, bias)"),
    ),
    _block(
        "network_keeps_all",
        "dropout_in_both_sublayers",
        "`dropout` was not handed on to the feed-forward network.",
        "dropout",
        ("FeedForward(d_model, d_ff, bias, dropout)", "FeedForward(d_model, d_ff, bias)"),
    ),
    _block(
        "path_dropped",
        "dropout_in_both_sublayers",
        "dropout acted on the sum, so it cut holes into the path itself; it acts on what is added.",
        "dropout",
        ("FeedForward(d_model, d_ff, bias, dropout)", "FeedForward(d_model, d_ff, bias)"),
        (
            "MultiHeadAttention(d_model, n_heads, bias, dropout)",
            "MultiHeadAttention(d_model, n_heads, bias)\n        self.dropout = nn.Dropout(dropout)",
        ),
        (
            "return residual(x, self.feed_forward, self.norm_2)",
            "return self.dropout(residual(x, self.feed_forward, self.norm_2))",
        ),
    ),
    _block(
        "uneven_heads_accepted",
        "heads_must_divide_the_width",
        "heads that do not divide the width were replaced silently.",
        "the-block",
        ("MultiHeadAttention(d_model, n_heads,", "MultiHeadAttention(d_model, math.gcd(d_model, n_heads),"),
    ),
]
_KEPT = "    kept = torch.rand(x.shape, device=x.device) >= p\n"
_WHERE = "torch.where(kept, x / (1 - p), 0)"
_GUARD = '    if not 0 <= p < 1:\n        raise ValueError(f"p={p} must be at least 0 and below 1")\n'
DROPOUT = [
    _dropout(
        "pytorchs_own",
        "dropped_is_0_and_learns_nothing",
        "F.dropout multiplies by 0 or 1 / (1 − p), and 0 · ∞ is nan; choose 0 with torch.where.",
        "dropout",
        (_KEPT, ""),
        (_WHERE, "F.dropout(x, p)"),
    ),
    _dropout(
        "multiplied_by_coins",
        "dropped_is_0_and_learns_nothing",
        "dropped numbers were multiplied by 0, and 0 · ∞ is nan.",
        "dropout",
        (_KEPT, ""),
        (_WHERE, "x * torch.bernoulli(torch.full_like(x, 1 - p)) / (1 - p)"),
    ),
    _dropout(
        "one_row_for_all",
        "each_on_its_own",
        "one row of chances was drawn for all rows; draw one for each number.",
        "dropout",
        ("torch.rand(x.shape, device=x.device)", "torch.rand(x.shape[-1], device=x.device)"),
    ),
    _dropout(
        "exactly_so_many",
        "each_on_its_own",
        "exactly p · n numbers were dropped; each number has a chance of its own.",
        "dropout",
        (
            "torch.rand(x.shape, device=x.device) >= p",
            "torch.randperm(x.numel()).view(x.shape) >= round(p * x.numel())",
        ),
    ),
    _dropout(
        "active_outside_training",
        "nothing_outside_training",
        "numbers were dropped outside training.",
        "dropout",
        ("    if not training:\n        return x\n", ""),
    ),
    _dropout(
        "not_scaled",
        "kept_numbers_are_scaled",
        "those kept were not scaled in training; there they are divided by 1 − p.",
        "dropout",
        (_WHERE, "torch.where(kept, x, 0)"),
    ),
    _dropout(
        "scaled_in_use",
        "nothing_outside_training",
        "that is dropout as first published: it scales when the model is used. Today it scales in training, and does nothing in use.",
        "dropout",
        ("        return x\n", "        return x * (1 - p)\n"),
        (_WHERE, "torch.where(kept, x, 0)"),
    ),
    _dropout(
        "probability_to_keep",
        "share_p_is_dropped",
        "p was read as the probability to keep a number.",
        "dropout",
        (">= p", "< p"),
    ),
    _dropout(
        "divided_by_p",
        "kept_numbers_are_scaled",
        "those kept were divided by p; divide by the share that is kept, 1 − p.",
        "dropout",
        (_WHERE, "torch.where(kept, x / p, 0)"),
    ),
    _dropout(
        "multiplied",
        "kept_numbers_are_scaled",
        "those kept were multiplied by 1 − p, so they shrink twice.",
        "dropout",
        (_WHERE, "torch.where(kept, x * (1 - p), 0)"),
    ),
    _dropout(
        "whole_rows",
        "each_on_its_own",
        "one number was drawn for a whole row; draw one for each number.",
        "dropout",
        ("torch.rand(x.shape, device=x.device)", "torch.rand(*x.shape[:-1], 1, device=x.device)"),
    ),
    _dropout(
        "always_the_same",
        "each_on_its_own",
        "a seed was set inside, so every call drops the same numbers.",
        "dropout",
        (_KEPT, "    torch.manual_seed(0)\n" + _KEPT),
    ),
    _dropout(
        "drawn_by_python",
        "drawn_by_torch",
        "the numbers were drawn by another generator than torch's, of which torch.manual_seed knows nothing.",
        "dropout",
        (
            _KEPT,
            "    import random\n    kept = torch.tensor([random.random() >= p for _ in range(x.numel())]).view(x.shape)\n",
        ),
    ),
    _dropout(
        "multiplied_by_0",
        "dropped_is_0_and_learns_nothing",
        "dropped numbers were multiplied by 0, and 0 · ∞ is nan.",
        "dropout",
        (_WHERE, "x * kept / (1 - p)"),
    ),
    _dropout(
        "changed_in_place",
        "dropped_is_0_and_learns_nothing",
        "x was changed in place; whoever called still needs it.",
        "dropout",
        ("return " + _WHERE, "x[~kept] = 0\n    return x / (1 - p)"),
    ),
    _dropout(
        "other_dtype",
        "dropped_is_0_and_learns_nothing",
        "the result has another dtype than x.",
        "dropout",
        (_WHERE, "torch.where(kept, x.double() / (1 - p), 0)"),
    ),
    _dropout(
        "probability_unchecked",
        "probability_below_1",
        "a p that is no probability below 1 was not refused.",
        "dropout",
        (_GUARD, ""),
    ),
    _dropout(
        "checked_in_training_only",
        "probability_below_1",
        "a wrong p was refused in training only; then the mistake shows late.",
        "dropout",
        (_GUARD, ""),
        (_KEPT, _GUARD + _KEPT),
    ),
    _dropout(
        "one_is_accepted",
        "probability_below_1",
        "p = 1 was accepted; nothing would be left to scale.",
        "dropout",
        ("0 <= p < 1", "0 <= p <= 1"),
    ),
]
MUTANTS: list[Mutant] = [*LAYER_NORM, *RMS_NORM, *GELU, *FEED_FORWARD, *SWIGLU, *RESIDUAL, *BLOCK, *DROPOUT]

"""Known wrong answers of lab 07, attention.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson
clears it up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import Mutant, mistake

_mutant = partial(Mutant, module="seq2gpt.attention")


_project = partial(mistake, "seq2gpt.attention", "project_qkv")
_softmax = partial(mistake, "seq2gpt.attention", "softmax")
_causal = partial(mistake, "seq2gpt.attention", "causal_mask")
_combine = partial(mistake, "seq2gpt.attention", "combine_masks")
_attend = partial(mistake, "seq2gpt.attention", "scaled_dot_product_attention")
_flops = partial(mistake, "seq2gpt.attention", "attention_flops")

# Two ways to the same mistake share their sentence: their results cannot be told apart.
DIVIDED_BY_D_K = (
    "the scores were divided by d_k: by d_k itself, or by √d_k twice. Their spread grows with √d_k only."
)
LARGE_NUMBER = (
    "a large negative number stands for −inf: a query that may see nothing then attends to everything, "
    "and −1e20 does not even fit into float16."
)
JOINED_WITH_OR = "the masks were joined with `or` (adding booleans does that too); a place is open only if all masks allow it."

PROJECTIONS = [
    _project(
        "key_and_value_swapped",
        "each_view_uses_its_own_matrix",
        "the key was made with w_v and the value with w_k.",
        "queries-keys-values",
        ("key = x @ w_k", "key = x @ w_v"),
        ("value = x @ w_v", "value = x @ w_k"),
    ),
    _project(
        "matrix_transposed",
        "each_view_uses_its_own_matrix",
        "each matrix was transposed first; in x w the columns of w are the features of the result.",
        "queries-keys-values",
        ("x @ w_q", "x @ w_q.transpose(-2, -1)"),
        ("x @ w_k", "x @ w_k.transpose(-2, -1)"),
        ("x @ w_v", "x @ w_v.transpose(-2, -1)"),
    ),
    _project(
        "value_not_projected",
        "each_view_uses_its_own_matrix",
        "x itself was returned as the value; what a position tells and what it is are two things.",
        "queries-keys-values",
        ("value = x @ w_v", "value = x"),
        misconception="E53",
    ),
    _project(
        "key_from_query",
        "all_three_come_from_x",
        "the key was computed from the query; each view comes from x on its own.",
        "queries-keys-values",
        ("key = x @ w_k", "key = query @ w_k"),
        misconception="E24",
    ),
    _project(
        "same_matrix_for_query_and_key",
        "each_view_uses_its_own_matrix",
        "query and key share a matrix, so every score is symmetric: i finds j exactly as j finds i.",
        "queries-keys-values",
        ("key = x @ w_k", "key = x @ w_q"),
        misconception="E26",
    ),
]

SOFTMAX = [
    _softmax(
        "overflow",
        "large_scores_do_not_overflow",
        "exp was taken of the scores as they are; exp(1000) is infinite, and infinity over infinity is nan.",
        "softmax-safely",
        ("peak = peak.masked_fill(peak == -math.inf, 0.0)", "peak = torch.zeros_like(peak)"),
    ),
    _softmax(
        "smallest_subtracted",
        "large_scores_do_not_overflow",
        "the smallest score was subtracted: what is left of the large ones overflows in exp; subtract the largest.",
        "softmax-safely",
        ("scores.detach().amax(dim, keepdim=True)", "scores.detach().amin(dim, keepdim=True)"),
    ),
    _softmax(
        "one_peak_for_all",
        "large_scores_do_not_overflow",
        "one maximum of the whole tensor was subtracted; a row far below it underflows to zeros.",
        "softmax-safely",
        ("scores.detach().amax(dim, keepdim=True)", "scores.detach().max()"),
    ),
    _softmax(
        "always_last_axis",
        "any_axis_on_request",
        "`dim` was ignored: the last axis was used whatever was asked for.",
        "softmax-safely",
        ("amax(dim,", "amax(-1,"),
        ("sum(dim,", "sum(-1,"),
    ),
    _softmax(
        "always_first_axis",
        "last_axis_by_default",
        "the weights sum to 1 down the columns, along the first axis.",
        "softmax-safely",
        ("amax(dim,", "amax(0,"),
        ("sum(dim,", "sum(0,"),
    ),
    _softmax(
        "nan_for_empty_row",
        "minus_infinity_means_never",
        "a row of −inf only became nan: its maximum is −inf, and −inf minus −inf is nan.",
        "softmax-safely",
        ("peak = peak.masked_fill(peak == -math.inf, 0.0)  # −inf − (−inf) would be nan", "pass"),
    ),
    _softmax(
        "not_normalised",
        "last_axis_by_default",
        "exp was taken, but the result was not divided by its sum.",
        "softmax-safely",
        ("weights / total.masked_fill(total == 0, 1.0)", "weights"),
    ),
    _softmax(
        "divided_by_sum_of_scores",
        "last_axis_by_default",
        "the scores were divided by their sum without exp; a negative score would get a negative weight.",
        "softmax-safely",
        ("weights = (scores - peak).exp()", "weights = scores"),
    ),
    _softmax(
        "detached",
        "keeps_dtype_and_gradient",
        "the result was cut off from the scores, so nothing before it can learn.",
        "softmax-safely",
        ("(scores - peak).exp()", "(scores.detach() - peak).exp()"),
    ),
    _softmax(
        "always_float32",
        "keeps_dtype_and_gradient",
        "the result came back as float32 whatever came in.",
        "softmax-safely",
        (
            "return weights / total.masked_fill(total == 0, 1.0)",
            "return (weights / total.masked_fill(total == 0, 1.0)).float()",
        ),
    ),
]

CAUSAL = [
    _causal(
        "inverted",
        "nobody_sees_the_future",
        "True stands where attending is forbidden; in this course True means may attend.",
        "masks",
        ("keys[None, :] <= queries[:, None]", "keys[None, :] > queries[:, None]"),
        misconception="E23",
    ),
    _causal(
        "transposed",
        "nobody_sees_the_future",
        "rows and columns are swapped: queries are rows, keys are columns.",
        "masks",
        ("keys[None, :] <= queries[:, None]", "keys[None, :] >= queries[:, None]"),
        misconception="E23",
    ),
    _causal(
        "cannot_see_itself",
        "everybody_sees_the_past_and_itself",
        "the diagonal is forbidden; a position may always look at itself, and the first has nothing else.",
        "masks",
        ("<=", "<"),
    ),
    _causal(
        "one_too_far",
        "nobody_sees_the_future",
        "each query may see one position too far, the very one it is to predict.",
        "masks",
        ("<= queries[:, None]", "<= queries[:, None] + 1"),
    ),
    _causal(
        "past_forgotten",
        "works_while_generating",
        "the queries were placed at the start; with stored keys they are the last n positions.",
        "masks-at-inference",
        ("queries = keys[n_past:]", "queries = keys[:n]"),
        misconception="E10",
    ),
    _causal(
        "numbers_not_booleans",
        "boolean_of_the_right_shape",
        "the mask holds 0 and 1 as numbers; `~mask` of a float fails, and of an integer gives −1 and −2.",
        "masks",
        ("return keys[None, :] <= queries[:, None]", "return (keys[None, :] <= queries[:, None]).float()"),
    ),
]

COMBINE = [
    _combine(
        "any_instead_of_all",
        "allowed_by_all",
        JOINED_WITH_OR,
        "masks",
        ("combined & mask", "combined | mask"),
    ),
    _combine(
        "last_mask_only",
        "allowed_by_all",
        "only the last mask was kept.",
        "masks",
        ("mask if combined is None else combined & mask", "mask"),
    ),
    _combine(
        "first_two_only",
        "allowed_by_all",
        "only the first two masks were combined; there may be any number.",
        "masks",
        ("for mask in masks:", "for mask in masks[:2]:"),
    ),
    _combine(
        "stops_at_none",
        "none_forbids_nothing",
        "everything after a None was dropped.",
        "masks",
        (
            "        if mask is not None:\n",
            "        if mask is None:\n            break\n        if mask is not None:\n",
        ),
    ),
    _combine(
        "writes_into_the_input",
        "masks_given_stay_as_they_were",
        "`&=` wrote the combination into the caller's own mask.",
        "masks",
        (
            "            combined = mask if combined is None else combined & mask\n",
            "            if combined is None or combined.shape != torch.broadcast_shapes(combined.shape, mask.shape):\n"
            "                combined = mask if combined is None else combined & mask\n"
            "            else:\n"
            "                combined &= mask\n",
        ),
    ),
    _combine(
        "sum_of_masks",
        "allowed_by_all",
        JOINED_WITH_OR,
        "masks",
        ("combined & mask", "combined + mask"),
    ),
]

ATTENTION = [
    _attend(
        "no_scale",
        "scores_divided_by_root_d_k",
        "the scores were not divided at all: that is dot-product attention without the `scaled`.",
        "why-scale",
        ("(query / math.sqrt(d_k))", "query"),
        misconception="E54",
    ),
    _attend(
        "root_of_model_width",
        "scores_divided_by_root_d_k",
        "the divisor was the root of a larger width (here the width of all heads together), not of one query.",
        "why-scale",
        ("math.sqrt(d_k)", "math.sqrt(8 * d_k)"),
        misconception="E01",
    ),
    _attend(
        "divided_by_d_k",
        "scores_divided_by_root_d_k",
        DIVIDED_BY_D_K,
        "why-scale",
        ("math.sqrt(d_k)", "d_k"),
        misconception="E54",
    ),
    _attend(
        "scaled_twice",
        "scores_divided_by_root_d_k",
        DIVIDED_BY_D_K,
        "why-scale",
        ("key.transpose(-2, -1)", "(key / math.sqrt(d_k)).transpose(-2, -1) * 1.0"),
        misconception="E54",
    ),
    _attend(
        "root_of_sequence_length",
        "scores_divided_by_root_d_k",
        "the divisor was the root of the number of keys; the length of the sequence does not matter here.",
        "why-scale",
        ("d_k = query.shape[-1]", "d_k = key.shape[-2]"),
    ),
    _attend(
        "multiplied_instead",
        "scores_divided_by_root_d_k",
        "the scores were multiplied by √d_k.",
        "why-scale",
        ("query / math.sqrt(d_k)", "query * math.sqrt(d_k)"),
    ),
    _attend(
        "cosine_similarity",
        "scores_divided_by_root_d_k",
        "queries and keys were brought to length 1; attention uses the dot product, which keeps their lengths.",
        "why-scale",
        (
            "(query / math.sqrt(d_k)) @ key",
            "nn.functional.normalize(query, dim=-1) @ nn.functional.normalize(key, dim=-1)",
        ),
        misconception="E25",
    ),
    _attend(
        "softmax_over_queries",
        "weights_sum_to_one_over_keys",
        "softmax ran over the queries: the queries compete for each key instead of the keys for each query.",
        "by-hand",
        ("softmax(scores)", "softmax(scores, dim=-2)"),
    ),
    _attend(
        "mask_inverted",
        "mask_says_who_may_be_seen",
        "the mask was read the wrong way round: True means may attend.",
        "masks",
        ("~mask", "mask"),
        misconception="E23",
    ),
    _attend(
        "mask_after_softmax",
        "mask_says_who_may_be_seen",
        "the mask was applied after softmax: the forbidden weights are gone, the others no longer sum to 1.",
        "masks",
        (
            "    if mask is not None:\n        scores = scores.masked_fill(~mask, -math.inf)\n    weights = softmax(scores)\n",
            "    weights = softmax(scores)\n    if mask is not None:\n        weights = weights.masked_fill(~mask, 0.0)\n",
        ),
    ),
    _attend(
        "masked_scores_set_to_zero",
        "mask_says_who_may_be_seen",
        "the forbidden scores were set to 0; softmax turns a 0 into exp(0) = 1, not into nothing.",
        "masks",
        ("masked_fill(~mask, -math.inf)", "masked_fill(~mask, 0.0)"),
    ),
    _attend(
        "mask_ignored",
        "mask_says_who_may_be_seen",
        "the mask had no effect; masked_fill returns a new tensor, the old one stays as it was.",
        "masks",
        ("scores = scores.masked_fill", "scores.masked_fill"),
    ),
    _attend(
        "minus_1e20",
        "half_precision_works",
        LARGE_NUMBER,
        "masks",
        ("-math.inf", "-1e20"),
        misconception="E05",
    ),
    _attend(
        "minus_1e4",
        "nothing_to_see_gives_zeros",
        LARGE_NUMBER,
        "masks",
        ("-math.inf", "-1e4"),
        misconception="E05",
    ),
    _attend(
        "nan_for_empty_row",
        "nothing_to_see_gives_zeros",
        "a query that may attend to nothing became nan: torch.softmax of −inf only is 0/0.",
        "softmax-safely",
        ("softmax(scores)", "torch.softmax(scores, -1)"),
    ),
    _attend(
        "keys_mixed_instead_of_values",
        "values_are_mixed",
        "the weights were applied to the keys; keys are for being found, values are what is handed over.",
        "queries-keys-values",
        ("weights @ value", "weights @ key"),
    ),
    _attend(
        "values_found_keys_mixed",
        "values_are_mixed",
        "key and value changed places: queries were compared with the values and the keys were mixed.",
        "queries-keys-values",
        ("    d_k = query.shape[-1]\n", "    key, value = value, key\n    d_k = query.shape[-1]\n"),
    ),
    _attend(
        "mask_of_first_head_only",
        "mask_broadcasts",
        "one head's mask was used for all heads.",
        "masks",
        (
            "    if mask is not None:\n",
            "    if mask is not None:\n        mask = mask[..., :1, :, :] if mask.dim() > 2 else mask\n",
        ),
    ),
    _attend(
        "mask_broadcast_over_batch",
        "mask_broadcasts",
        "one sequence's mask was used for the whole batch.",
        "masks",
        (
            "    if mask is not None:\n",
            "    if mask is not None:\n        mask = mask[:1] if mask.dim() > 2 else mask\n",
        ),
    ),
    _attend(
        "detached_weights",
        "gradient_reaches_all_three",
        "the weights were cut off from queries and keys: these can never learn what to look for.",
        "softmax-safely",
        ("return weights @ value", "return weights.detach() @ value"),
    ),
    _attend(
        "output_only",
        "output_then_weights",
        "only the output was returned; the pair (output, weights) is asked for.",
        "by-hand",
        ("return weights @ value, weights", "return weights @ value"),
    ),
]

FLOPS = [
    _flops(
        "multiplications_only",
        "four_projections",
        "only multiplications were counted; each comes with an addition, so two operations.",
        "cost",
        ("4 * 2 * n", "4 * n"),
        ("2 * 2 * n**2", "2 * n**2"),
    ),
    _flops(
        "three_projections",
        "four_projections",
        "the output matrix W^O was forgotten: there are four projections.",
        "cost",
        ("4 * 2 * n", "3 * 2 * n"),
        misconception="E03",
    ),
    _flops(
        "scores_only",
        "both_pair_products",
        "only Q Kᵀ was counted; weights × V costs just as much.",
        "cost",
        ("2 * 2 * n**2", "2 * n**2"),
    ),
    _flops(
        "linear_in_length",
        "doubling_the_length",
        "the pairs were counted once for each position; every query meets every key, n × n pairs.",
        "cost",
        ("n**2 * d_model", "n * d_model"),
        misconception="E09",
    ),
    _flops(
        "quadratic_in_width",
        "both_pair_products",
        "the width was squared for the pairs; comparing one query with one key takes d_model steps over all heads.",
        "cost",
        ("n**2 * d_model", "n**2 * d_model**2"),
    ),
]

_repair = partial(_mutant, exercise="repair_attention", target="SelfAttention", anchor="repair", edits=())
_INLINE = (
    "        output, _ = scaled_dot_product_attention(query, key, value, mask)\n",
    "        scores = query @ key.transpose(-2, -1) / DIVISOR\n"
    "        if mask is not None:\n"
    "            scores = scores.masked_fill(~mask, FILL)\n"
    "        output = softmax(scores, dim=AXIS) @ value\n",
)
_RIGHT = {"DIVISOR": "query.shape[-1] ** 0.5", "FILL": "-math.inf", "AXIS": "-1"}


def _inline(**wrong: str) -> tuple[tuple[str, str], ...]:
    return (_INLINE, *(_RIGHT | wrong).items())


REPAIR = [
    _repair(
        name="divisor_of_all_heads",
        rejected_by="divisor_is_that_of_one_head",
        says="the divisor is still √d_model; each head compares vectors of width d_model / n_heads.",
        edits=_inline(DIVISOR="x.shape[-1] ** 0.5"),
        misconception="E01",
    ),
    _repair(
        name="still_minus_1e20",
        rejected_by="masked_keys_do_not_count",
        says="a large negative number still stands for −inf: a query that sees nothing then sees everything, and −1e20 overflows in float16.",
        edits=_inline(FILL="-1e20"),
        misconception="E05",
    ),
    _repair(
        name="softmax_still_over_queries",
        rejected_by="keys_compete_for_each_query",
        says="softmax still runs along the queries.",
        edits=_inline(AXIS="-2"),
    ),
    _repair(
        name="mask_inverted",
        rejected_by="masked_keys_do_not_count",
        says="the mask is read the wrong way round: True means may attend.",
        edits=(*_inline(), ("~mask", "mask")),
        misconception="E23",
    ),
    _repair(
        name="projection_shared_by_heads",
        rejected_by="every_head_has_its_own_projection",
        says="one small matrix still serves all heads, after the split.",
        edits=(
            *(
                (
                    f"self.{w} = nn.Linear(d_model, d_model",
                    f"self.{w} = nn.Linear(d_model // n_heads, d_model // n_heads",
                )
                for w in ("w_q", "w_k", "w_v")
            ),
            (
                "split = projection(x).unflatten(-1, (self.n_heads, -1))",
                "split = projection(x.unflatten(-1, (self.n_heads, -1)))",
            ),
        ),
        misconception="E02",
    ),
    _repair(
        name="not_mixed",
        rejected_by="joined_heads_are_mixed",
        says="the heads are joined, but w_o never mixes them.",
        edits=(("self.w_o(output.transpose(-3, -2).flatten(-2))", "output.transpose(-3, -2).flatten(-2)"),),
        misconception="E03",
    ),
    _repair(
        name="heads_interleaved",
        rejected_by="heads_stay_in_order",
        says="the heads were joined without moving the head axis back, which shuffles positions and components.",
        edits=(("output.transpose(-3, -2).flatten(-2)", "output.reshape(x.shape)"),),
    ),
    _repair(
        name="split_interleaved",
        rejected_by="heads_stay_in_order",
        says="the split went over positions and components together: view to (n, n_heads, d_k) first, then move the head axis.",
        edits=(
            (
                "split = projection(x).unflatten(-1, (self.n_heads, -1))",
                "split = projection(x).reshape(*x.shape[:-2], self.n_heads, x.shape[-2], -1).transpose(-3, -2)",
            ),
        ),
    ),
    _repair(
        name="any_width_accepted",
        rejected_by="uneven_split_is_refused",
        says="a width that does not split evenly is cut down silently.",
        edits=(("        if d_model % n_heads != 0:\n", "        if False:\n"),),
    ),
]

MUTANTS: list[Mutant] = [*PROJECTIONS, *SOFTMAX, *CAUSAL, *COMBINE, *ATTENTION, *FLOPS, *REPAIR]

"""Known wrong answers of lab 08, heads.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson
clears it up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import Mutant, mistake

_split = partial(mistake, "seq2gpt.heads", "split_heads")
_merge = partial(mistake, "seq2gpt.heads", "merge_heads")
_layer = partial(mistake, "seq2gpt.heads", "MultiHeadAttention")
_count = partial(mistake, "seq2gpt.heads", "count_attention_parameters")
_cross = partial(mistake, "seq2gpt.heads", "cross_attention")

SPLIT = [
    _split(
        "heads_behind_positions",
        "one_sequence_for_each_head",
        "the width was cut, but the axis of the heads was not moved before that of the positions: "
        "each position would be a sequence of heads.",
        "split-and-merge",
        ("return pieces.transpose(-3, -2)", "return pieces"),
    ),
    _split(
        "reshaped_in_one_step",
        "each_head_gets_its_features",
        "one reshape cut through the positions: head 0 got the first positions whole. "
        "Cut the width first, then move the axis.",
        "split-and-merge",
        (
            "pieces.transpose(-3, -2)",
            "x.reshape(*x.shape[:-2], n_heads, x.shape[-2], d_head)",
        ),
    ),
    _split(
        "features_dealt_like_cards",
        "each_head_gets_its_features",
        "the features were dealt out one by one, every n_heads-th to the same head; a head owns neighbours.",
        "split-and-merge",
        ("(n_heads, d_head))", "(d_head, n_heads)).transpose(-2, -1)"),
    ),
    _split(
        "fixed_axes",
        "one_sequence_for_each_head",
        "axes 1 and 2 were exchanged, whatever comes before them; count axes from the end: −3 and −2.",
        "split-and-merge",
        ("transpose(-3, -2)", "transpose(1, 2)"),
    ),
    _split(
        "three_axes_expected",
        "one_sequence_for_each_head",
        "the shape of x was taken apart into exactly three axes; count axes from the end: x.shape[-2], x.shape[-1].",
        "split-and-merge",
        (
            "    d_head = head_width(x.shape[-1], n_heads)",
            "    batch, n, d_model = x.shape\n    d_head = head_width(d_model, n_heads)",
        ),
    ),
    _split(
        "uneven_width_accepted",
        "uneven_width_is_refused",
        "a width that does not split evenly was not refused in words of your own.",
        "parameters-of-heads",
        ("head_width(x.shape[-1], n_heads)", "x.shape[-1] // n_heads"),
    ),
    _split(
        "remainder_dropped",
        "uneven_width_is_refused",
        "the features that are left over were dropped silently.",
        "parameters-of-heads",
        ("head_width(x.shape[-1], n_heads)", "x.shape[-1] // n_heads"),
        ("x.unflatten", "x[..., : n_heads * d_head].unflatten"),
    ),
    _split(
        "detached",
        "no_number_changes",
        "the heads were cut off from x, so nothing before them can learn.",
        "split-and-merge",
        ("x.unflatten", "x.detach().unflatten"),
    ),
    _split(
        "only_one_head_count",
        "one_head_or_as_many_as_features",
        "a head of width 1 lost its axis; squeeze removes every axis of length 1.",
        "split-and-merge",
        ("return pieces.transpose(-3, -2)", "return pieces.transpose(-3, -2).squeeze()"),
    ),
]

MERGE = [
    _merge(
        "batch_of_one_squeezed",
        "width_of_all_heads",
        "`squeeze` removed an axis of length 1: a batch of one is still a batch.",
        "split-and-merge",
        ("return pieces.flatten(-2)", "return pieces.flatten(-2).squeeze(0)"),
    ),
    _merge(
        "reshaped_in_one_step",
        "head_after_head_at_each_position",
        "the heads were joined without moving their axis back: a row then holds several positions of one head.",
        "split-and-merge",
        (
            "return pieces.flatten(-2)",
            "return heads.reshape(*heads.shape[:-3], heads.shape[-2], -1)",
        ),
    ),
    _merge(
        "features_interleaved",
        "head_after_head_at_each_position",
        "the numbers of the heads were interleaved: first those of all heads at index 0, then at index 1.",
        "split-and-merge",
        ("pieces.flatten(-2)", "pieces.transpose(-2, -1).flatten(-2)"),
    ),
    _merge(
        "positions_joined",
        "width_of_all_heads",
        "positions and heads were joined into one axis; join the heads with their widths.",
        "split-and-merge",
        ("pieces.flatten(-2)", "pieces.flatten(-3, -2)"),
    ),
    _merge(
        "heads_averaged",
        "width_of_all_heads",
        "the heads were averaged; they stand side by side, and W^O decides how to mix them.",
        "mixing-heads",
        ("pieces.flatten(-2)", "heads.mean(-3)"),
        misconception="E03",
    ),
    _merge(
        "fixed_axes",
        "width_of_all_heads",
        "axes 1 and 2 were exchanged, whatever comes before them; count axes from the end: −3 and −2.",
        "split-and-merge",
        ("transpose(-3, -2)", "transpose(1, 2)"),
    ),
    _merge(
        "detached",
        "no_number_is_lost",
        "the result was cut off from the heads, so they can never learn.",
        "split-and-merge",
        ("pieces.flatten(-2)", "pieces.flatten(-2).detach()"),
    ),
]

# Two ways to the same mistake share their sentence: with `causal`, their results cannot be told apart.
MASK_DROPPED = "the mask had no effect; with `causal` too, both must allow a pair."
PAST_FORGOTTEN = (
    "the causal mask counted the positions of x only; with a cache they are the last n of m, "
    "so the mask has m columns: `causal_mask(n, n_past)` with n_past = m − n."
)
NEVER_FILLED = "nothing was appended to the cache. An empty cache may count as False: ask `cache is not None`, not `if cache`."
_SQUARE = "torch.ones(2 * x.shape[-2:-1], dtype=torch.bool).tril()"
_PAST_FORGOTTEN = f"(mask if not causal else {_SQUARE} if mask is None else {_SQUARE} & mask)"
_INIT = ("w_q", "w_k", "w_v")

LAYER = [
    _layer(
        "projection_shared_by_heads",
        "four_linear_layers",
        "one small matrix serves all heads, after the split: head 0 then sees the first d_head features only.",
        "own-views",
        *(
            (
                f"self.{w} = nn.Linear(d_model, d_model",
                f"self.{w} = nn.Linear(d_model // n_heads, d_model // n_heads",
            )
            for w in _INIT
        ),
        ("split_heads(self.w_q(x), self.n_heads)", "self.w_q(split_heads(x, self.n_heads))"),
        ("split_heads(self.w_k(source), self.n_heads)", "self.w_k(split_heads(source, self.n_heads))"),
        ("split_heads(self.w_v(source), self.n_heads)", "self.w_v(split_heads(source, self.n_heads))"),
        misconception="E02",
    ),
    _layer(
        "bias_ignored",
        "four_linear_layers",
        "`bias` was ignored: nn.Linear has a bias unless it is told otherwise.",
        "parameters-of-heads",
        ("d_model, bias=bias)", "d_model)"),
    ),
    _layer(
        "no_output_matrix",
        "joined_heads_are_mixed",
        "the heads were joined and returned; joining moves numbers, W^O is what mixes them.",
        "mixing-heads",
        ("self.w_o(merge_heads(heads))", "merge_heads(heads)"),
        misconception="E03",
    ),
    _layer(
        "mixed_before_attending",
        "joined_heads_are_mixed",
        "w_o was applied to x before attending; it comes last, on what the heads found.",
        "mixing-heads",
        ("self.w_o(merge_heads(heads))", "merge_heads(heads)"),
        ("self.w_v(source)", "self.w_o(self.w_v(source))"),
    ),
    _layer(
        "one_wide_head",
        "each_head_attends_on_its_own",
        "queries, keys and values were never split: that is one head of the full width.",
        "split-and-merge",
        ("self.n_heads = n_heads", "self.n_heads = 1"),
    ),
    _layer(
        "root_of_model_width",
        "each_head_attends_on_its_own",
        "the divisor was √d_model; each head compares vectors of width d_head, so it is √d_head.",
        "multi-head-formula",
        ("fused_attention(query,", "fused_attention(query / self.n_heads**0.5,"),
        misconception="E01",
    ),
    _layer(
        "joined_without_moving_back",
        "each_head_attends_on_its_own",
        "the heads were joined without moving their axis back: a row then holds several positions of one head.",
        "split-and-merge",
        ("merge_heads(heads)", "heads.reshape(x.shape)"),
    ),
    _layer(
        "key_from_query",
        "each_head_attends_on_its_own",
        "the key was made from the query; each view comes from the hidden states on its own.",
        "own-views",
        ("self.w_k(source)", "self.w_k(self.w_q(source))"),
        misconception="E24",
    ),
    _layer(
        "heads_see_each_other",
        "each_head_attends_on_its_own",
        "attention ran over the heads of one position: the axis of the heads must stand before that of the positions.",
        "split-and-merge",
        (
            "heads = fused_attention(query, key, value, mask, causal)",
            "heads = fused_attention(*(t.transpose(-3, -2) for t in (query, key, value)), mask, causal).transpose(-3, -2)",
        ),
    ),
    _layer(
        "memory_ignored",
        "memory_answers_and_x_asks",
        "memory was ignored: keys and values came from x.",
        "cross-attention",
        ("source = x if memory is None else memory", "source = x"),
        misconception="E04",
    ),
    _layer(
        "cross_reversed",
        "memory_answers_and_x_asks",
        "memory asks and x answers; it is x that asks.",
        "cross-attention",
        (
            "        query = split",
            "        if memory is not None:\n            x, source = source, x\n        query = split",
        ),
    ),
    _layer(
        "values_from_x",
        "memory_answers_and_x_asks",
        "keys came from memory and values from x; value j is what is found under key j, so both come from memory.",
        "cross-attention",
        ("self.w_v(source)", "self.w_v(x)"),
    ),
    _layer(
        "mask_ignored",
        "mask_hides_keys_from_heads",
        MASK_DROPPED,
        "cross-attention",
        ("key, value, mask, causal)", "key, value, None, causal)"),
    ),
    _layer(
        "mask_inverted",
        "mask_hides_keys_from_heads",
        "the mask was read the wrong way round: True means may attend.",
        "cross-attention",
        ("key, value, mask, causal)", "key, value, None if mask is None else ~mask, causal)"),
    ),
    _layer(
        "mask_of_first_head",
        "mask_hides_keys_from_heads",
        "one head's mask was used for all heads.",
        "cross-attention",
        (
            "key, value, mask, causal)",
            "key, value, mask[..., :1, :, :] if mask is not None and mask.dim() > 2 else mask, causal)",
        ),
    ),
    _layer(
        "causal_ignored",
        "causal_hides_the_future",
        "`causal` had no effect: every position saw the future.",
        "three-uses",
        ("mask, causal)  #", "mask, False)  #"),
        misconception="E23",
    ),
    _layer(
        "causal_forgets_the_mask",
        "causal_hides_the_future",
        MASK_DROPPED,
        "three-uses",
        ("key, value, mask, causal)", "key, value, None if causal else mask, causal)"),
    ),
    _layer(
        "cache_never_filled",
        "cache_keeps_earlier_positions",
        NEVER_FILLED,
        "dropout-and-cache",
        ("            key, value = cache.append(key, value)\n", "            pass\n"),
    ),
    _layer(
        "causal_forgets_the_past",
        "cache_keeps_earlier_positions",
        PAST_FORGOTTEN,
        "dropout-and-cache",
        ("value, mask, causal)", f"value, {_PAST_FORGOTTEN})"),
    ),
    _layer(
        "causal_forgets_the_past_unfused",
        "cache_keeps_earlier_positions",
        PAST_FORGOTTEN,
        "dropout-and-cache",
        (
            "fused_attention(query, key, value, mask, causal)",
            f"scaled_dot_product_attention(query, key, value, {_PAST_FORGOTTEN})[0]",
        ),
    ),
    _layer(
        "cache_never_read",
        "cache_keeps_earlier_positions",
        "the cache was filled, but x attended to its own positions only; use what append returns.",
        "dropout-and-cache",
        ("key, value = cache.append", "cache.append"),
    ),
    _layer(
        "cache_before_the_split",
        "cache_keeps_earlier_positions",
        "keys and values were stored before they were split; the cache keeps them head by head.",
        "dropout-and-cache",
        (
            "        key = split_heads(self.w_k(source), self.n_heads)\n        value = split_heads(self.w_v(source), self.n_heads)\n",
            "        key, value = self.w_k(source), self.w_v(source)\n",
        ),
        (
            "        heads = fused",
            "        key, value = split_heads(key, self.n_heads), split_heads(value, self.n_heads)\n        heads = fused",
        ),
    ),
    _layer(
        "memory_with_causal_accepted",
        "memory_goes_without_causal_and_cache",
        "memory was accepted together with `causal` or a cache; “later” has no meaning between two sequences.",
        "three-uses",
        ("if memory is not None and (causal or cache is not None)", "if False"),
    ),
    _layer(
        "self_attention_only",
        "mask_hides_keys_from_heads",
        "neither memory nor mask is used yet: steps 3 and 4 are still open.",
        "cross-attention",
        ("source = x if memory is None else memory", "source = x"),
        ("key, value, mask, causal)", "key, value)"),
        ("if memory is not None and (causal or cache is not None)", "if False"),
    ),
    _layer(
        "empty_cache_is_none",
        "cache_keeps_earlier_positions",
        NEVER_FILLED,
        "dropout-and-cache",
        ("        if cache is not None:\n", "        if cache:\n"),
    ),
    _layer(
        "keys_and_values_exchanged",
        "cache_keeps_earlier_positions",
        "`cache.append` got the values first; it takes keys, then values, and gives them back in that order.",
        "dropout-and-cache",
        ("key, value = cache.append(key, value)", "value, key = cache.append(value, key)"),
    ),
    _layer(
        "dropout_always_half",
        "dropout_acts_on_the_result",
        "`nn.Dropout()` drops half, whatever `dropout` is: give it the share.",
        "dropout-and-cache",
        ("nn.Dropout(dropout)", "nn.Dropout()"),
    ),
    _layer(
        "dropout_ignored",
        "dropout_acts_on_the_result",
        "`dropout` had no effect.",
        "dropout-and-cache",
        ("self.dropout(self.w_o(merge_heads(heads)))", "self.w_o(merge_heads(heads))"),
    ),
    _layer(
        "dropout_before_mixing",
        "dropout_acts_on_the_result",
        "dropout acted before w_o, which mixed what was left; it acts on the result.",
        "dropout-and-cache",
        ("self.dropout(self.w_o(merge_heads(heads)))", "self.w_o(self.dropout(merge_heads(heads)))"),
    ),
    _layer(
        "dropout_always_on",
        "dropout_acts_on_the_result",
        "dropout acted outside training too.",
        "dropout-and-cache",
        ("self.dropout(self", "nn.functional.dropout(self"),
        ("merge_heads(heads)))", "merge_heads(heads)), self.dropout.p)"),
    ),
    _layer(
        "any_width_accepted",
        "uneven_split_is_refused",
        "a width that does not split evenly was accepted; the error then comes late, or never.",
        "parameters-of-heads",
        ("        head_width(d_model, n_heads)\n", ""),
    ),
]

COUNT = [
    _count(
        "heads_multiply",
        "number_of_heads_does_not_matter",
        "each head was given matrices of the full width; a head is d_model / n_heads wide.",
        "parameters-of-heads",
        ("3 * n_heads * d_head", "3 * n_heads * d_model"),
    ),
    _count(
        "output_matrix_forgotten",
        "four_matrices",
        "W^O was forgotten: there are four matrices.",
        "mixing-heads",
        (" + d_model  #", "  #"),
        misconception="E03",
    ),
    _count(
        "small_matrix_shared",
        "number_of_heads_does_not_matter",
        "one d_head × d_head matrix was counted for all heads; each head has its own of d_model × d_head.",
        "own-views",
        (
            "return columns * (d_model + bias)",
            "return 3 * d_head * (d_head + bias) + d_model * (d_model + bias)",
        ),
        misconception="E02",
    ),
    _count(
        "biases_forgotten",
        "biases_unless_told_otherwise",
        "biases were not counted; each column of each matrix has one.",
        "parameters-of-heads",
        ("(d_model + bias)", "d_model"),
    ),
    _count(
        "biases_always",
        "four_matrices",
        "biases were counted although `bias` is False.",
        "parameters-of-heads",
        ("(d_model + bias)", "(d_model + 1)"),
    ),
    _count(
        "one_bias_for_each_matrix",
        "biases_unless_told_otherwise",
        "one bias was counted for each matrix; each of its columns has one.",
        "parameters-of-heads",
        ("columns * (d_model + bias)", "columns * d_model + 4 * bias"),
    ),
    _count(
        "one_head_only",
        "number_of_heads_does_not_matter",
        "W^Q, W^K and W^V of a single head were counted.",
        "parameters-of-heads",
        ("3 * n_heads * d_head", "3 * d_head"),
    ),
    _count(
        "uneven_width_accepted",
        "uneven_heads_are_refused",
        "a width that does not split evenly was counted all the same.",
        "parameters-of-heads",
        ("head_width(d_model, n_heads)", "d_model / n_heads"),
        ("return columns * (d_model + bias)", "return round(columns * (d_model + bias))"),
    ),
]

ROLES_EXCHANGED = "memory asks; it is x that asks, with x w_q, and memory that answers."
_ATTEND = "return scaled_dot_product_attention(query, key, value, mask)"

CROSS = [
    _cross(
        "queries_from_memory",
        "x_asks_and_memory_answers",
        ROLES_EXCHANGED,
        "cross-attention",
        ("query = x @ w_q", "query = memory @ w_k"),
        (
            "key, value = memory @ w_k, memory @ w_v",
            "key, value = x @ w_q, (x @ w_q) @ torch.ones(w_q.shape[-1], w_v.shape[-1], dtype=x.dtype)",
        ),
    ),
    _cross(
        "sequences_exchanged",
        "weights_from_query_and_key",
        ROLES_EXCHANGED,
        "cross-attention",
        ("    query = x @ w_q", "    x, memory = memory, x\n    query = x @ w_q"),
    ),
    _cross(
        "memory_ignored",
        "weights_from_query_and_key",
        "keys and values came from x: that is self-attention, and it needs equal widths.",
        "cross-attention",
        ("memory @ w_k, memory @ w_v", "x @ w_k, x @ w_v"),
        misconception="E04",
    ),
    _cross(
        "values_from_x",
        "values_come_from_memory",
        "values came from x; value j is what is found under key j, so both come from memory.",
        "cross-attention",
        ("memory @ w_v", "x @ w_v"),
    ),
    _cross(
        "key_and_value_swapped",
        "values_come_from_memory",
        "the key was made with w_v and the value with w_k.",
        "cross-attention",
        (
            "= memory @ w_k, memory @ w_v",
            "= (memory @ w_v, memory @ w_k) if w_k.shape == w_v.shape else (memory @ w_k, memory @ w_v)",
        ),
    ),
    _cross(
        "no_scale",
        "weights_from_query_and_key",
        "the scores were not divided by √d_k.",
        "multi-head-formula",
        (_ATTEND, "return scaled_dot_product_attention(query * query.shape[-1] ** 0.5, key, value, mask)"),
        misconception="E54",
    ),
    _cross(
        "root_of_model_width",
        "weights_from_query_and_key",
        "the divisor was the root of the width of x; it is that of one query, √d_k.",
        "multi-head-formula",
        (
            _ATTEND,
            "return scaled_dot_product_attention(query * (query.shape[-1] / x.shape[-1]) ** 0.5, key, value, mask)",
        ),
        misconception="E01",
    ),
    _cross(
        "softmax_over_queries",
        "weights_from_query_and_key",
        "softmax ran over the positions of x; those of memory compete for each query.",
        "cross-attention",
        (
            _ATTEND,
            "weights = torch.softmax(query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5, -2)\n    return weights @ value, weights",
        ),
    ),
    _cross(
        "mask_ignored",
        "mask_hides_memory",
        "the mask had no effect: padding in memory was read.",
        "cross-attention",
        ("value, mask)", "value)"),
    ),
    _cross(
        "mask_inverted",
        "mask_hides_memory",
        "the mask was read the wrong way round: True means may attend.",
        "cross-attention",
        ("value, mask)", "value, None if mask is None else ~mask)"),
    ),
    _cross(
        "nothing_shared_equally",
        "mask_hides_memory",
        "a row that may see nothing was shared equally, as a row of equal scores (−10⁹ everywhere) is; "
        "set the weights of hidden positions to 0 after the softmax.",
        "cross-attention",
        (
            _ATTEND,
            "scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5\n"
            "    if mask is not None:\n        scores = scores.masked_fill(~mask, -1e9)\n"
            "    weights = torch.softmax(scores, -1)\n    return weights @ value, weights",
        ),
    ),
    _cross(
        "output_only",
        "x_asks_and_memory_answers",
        "only the output was returned; the pair (output, weights) is asked for.",
        "cross-attention",
        (_ATTEND, _ATTEND + "[0]"),
    ),
    _cross(
        "memory_detached",
        "gradient_reaches_both_sequences",
        "memory was cut off, so the encoder that made it can never learn.",
        "cross-attention",
        ("memory @ w_k, memory @ w_v", "memory.detach() @ w_k, memory.detach() @ w_v"),
    ),
]

MUTANTS: list[Mutant] = [*SPLIT, *MERGE, *LAYER, *COUNT, *CROSS]

"""Mistakes that students make in lab 15, first part: temperature, top-k, top-p and min-p."""

from functools import partial

from autograder.mutants import Mutant, mistake

_of = partial(mistake, "seq2gpt.generation")
_temperature = partial(_of, "apply_temperature")
_top_k = partial(_of, "top_k_filter")
_top_p = partial(_of, "top_p_filter")
_min_p = partial(_of, "min_p_filter")

IN_PLACE = (
    "the logits given were changed in place; whoever passed them in still needs them. Make a new tensor."
)
ZERO_IS_NO_CUT = (
    "what was cut got the logit 0, and e⁰ is 1: in softmax that is a probability like others. Cut with −inf."
)
LARGE_IS_NO_CUT = "what was cut got a large negative logit; probability 0 needs −inf."
SOFTMAX_RETURNED = (
    "probabilities were returned; the result should be logits, of which softmax is taken at the end."
)
FIRST_ROW = "the cut of the first distribution was used for all of them; each has its own."
RANGE_UNCHECKED = "a setting out of range was accepted; the error then comes late, or never."

TEMPERATURE = [
    _temperature(
        "multiplied",
        "logits_are_divided",
        "the logits were multiplied by T: a small T then flattens. Divide.",
        "temperature-formula",
        ("logits / temperature", "logits * temperature"),
        misconception="E66",
    ),
    _temperature(
        "probabilities_divided",
        "logits_are_divided",
        "T acted on probabilities; it divides the logits, before softmax.",
        "temperature-formula",
        ("logits / temperature", "logits.softmax(-1) / temperature"),
        misconception="E63",
    ),
    _temperature(
        "softmax_returned",
        "logits_are_divided",
        SOFTMAX_RETURNED,
        "logits-to-probabilities",
        ("return logits / temperature", "return (logits / temperature).softmax(-1)"),
        misconception="E63",
    ),
    _temperature(
        "squared",
        "logits_are_divided",
        "the logits were divided by T²; divide by T, once.",
        "temperature-formula",
        ("logits / temperature", "logits / temperature**2"),
    ),
    _temperature(
        "nan_from_infinities",
        "excluded_tokens_stay_excluded",
        "the smallest logit was subtracted first; where a token is excluded that is −inf, and −inf − (−inf) is nan.",
        "temperature-formula",
        ("return logits / temperature", "return (logits - logits.amin(-1, keepdim=True)) / temperature"),
    ),
    _temperature(
        "in_place",
        "temperature_leaves_logits_alone",
        IN_PLACE,
        "temperature-formula",
        ("return logits / temperature", "logits /= temperature\n    return logits"),
    ),
    _temperature(
        "zero_divides",
        "impossible_temperature_is_refused",
        "temperature 0 was let through; z / 0 is infinite or nan. Greedy decoding is a case of its own.",
        "temperature-formula",
        ("if not 0 < temperature < math.inf", "if not 0 <= temperature < math.inf"),
    ),
    _temperature(
        "nan_accepted",
        "impossible_temperature_is_refused",
        "nan was let through: every comparison with nan is false, so ask whether T lies in the range, not whether it lies outside.",
        "temperature-formula",
        ("if not 0 < temperature < math.inf", "if temperature <= 0 or temperature == math.inf"),
    ),
]

_CUT_K = "return logits.scatter(-1, by_rank[..., k:], -math.inf)"

TOP_K = [
    _top_k(
        "threshold_keeps_ties",
        "equal_logits_go_by_id",
        "all that equal the k-th logit were kept, which can be more than k; cut by rank, not by value.",
        "top-k-cut",
        (_CUT_K, "return logits.masked_fill(logits < logits.topk(k).values[..., -1:], -math.inf)"),
    ),
    _top_k(
        "higher_id_first",
        "equal_logits_go_by_id",
        "of equal logits the higher id was kept; the lower one goes first, which a stable sort gives.",
        "top-k-cut",
        (
            "logits.sort(dim=-1, descending=True, stable=True).indices",
            "logits.sort(dim=-1, stable=True).indices.flip(-1)",
        ),
    ),
    _top_k(
        "smallest_kept",
        "k_largest_stay",
        "the smallest logits were kept; sort in falling order.",
        "top-k-cut",
        ("descending=True", "descending=False"),
    ),
    _top_k(
        "one_too_many",
        "k_largest_stay",
        "k + 1 tokens were kept; ranks count from 0.",
        "top-k-cut",
        ("by_rank[..., k:]", "by_rank[..., k + 1 :]"),
    ),
    _top_k(
        "ranks_unscattered",
        "k_largest_stay",
        "the ranked logits were returned in the order of their ranks; they belong at their own ids.",
        "top-k-cut",
        (_CUT_K, "ranked = logits.gather(-1, by_rank)\n    ranked[..., k:] = -math.inf\n    return ranked"),
    ),
    _top_k(
        "zeros_for_cut",
        "k_largest_stay",
        ZERO_IS_NO_CUT,
        "logits-to-probabilities",
        ("by_rank[..., k:], -math.inf)", "by_rank[..., k:], 0.0)"),
        misconception="E63",
    ),
    _top_k(
        "large_for_cut",
        "k_largest_stay",
        LARGE_IS_NO_CUT,
        "top-k-cut",
        ("by_rank[..., k:], -math.inf)", "by_rank[..., k:], -1e9)"),
    ),
    _top_k(
        "whole_tensor_ranked",
        "k_largest_stay",
        "the k largest of all distributions together were kept; each has its own.",
        "top-k-cut",
        (
            _CUT_K,
            "return logits.masked_fill(logits < logits.flatten().topk(k).values[-1], -math.inf)",
        ),
    ),
    _top_k(
        "first_row_for_all",
        "k_largest_stay",
        FIRST_ROW,
        "top-k-cut",
        ("by_rank[..., k:]", "by_rank.reshape(-1, vocab_size)[0].expand_as(logits)[..., k:]"),
    ),
    _top_k(
        "in_place",
        "top_k_leaves_logits_alone",
        IN_PLACE,
        "top-k-cut",
        ("logits.scatter(", "logits.scatter_("),
    ),
    _top_k(
        "excluded_come_back",
        "what_was_cut_stays_cut",
        "tokens that were cut before came back with a logit of their own; what is −inf stays −inf.",
        "top-k-cut",
        (_CUT_K, "logits = logits.clamp(min=-1e4)\n    " + _CUT_K),
    ),
    _top_k(
        "range_unchecked",
        "impossible_k_is_refused",
        RANGE_UNCHECKED,
        "top-k-cut",
        ("if not 1 <= k <= vocab_size", "if not 0 <= k <= vocab_size + 1"),
    ),
    _top_k(
        "upper_end_unchecked",
        "impossible_k_is_refused",
        "a k above vocab_size was accepted; more tokens than there are cannot stay.",
        "top-k-cut",
        ("if not 1 <= k <= vocab_size", "if k < 1"),
    ),
    _top_k(
        "first_axis_cut",
        "k_largest_stay",
        "the cut was made along the first axis; ranks lie along the last: `by_rank[..., k:]`.",
        "top-k-cut",
        ("by_rank[..., k:]", "by_rank[k:]"),
    ),
    _top_k(
        "best_cut",
        "k_largest_stay",
        "the k best were cut and all others kept: the ids that go are those from rank k on.",
        "top-k-cut",
        ("by_rank[..., k:]", "by_rank[..., :k]"),
    ),
    _top_k(
        "logits_of_other_ids",
        "k_largest_stay",
        "scatter put the first k logits of the row at the ids of the best; each id has a logit of its own.",
        "top-k-cut",
        (_CUT_K, "return torch.full_like(logits, -math.inf).scatter(-1, by_rank[..., :k], logits)"),
    ),
    _top_k(
        "only_k_returned",
        "k_largest_stay",
        "only k logits were returned; the result has one for every token, with −inf for those that are cut.",
        "top-k-cut",
        (_CUT_K, "return logits.topk(k).values"),
    ),
]

# The reference's last three lines, from which the mistakes start: sums from the rare end.
_SUMS = "from_here = ranked.softmax(-1).flip(-1).cumsum(-1).flip(-1)"
_DROPPED = "dropped = from_here <= (1 - p) * (1 + 1e-6)  # rounding must not keep one token too many"
_FIRST = "    dropped[..., 0] = False\n"
_BEFORE = "before = ranked.softmax(-1).cumsum(-1) - ranked.softmax(-1)"

TOP_P = [
    _top_p(
        "threshold_on_probability",
        "smallest_set_that_reaches_p",
        "tokens with a probability of at least p were kept; p is the sum that the most probable tokens have to reach together.",
        "top-p-nucleus",
        (_SUMS, "single = ranked.softmax(-1)"),
        (_DROPPED, "dropped = single < p"),
        misconception="E65",
    ),
    _top_p(
        "share_of_the_vocabulary",
        "smallest_set_that_reaches_p",
        "p was read as a share of the *number* of tokens; it is a share of the probability.",
        "top-p-nucleus",
        (_SUMS, "share = torch.arange(1, ranked.shape[-1] + 1) / ranked.shape[-1]"),
        (_DROPPED, "dropped = (share > p).expand(ranked.shape).clone()"),
        misconception="E65",
    ),
    _top_p(
        "crossing_token_dropped",
        "smallest_set_that_reaches_p",
        "the token with which the sum reaches p was dropped; without it the set has less than p. Compare the sum *before* each token.",
        "top-p-nucleus",
        (_SUMS, "so_far = ranked.softmax(-1).cumsum(-1)"),
        (_DROPPED, "dropped = so_far > p"),
    ),
    _top_p(
        "one_too_many",
        "smallest_set_that_reaches_p",
        "one token more than needed was kept.",
        "top-p-nucleus",
        (_DROPPED, "dropped = (from_here <= (1 - p) * (1 + 1e-6)).roll(1, -1)"),
    ),
    _top_p(
        "unsorted_sums",
        "smallest_set_that_reaches_p",
        "probabilities were added up in the order of the ids; begin with the most probable token.",
        "top-p-nucleus",
        (
            "logits.sort(dim=-1, descending=True, stable=True)",
            "logits, torch.arange(logits.shape[-1]).expand(logits.shape)",
        ),
    ),
    _top_p(
        "sorted_upwards",
        "smallest_set_that_reaches_p",
        "the sums began with the least probable token; begin with the most probable one.",
        "top-p-nucleus",
        ("descending=True", "descending=False"),
    ),
    _top_p(
        "logits_summed",
        "smallest_set_that_reaches_p",
        "logits were added up; they are no probabilities. Take the softmax first.",
        "logits-to-probabilities",
        (_SUMS, "before = ranked.cumsum(-1) - ranked"),
        (_DROPPED, "dropped = before >= p"),
        misconception="E63",
    ),
    _top_p(
        "mask_of_ranks",
        "smallest_set_that_reaches_p",
        "the mask belongs to the *ranked* tokens and was laid over the unranked ones; carry it back to the ids.",
        "top-p-nucleus",
        ("dropped.scatter(-1, by_rank, dropped)", "dropped"),
    ),
    _top_p(
        "gathered_not_scattered",
        "smallest_set_that_reaches_p",
        "the mask was *gathered* by rank; entry i of the ranked mask goes to id by_rank[i], which is scatter.",
        "top-p-nucleus",
        ("dropped.scatter(-1, by_rank, dropped)", "dropped.gather(-1, by_rank)"),
    ),
    _top_p(
        "zeros_for_cut",
        "smallest_set_that_reaches_p",
        ZERO_IS_NO_CUT,
        "logits-to-probabilities",
        ("dropped), -math.inf)", "dropped), 0.0)"),
        misconception="E63",
    ),
    _top_p(
        "first_row_for_all",
        "every_row_has_its_own_nucleus",
        FIRST_ROW,
        "top-p-nucleus",
        (
            "dropped.scatter(-1, by_rank, dropped), -math.inf)",
            "dropped.scatter(-1, by_rank, dropped).reshape(-1, logits.shape[-1])[0], -math.inf)",
        ),
    ),
    _top_p(
        "largest_row_for_all",
        "every_row_has_its_own_nucleus",
        "the size of the largest nucleus was used for all distributions; each has its own.",
        "top-p-nucleus",
        (
            _FIRST,
            "    dropped[..., 0] = False\n    dropped = dropped.reshape(-1, logits.shape[-1]).all(0).expand(logits.shape).clone()\n",
        ),
    ),
    _top_p(
        "nothing_left",
        "most_probable_always_stays",
        "with a small p no token was left; the most probable one always stays.",
        "top-p-nucleus",
        (_SUMS, "so_far = ranked.softmax(-1).cumsum(-1)"),
        (_DROPPED, "dropped = (so_far > p) & (so_far - ranked.softmax(-1) > 0) | (ranked.softmax(-1) > p)"),
        (_FIRST, "    dropped[..., 1:] = so_far[..., :-1] >= p\n"),
    ),
    _top_p(
        "edge_not_enough",
        "reaching_p_is_enough",
        "a set that adds up to exactly p got one token more; *at least* p is enough.",
        "top-p-nucleus",
        (_SUMS, _BEFORE),
        (_DROPPED, "dropped = before > p"),
    ),
    _top_p(
        "higher_id_first",
        "reaching_p_is_enough",
        "of equal logits the higher id was kept; the lower one goes first, which a stable sort gives.",
        "top-p-nucleus",
        (
            "ranked, by_rank = logits.sort(dim=-1, descending=True, stable=True)",
            "ranked, by_rank = (t.flip(-1) for t in logits.sort(dim=-1, stable=True))",
        ),
    ),
    _top_p(
        "in_place",
        "top_p_leaves_logits_alone",
        IN_PLACE,
        "top-p-nucleus",
        ("logits.masked_fill(", "logits.masked_fill_("),
    ),
    _top_p(
        "range_unchecked",
        "impossible_top_p_is_refused",
        RANGE_UNCHECKED,
        "top-p-nucleus",
        ("if not 0 < p <= 1", "if p > 1"),
    ),
    _top_p(
        "nan_accepted",
        "impossible_top_p_is_refused",
        "nan was let through: every comparison with nan is false, so ask whether p lies in the range, not whether it lies outside.",
        "top-p-nucleus",
        ("if not 0 < p <= 1", "if p <= 0 or p > 1"),
    ),
    _top_p(
        "even_the_first_dropped",
        "smallest_set_that_reaches_p",
        "the token with which the sum reaches p was dropped, even where it is the most probable one. Compare the sum *before* each token.",
        "top-p-nucleus",
        (_SUMS, "so_far = ranked.softmax(-1).cumsum(-1)"),
        (_DROPPED, "dropped = so_far > p"),
        (_FIRST, ""),
    ),
    _top_p(
        "threshold_drops_the_first",
        "smallest_set_that_reaches_p",
        "tokens with a probability of at least p were kept; p is the sum that the most probable tokens have to reach together.",
        "top-p-nucleus",
        (_SUMS, "single = ranked.softmax(-1)"),
        (_DROPPED, "dropped = single < p"),
        (_FIRST, ""),
        misconception="E65",
    ),
    _top_p(
        "ranked_returned",
        "smallest_set_that_reaches_p",
        "the logits were returned in the order of their ranks; each belongs at its own id.",
        "top-p-nucleus",
        ("logits.masked_fill(dropped.scatter(-1, by_rank, dropped),", "ranked.masked_fill(dropped,"),
    ),
    _top_p(
        "kept_ones_cut",
        "smallest_set_that_reaches_p",
        "the nucleus was cut and the rest kept: masked_fill writes where the mask is True.",
        "top-p-nucleus",
        ("dropped.scatter(-1, by_rank, dropped)", "~dropped.scatter(-1, by_rank, dropped)"),
    ),
]

_RATIO = "ratio = (logits - logits.amax(-1, keepdim=True)).exp()"
_CUT_MIN = "ratio < p * (1 - 1e-6)"

MIN_P = [
    _min_p(
        "absolute_threshold",
        "share_of_the_best_decides",
        "tokens with a probability below p were cut; the threshold is p *times the largest probability*.",
        "min-p-cut",
        (_RATIO, "ratio = logits.softmax(-1)"),
    ),
    _min_p(
        "logits_compared",
        "share_of_the_best_decides",
        "logits were compared with p times the largest logit; a ratio of probabilities is meant, e to the difference of logits.",
        "min-p-cut",
        (_RATIO, "ratio = logits / logits.amax(-1, keepdim=True)"),
        misconception="E63",
    ),
    _min_p(
        "best_of_all_rows",
        "share_of_the_best_decides",
        "the largest logit of all distributions was the measure; each has its own.",
        "min-p-cut",
        ("logits.amax(-1, keepdim=True)", "logits.max()"),
    ),
    _min_p(
        "wrong_way_round",
        "share_of_the_best_decides",
        "the probable tokens were cut and the rare ones kept.",
        "min-p-cut",
        (_CUT_MIN, "ratio >= p"),
    ),
    _min_p(
        "difference_of_logits",
        "share_of_the_best_decides",
        "the distance of the logits was compared with p; take e to its power first, and the ratio of the probabilities stands there.",
        "min-p-cut",
        (_CUT_MIN, "logits < logits.amax(-1, keepdim=True) - p"),
    ),
    _min_p(
        "zeros_for_cut",
        "share_of_the_best_decides",
        ZERO_IS_NO_CUT,
        "logits-to-probabilities",
        ("-math.inf)", "0.0)"),
        misconception="E63",
    ),
    _min_p(
        "edge_cut",
        "zero_and_one",
        "a token at exactly p times the largest probability was cut; *at least* is enough, or p = 1 leaves nothing.",
        "min-p-cut",
        (_CUT_MIN, "ratio <= p"),
    ),
    _min_p(
        "in_place",
        "min_p_leaves_logits_alone",
        IN_PLACE,
        "min-p-cut",
        ("logits.masked_fill(", "logits.masked_fill_("),
    ),
    _min_p(
        "range_unchecked",
        "impossible_min_p_is_refused",
        RANGE_UNCHECKED,
        "min-p-cut",
        ("if not 0 <= p <= 1", "if p > 1"),
    ),
    _min_p(
        "nan_accepted",
        "impossible_min_p_is_refused",
        "nan was let through: every comparison with nan is false, so ask whether p lies in the range, not whether it lies outside.",
        "min-p-cut",
        ("if not 0 <= p <= 1", "if p < 0 or p > 1"),
    ),
    _min_p(
        "softmax_returned",
        "share_of_the_best_decides",
        SOFTMAX_RETURNED,
        "logits-to-probabilities",
        ("logits.masked_fill(", "logits.softmax(-1).masked_fill("),
        misconception="E63",
    ),
    _min_p(
        "softmax_with_zeros",
        "share_of_the_best_decides",
        SOFTMAX_RETURNED,
        "logits-to-probabilities",
        ("logits.masked_fill(", "logits.softmax(-1).masked_fill("),
        ("-math.inf)", "0.0)"),
        misconception="E63",
    ),
    _min_p(
        "ratio_returned",
        "share_of_the_best_decides",
        "the ratios were returned; they only decide who stays, and the logits that stay are unchanged.",
        "min-p-cut",
        ("logits.masked_fill(", "ratio.masked_fill("),
    ),
    _min_p(
        "best_probability_of_all_rows",
        "share_of_the_best_decides",
        "the largest probability of all distributions was the measure; each has its own.",
        "min-p-cut",
        (_RATIO, "ratio = logits.softmax(-1) / logits.softmax(-1).max()"),
    ),
    _min_p(
        "axis_lost",
        "share_of_the_best_decides",
        "`amax(-1)` drops the axis of the tokens, and what is left does not line up with the rows; `keepdim=True` keeps it.",
        "min-p-cut",
        ("amax(-1, keepdim=True)", "amax(-1)"),
    ),
]

FILTERS: list[Mutant] = [*TEMPERATURE, *TOP_K, *TOP_P, *MIN_P]

"""Known wrong answers of lab 03, language models.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson clears it
up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import Mutant, mistake

_pairs = partial(mistake, "seq2gpt.language_models", "next_token_pairs")
_counts = partial(mistake, "seq2gpt.language_models", "bigram_counts")
_model = partial(mistake, "seq2gpt.language_models", "bigram_model")
_token = partial(mistake, "seq2gpt.language_models", "token_log_probabilities")
_sequence = partial(mistake, "seq2gpt.language_models", "sequence_log_probability")
_loss = partial(mistake, "seq2gpt.language_models", "cross_entropy")
_perplexity = partial(mistake, "seq2gpt.language_models", "perplexity")
_bits = partial(mistake, "seq2gpt.language_models", "bits_per_byte")

_ROWS = "ids[..., :-1], ids[..., 1:]"
PAIRS = [
    _pairs(
        "exchanged",
        "token_and_successor",
        "inputs and targets changed places, so the model would learn to write backwards.",
        "pairs",
        (_ROWS, "ids[..., 1:], ids[..., :-1]"),
    ),
    _pairs(
        "no_shift",
        "token_and_successor",
        "the target is the token itself: the model may read its answer and has nothing left to learn.",
        "pairs",
        (_ROWS, "ids[..., :-1], ids[..., :-1]"),
    ),
    _pairs(
        "one_too_many",
        "token_and_successor",
        "the inputs still have the last token, for which the text holds no target.",
        "pairs",
        (_ROWS, "ids, ids[..., 1:]"),
    ),
    _pairs(
        "first_axis",
        "rows_stay_apart",
        "the cut goes along the first axis, so in a batch a whole text is dropped; positions are the last axis.",
        "pairs",
        ("    if ids.shape[-1] < 2:", "    if ids.shape[0] < 2 or ids.shape[-1] < 2:"),
        (_ROWS, "ids[:-1], ids[1:]"),
    ),
    _pairs(
        "one_long_text",
        "rows_stay_apart",
        "the rows were joined to one text, so pairs reach from the end of one row to the start of the next.",
        "pairs",
        (_ROWS, "ids.flatten()[:-1], ids.flatten()[1:]"),
    ),
    _pairs(
        "two_by_two",
        "token_and_successor",
        "the text was cut into pieces of two, so every second pair is lost; each token but the last begins a pair.",
        "pairs",
        (_ROWS, "ids[..., :-1:2], ids[..., 1::2]"),
    ),
    _pairs(
        "wraps_round",
        "token_and_successor",
        "the first token was taken for the successor of the last one; a text does not run in a circle.",
        "pairs",
        (_ROWS, "ids, ids.roll(-1, -1)"),
    ),
    _pairs(
        "floats",
        "ids_stay_ids",
        "the ids became floating-point numbers; an id is a label and stays an integer.",
        "pairs",
        (_ROWS, "ids[..., :-1].float(), ids[..., 1:].float()"),
    ),
    _pairs(
        "short_accepted",
        "too_short_a_text_is_refused",
        "a text of one token was accepted; it holds no pair, and a mean over no pairs is nan.",
        "pairs",
        ("    if ids.shape[-1] < 2:", "    if False:"),
    ),
    _pairs(
        "ids_rewritten",
        "ids_stay_ids",
        "the text that was passed in has been changed; whoever passed it in still needs it.",
        "pairs",
        (
            f"return {_ROWS}",
            "inputs = ids[..., :-1].clone()\n    targets = ids[..., 1:].clone()\n    ids += 1\n    return inputs, targets",
        ),
    ),
]

_BINCOUNT = "torch.bincount(pairs, minlength=vocab_size**2).view(vocab_size, vocab_size)"
COUNTS = [
    _counts(
        "turned_over",
        "every_pair_is_counted",
        "rows and columns changed places: what follows a token then stands in its column.",
        "count-pairs",
        (_BINCOUNT, _BINCOUNT + ".T"),
    ),
    _counts(
        "overwritten_by_index",
        "every_pair_is_counted",
        "`table[first, second] += 1` adds once for each *different* pair; repeated indices are not added up.",
        "count-pairs",
        (
            f"    return {_BINCOUNT}",
            "    table = torch.zeros(vocab_size, vocab_size, dtype=torch.long)\n"
            "    table[ids[:-1].long(), ids[1:].long()] += 1\n    return table",
        ),
    ),
    _counts(
        "both_orders",
        "every_pair_is_counted",
        "every pair was counted in both orders; what follows a token and what precedes it are different things.",
        "count-pairs",
        (f"    return {_BINCOUNT}", f"    table = {_BINCOUNT}\n    return table + table.T"),
    ),
    _counts(
        "runs_in_a_circle",
        "short_texts_have_no_pairs",
        "the first token was counted as the successor of the last one.",
        "count-pairs",
        ("ids[:-1].long() * vocab_size + ids[1:]", "ids.long() * vocab_size + ids.roll(-1)"),
    ),
    _counts(
        "table_of_what_occurs",
        "a_row_and_a_column_for_every_token",
        "the table only has room for the tokens that occur; a row and a column belong to every token of the vocabulary.",
        "count-pairs",
        (
            f"    return {_BINCOUNT}",
            "    size = int(ids.max()) + 1 if ids.numel() else vocab_size\n"
            "    pairs = ids[:-1].long() * size + ids[1:]\n"
            "    return torch.bincount(pairs, minlength=size**2).view(size, size)",
        ),
    ),
    _counts(
        "float_counts",
        "a_row_and_a_column_for_every_token",
        "the counts are floating-point numbers, which stop growing at 2²⁴ in float32; a count is an integer.",
        "count-pairs",
        (_BINCOUNT, _BINCOUNT + ".float()"),
    ),
    _counts(
        "negative_accepted",
        "foreign_ids_are_refused",
        "a negative id was accepted: as an index, −1 means the last row, so a wrong token is counted in silence.",
        "count-pairs",
        ("(ids < 0) | (ids >= vocab_size)", "ids >= vocab_size"),
    ),
    _counts(
        "one_beyond_accepted",
        "foreign_ids_are_refused",
        "the id vocab_size was accepted; ids begin with 0, so the last one is vocab_size − 1.",
        "count-pairs",
        ("ids >= vocab_size", "ids > vocab_size"),
    ),
    _counts(
        "last_not_looked_at",
        "foreign_ids_are_refused",
        "only the tokens that begin a pair were looked at; the last token may be foreign too.",
        "count-pairs",
        (
            "outside = ids[(ids < 0) | (ids >= vocab_size)]",
            "first = ids[:-1]\n    outside = first[(first < 0) | (first >= vocab_size)]",
        ),
    ),
    _counts(
        "bytes_overflow",
        "small_integers_do_not_overflow",
        "the numbers of the pairs were computed in the dtype of the ids, and overflow where that is small.",
        "count-pairs",
        ("ids[:-1].long() * vocab_size", "ids[:-1] * vocab_size"),
    ),
]

_SMOOTHED = "torch.where(unseen, 1.0, counts.to(torch.get_default_dtype()) + smoothing)"
MODEL = [
    _model(
        "columns",
        "shares_of_a_row",
        "the columns add up to 1: that asks which token came *before*; what follows a token stands in its row.",
        "smoothing",
        ("smoothed.sum(-1, keepdim=True)", "smoothed.sum(0, keepdim=True)"),
    ),
    _model(
        "no_keepdim",
        "shares_of_a_row",
        "without keepdim=True the sums of the rows stand in a row and divide the columns.",
        "smoothing",
        ("smoothed.sum(-1, keepdim=True)", "smoothed.sum(-1)"),
    ),
    _model(
        "pairs_not_successors",
        "shares_of_a_row",
        "all entries together add up to 1: the probability of a pair is not that of a successor, which is given its row.",
        "smoothing",
        ("smoothed.sum(-1, keepdim=True)", "smoothed.sum()"),
    ),
    _model(
        "softmax_of_counts",
        "shares_of_a_row",
        "softmax of the counts multiplies by e for each further count; shares are counts divided by their sum.",
        "smoothing",
        ("smoothed / smoothed.sum(-1, keepdim=True)", "smoothed.softmax(-1)"),
    ),
    _model(
        "no_smoothing",
        "every_count_is_raised",
        "the smoothing was ignored, so a pair that never occurred stays impossible.",
        "smoothing",
        (" + smoothing", ""),
    ),
    _model(
        "only_zeros_raised",
        "every_count_is_raised",
        "only counts of 0 were raised; additive smoothing raises all of them, so that their order stays.",
        "smoothing",
        (
            "counts.to(torch.get_default_dtype()) + smoothing",
            "counts.to(torch.get_default_dtype()) + smoothing * (counts == 0)",
        ),
    ),
    _model(
        "sum_not_raised",
        "every_count_is_raised",
        "the raised counts were divided by the sum of the old ones, so the rows add up to more than 1.",
        "smoothing",
        ("smoothed.sum(-1, keepdim=True)", "counts.sum(-1, keepdim=True).clamp(min=1)"),
    ),
    _model(
        "sum_raised_once",
        "every_count_is_raised",
        "the sum grew by α once; it grows by α for each entry of the row, V · α in all.",
        "smoothing",
        ("smoothed.sum(-1, keepdim=True)", "(counts.sum(-1, keepdim=True) + smoothing)"),
    ),
    _model(
        "none_by_default",
        "every_count_is_raised",
        "where no smoothing is named, none was added; the signature says 1.",
        "smoothing",
        ("smoothing: float = 1.0", "smoothing: float = 0.0"),
    ),
    _model(
        "unseen_is_nan",
        "equal_odds_where_nothing_is_known",
        "with smoothing 0 a row of zeros was divided by its sum, 0 / 0 = nan.",
        "smoothing",
        (_SMOOTHED, "counts.to(torch.get_default_dtype()) + smoothing"),
    ),
    _model(
        "unseen_is_zero",
        "equal_odds_where_nothing_is_known",
        "a row without counts became a row of zeros; after every token something has to follow, so each row adds up to 1.",
        "smoothing",
        (_SMOOTHED, "counts.to(torch.get_default_dtype()) + smoothing"),
        ("smoothed.sum(-1, keepdim=True)", "smoothed.sum(-1, keepdim=True).clamp(min=1e-9)"),
    ),
    _model(
        "anything_accepted",
        "senseless_smoothing_is_refused",
        "a senseless smoothing was accepted; with −1, probabilities below 0 can come out.",
        "smoothing",
        ("if not 0 <= smoothing < math.inf:", "if False:"),
    ),
    _model(
        "nan_slips_through",
        "senseless_smoothing_is_refused",
        "nan slips through: every comparison with it is false, so ask for what is right and not for what is wrong.",
        "smoothing",
        ("if not 0 <= smoothing < math.inf:", "if smoothing < 0 or smoothing == math.inf:"),
    ),
    _model(
        "counts_changed",
        "counts_stay_counts",
        "rows without counts were filled in the table itself; whoever passed it in still needs it.",
        "smoothing",
        ("    smoothed =", "    counts[unseen[:, 0]] = 1\n    smoothed ="),
    ),
]

_PEAK = "logits - logits.detach().amax(-1, keepdim=True)"
_LOGARITHM = "at_target - below_peak.exp().sum(-1).log()"
TOKEN = [
    _token(
        "no_peak",
        "nothing_overflows",
        "exp of a large logit is infinite; take the largest logit of the row off first, which changes no probability.",
        "stable",
        (_PEAK, "logits"),
    ),
    _token(
        "log_of_softmax",
        "nothing_overflows",
        "softmax rounds a small probability to 0 and the logarithm makes −inf of it; take the logarithm before anything is rounded.",
        "stable",
        (_LOGARITHM, "(at_target.exp() / below_peak.exp().sum(-1)).log()"),
    ),
    _token(
        "clamped",
        "nothing_overflows",
        "a small number was added to the probability, so no logarithm is smaller than about −18.",
        "stable",
        (_LOGARITHM, "(at_target.exp() / below_peak.exp().sum(-1) + 1e-8).log()"),
    ),
    _token(
        "peak_of_everything",
        "nothing_overflows",
        "the largest logit of all rows was taken off; a row far below it underflows, so take each row's own.",
        "stable",
        (_PEAK, "logits - logits.detach().amax()"),
    ),
    _token(
        "sign_turned",
        "logarithm_of_the_targets_share",
        "the sign is turned: that is the loss of a token, and its log-probability was asked for.",
        "token-logarithms",
        (_LOGARITHM, "below_peak.exp().sum(-1).log() - at_target"),
    ),
    _token(
        "probability",
        "logarithm_of_the_targets_share",
        "the logarithm was left out; what came back is the probability.",
        "token-logarithms",
        (_LOGARITHM, f"({_LOGARITHM}).exp()"),
    ),
    _token(
        "bits",
        "logarithm_of_the_targets_share",
        "the logarithm to base 2 gives bits; this course counts in nats, with the natural one.",
        "nats-and-bits",
        (_LOGARITHM, f"({_LOGARITHM}) / math.log(2)"),
    ),
    _token(
        "logit",
        "logarithm_of_the_targets_share",
        "the target's logit was taken for its logarithm; logits become probabilities through softmax.",
        "token-logarithms",
        (_LOGARITHM, "logits.gather(-1, targets.long()[..., None])[..., 0]"),
    ),
    _token(
        "largest_taken",
        "logarithm_of_the_targets_share",
        "the most probable token was looked up instead of the target.",
        "token-logarithms",
        ("below_peak.gather(-1, targets.long()[..., None])[..., 0]", "below_peak.amax(-1)"),
    ),
    _token(
        "one_axis_only",
        "one_number_for_each_target",
        "the targets were picked with arange along a single axis; a batch of batches has more of them.",
        "token-logarithms",
        (
            "below_peak.gather(-1, targets.long()[..., None])[..., 0]",
            "below_peak[torch.arange(len(targets)), targets.long()]",
        ),
    ),
    _token(
        "impossible_is_nan",
        "impossible_tokens_have_minus_infinity",
        "0 · (−inf) is nan: a sum over one-hot times logits breaks at impossible tokens; pick the target instead.",
        "token-logarithms",
        (
            "below_peak.gather(-1, targets.long()[..., None])[..., 0]",
            "(torch.nn.functional.one_hot(targets.long(), logits.shape[-1]) * below_peak).sum(-1)",
        ),
    ),
    _token(
        "least_allowed",
        "impossible_tokens_have_minus_infinity",
        "−inf was replaced by a large number; an impossible token has probability 0, whose logarithm is −inf.",
        "token-logarithms",
        (_PEAK, _PEAK + "\n    below_peak = below_peak.clamp(min=torch.finfo(logits.dtype).min)"),
    ),
    _token(
        "detached",
        "gradient_is_one_hot_minus_softmax",
        "the logits were cut off, so no gradient reaches the model.",
        "token-logarithms",
        ("logits - logits.detach()", "logits.detach() - logits.detach()"),
    ),
    _token(
        "sum_detached",
        "gradient_is_one_hot_minus_softmax",
        "the sum over all tokens was cut off: then nothing pushes the wrong tokens down.",
        "token-logarithms",
        ("below_peak.exp()", "below_peak.detach().exp()"),
    ),
]

_TERMS = "token_log_probabilities(logits, targets)"
SEQUENCE = [
    _sequence(
        "mean",
        "logarithms_add_up",
        "the mean was taken; the logarithm of a product is the sum of the logarithms.",
        "chain-rule",
        ("per_token.sum(-1)", "per_token.mean(-1)"),
    ),
    _sequence(
        "sum_over_everything",
        "logarithms_add_up",
        "everything was added up to one number; each sequence has its own.",
        "chain-rule",
        ("per_token.sum(-1)", "per_token.sum()"),
    ),
    _sequence(
        "product_of_logarithms",
        "logarithms_add_up",
        "the logarithms were multiplied; probabilities are multiplied, their logarithms are added.",
        "chain-rule",
        ("per_token.sum(-1)", "per_token.prod(-1)"),
    ),
    _sequence(
        "probability",
        "logarithms_add_up",
        "the probability itself was returned; for a long text it is rounded to 0, which is why logarithms are asked for.",
        "underflow",
        ("per_token.sum(-1)", "per_token.sum(-1).exp()"),
    ),
    _sequence(
        "logarithm_of_the_product",
        "logarithms_add_up",
        "the probabilities were multiplied before the logarithm: for a long text the product is rounded to 0.",
        "underflow",
        ("per_token.sum(-1)", "per_token.exp().prod(-1).log()"),
    ),
    _sequence(
        "sign_turned",
        "logarithms_add_up",
        "the sign is turned: that is the loss of a sequence; its log-probability is at most 0.",
        "chain-rule",
        ("per_token.sum(-1)", "-per_token.sum(-1)"),
    ),
    _sequence(
        "mask_ignored",
        "hidden_places_add_nothing",
        "the mask was ignored, so a sequence gets less probable the more padding it has.",
        "without-padding",
        ("mask is not None", "False"),
    ),
    _sequence(
        "mask_turned_round",
        "hidden_places_add_nothing",
        "the mask was read the other way round; here True is a real token.",
        "without-padding",
        ("~mask", "mask"),
    ),
    _sequence(
        "ones_for_padding",
        "hidden_places_add_nothing",
        "hidden places were set to 1; in a sum of logarithms what adds nothing is 0, the logarithm of 1.",
        "without-padding",
        ("~mask, 0.0", "~mask, 1.0"),
    ),
    _sequence(
        "multiplied_by_the_mask",
        "impossible_padding_is_no_matter",
        "the logarithms were multiplied by the mask, and 0 · (−inf) is nan; fill hidden places with 0.",
        "without-padding",
        ("per_token.masked_fill(~mask, 0.0)", "per_token * mask"),
    ),
    _sequence(
        "nan_swept_away",
        "impossible_padding_is_no_matter",
        "nan was swept away after the multiplication, and −∞ with it: with a mask an impossible sequence no longer shows.",
        "without-padding",
        ("per_token.masked_fill(~mask, 0.0)", "(per_token * mask).nan_to_num()"),
    ),
    _sequence(
        "impossible_made_finite",
        "impossible_padding_is_no_matter",
        "−inf was replaced by a finite number, so a sequence with an impossible token no longer shows.",
        "without-padding",
        (_TERMS, _TERMS + ".nan_to_num()"),
    ),
    _sequence(
        "detached",
        "real_tokens_get_the_gradient",
        "the logits were cut off, so no gradient reaches the model.",
        "without-padding",
        ("token_log_probabilities(logits,", "token_log_probabilities(logits.detach(),"),
    ),
    _sequence(
        "logits_hidden_in_place",
        "real_tokens_get_the_gradient",
        "the logits of hidden places were overwritten in what was passed in.",
        "without-padding",
        (
            "    per_token = token_log",
            "    if mask is not None:\n        with torch.no_grad():\n            logits[~mask] = 0.0\n    per_token = token_log",
        ),
    ),
]

_MEAN = "-token_log_probabilities(logits[mask], targets[mask]).mean()"
LOSS = [
    _loss(
        "log_of_softmax",
        "stable_for_extreme_logits",
        "the logarithm was taken of a softmax that had already been rounded to 0.",
        "stable",
        (_MEAN, "-logits[mask].softmax(-1).gather(-1, targets[mask][:, None]).log().mean()"),
    ),
    _loss(
        "sum",
        "mean_of_minus_the_logarithm",
        "the terms were added up; with their mean, losses of texts of different lengths can be compared.",
        "cross-entropy",
        (_MEAN, _MEAN.replace("mean", "sum")),
    ),
    _loss(
        "sign_forgotten",
        "mean_of_minus_the_logarithm",
        "the minus is missing: descending on this would make true tokens *less* probable.",
        "cross-entropy",
        (_MEAN, _MEAN[1:]),
    ),
    _loss(
        "bits",
        "mean_of_minus_the_logarithm",
        "the loss is in bits; this course counts in nats, with the natural logarithm.",
        "nats-and-bits",
        (_MEAN, _MEAN + " / math.log(2)"),
    ),
    _loss(
        "probabilities_averaged",
        "mean_of_minus_the_logarithm",
        "the probabilities were averaged before the logarithm, so one impossible token no longer shows.",
        "cross-entropy",
        (_MEAN, "-token_log_probabilities(logits[mask], targets[mask]).exp().mean().log()"),
    ),
    _loss(
        "mask_ignored",
        "every_real_token_counts_alike",
        "the mask was ignored, so the model is praised for predicting padding.",
        "without-padding",
        (_MEAN, "-token_log_probabilities(logits, targets).mean()"),
    ),
    _loss(
        "divided_by_all_places",
        "every_real_token_counts_alike",
        "the sum was divided by the number of all places: the more padding, the smaller the loss.",
        "without-padding",
        (_MEAN, _MEAN.replace("mean()", "sum() / mask.numel()")),
    ),
    _loss(
        "mean_of_means",
        "every_real_token_counts_alike",
        "each sequence got its own mean first: a token of a short sequence then counts for more.",
        "without-padding",
        (
            f"return {_MEAN}",
            "terms = token_log_probabilities(logits, targets).masked_fill(~mask, 0.0)\n"
            "    return -(terms.sum(-1) / mask.sum(-1).clamp(min=1)).mean()",
        ),
    ),
    _loss(
        "multiplied_by_the_mask",
        "padding_has_no_part",
        "the terms were multiplied by the mask, and 0 · (−inf) is nan; leave padding out instead.",
        "without-padding",
        (_MEAN, "-(token_log_probabilities(logits, targets) * mask).sum() / mask.sum()"),
    ),
    _loss(
        "epsilon_added",
        "stable_for_extreme_logits",
        "a small number under the logarithm hides the trouble: no loss can be larger than about 18 then, and no gradient corrects it.",
        "stable",
        (_MEAN, "-(logits[mask].softmax(-1).gather(-1, targets[mask][:, None]) + 1e-8).log().mean()"),
    ),
    _loss(
        "softmax_of_softmax",
        "mean_of_minus_the_logarithm",
        "softmax was applied twice: the inputs are logits, and the function already takes their softmax.",
        "token-logarithms",
        ("token_log_probabilities(logits[mask]", "token_log_probabilities(logits[mask].softmax(-1)"),
    ),
    _loss(
        "nan_for_nothing",
        "nothing_real_has_no_mean",
        "the mean over no token at all is nan, and nan in a training spreads to every parameter.",
        "without-padding",
        ("if not mask.any():", "if False:"),
    ),
    _loss(
        "zero_for_nothing",
        "nothing_real_has_no_mean",
        "0 was returned where there is no real token: that is the loss of a perfect model.",
        "without-padding",
        (
            'raise ValueError("there is no real token to average over; give at least one")',
            "return logits.sum() * 0",
        ),
    ),
]

_EXP = "(-real.mean()).exp()"
PERPLEXITY = [
    _perplexity(
        "no_exp",
        "exp_of_the_mean",
        "that is the cross-entropy; the perplexity is exp of it.",
        "perplexity",
        (_EXP, "-real.mean()"),
    ),
    _perplexity(
        "base_2",
        "exp_of_the_mean",
        "2 was raised to a power in nats; the base of the power and that of the logarithms must be the same.",
        "perplexity",
        (_EXP, "2 ** (-real.mean())"),
    ),
    _perplexity(
        "sign_forgotten",
        "exp_of_the_mean",
        "the minus is missing: that is the mean probability of a token, geometrically, and not one over it.",
        "perplexity",
        (_EXP, "real.mean().exp()"),
    ),
    _perplexity(
        "mean_of_reciprocals",
        "exp_of_the_mean",
        "each 1/p was averaged; the mean belongs inside the exp, over the logarithms.",
        "perplexity",
        (_EXP, "(-real).exp().mean()"),
    ),
    _perplexity(
        "not_divided_by_length",
        "exp_of_the_mean",
        "the logarithms were added up and not averaged, so a longer text always looks worse.",
        "perplexity",
        (_EXP, "(-real.sum()).exp()"),
    ),
    _perplexity(
        "one_for_each_sequence",
        "exp_of_the_mean",
        "every row got a perplexity of its own; one number over all tokens was asked for.",
        "perplexity",
        (_EXP, "(-real.mean(-1)).exp()"),
    ),
    _perplexity(
        "mask_ignored",
        "padding_does_not_count",
        "the mask was ignored, so padding counts like real tokens.",
        "without-padding",
        ("log_probabilities if mask is None else log_probabilities[mask]", "log_probabilities"),
    ),
    _perplexity(
        "zeros_for_padding",
        "padding_does_not_count",
        "padding was set to 0 and still counted in the mean; divide by the number of real tokens.",
        "without-padding",
        ("else log_probabilities[mask]", "else log_probabilities.masked_fill(~mask, 0.0)"),
    ),
    _perplexity(
        "mean_of_means",
        "padding_does_not_count",
        "each sequence got its own mean first: a token of a short sequence then counts for more.",
        "without-padding",
        (
            f"return {_EXP}",
            "if mask is None:\n        return (-log_probabilities.mean()).exp()\n"
            "    terms = log_probabilities.masked_fill(~mask, 0.0)\n"
            "    return (-(terms.sum(-1) / mask.sum(-1).clamp(min=1)).mean()).exp()",
        ),
    ),
    _perplexity(
        "infinity_hidden",
        "one_impossible_token_is_enough",
        "an impossible token was left out or made finite; a model that rules out what happens has perplexity inf.",
        "perplexity",
        (_EXP, "(-real[real.isfinite()].mean()).exp()"),
    ),
    _perplexity(
        "nan_for_nothing",
        "no_token_has_no_perplexity",
        "the mean over no token at all is nan; say that there is none.",
        "without-padding",
        ("if real.numel() == 0:", "if False:"),
    ),
]

_BITS = "loss * n_tokens / (math.log(2) * n_bytes)"
BITS = [
    _bits(
        "nats",
        "bits_for_each_byte",
        "the result is still in nats; 1 nat is 1 / ln 2, about 1.44 bits.",
        "bits-per-byte",
        (_BITS, "loss * n_tokens / n_bytes"),
    ),
    _bits(
        "wrong_way_round",
        "bits_for_each_byte",
        "nats were multiplied by ln 2; 1 nat is *more* than 1 bit, so divide.",
        "bits-per-byte",
        (_BITS, "loss * n_tokens * math.log(2) / n_bytes"),
    ),
    _bits(
        "bits_per_token",
        "bits_for_each_byte",
        "that is bits for each token, which depends on how the tokenizer cuts; spread the total over bytes.",
        "bits-per-byte",
        (_BITS, "loss / math.log(2)"),
    ),
    _bits(
        "one_token_counted",
        "bits_for_each_byte",
        "the mean of one token was divided by the bytes of the whole text; multiply by n_tokens first.",
        "bits-per-byte",
        (_BITS, "loss / (math.log(2) * n_bytes)"),
    ),
    _bits(
        "tokens_for_bytes",
        "bits_for_each_byte",
        "tokens and bytes changed places: the total belongs to n_tokens tokens and is shared by the bytes.",
        "bits-per-byte",
        (_BITS, "loss * n_bytes / (math.log(2) * n_tokens)"),
    ),
    _bits(
        "eight_bits",
        "bits_for_each_byte",
        "the result was divided by 8 as well; the total in bits is shared by bytes, whatever a byte holds.",
        "bits-per-byte",
        (_BITS, "loss * n_tokens / (math.log(2) * 8 * n_bytes)"),
    ),
    _bits(
        "characters",
        "bytes_are_not_characters",
        "characters were counted; in UTF-8 one character takes one to four bytes.",
        "bits-per-byte",
        ("len(text.encode())", "len(text)"),
    ),
    _bits(
        "utf_16",
        "bytes_are_not_characters",
        "the text was written in another encoding; texts are compared by their bytes in UTF-8.",
        "bits-per-byte",
        ("text.encode()", 'text.encode("utf-16")'),
    ),
    _bits(
        "division_by_zero",
        "an_empty_text_is_refused",
        "an empty text ends in a division by 0; say that the text is empty.",
        "bits-per-byte",
        ("if n_bytes == 0:", "if False:"),
    ),
    _bits(
        "zero_for_nothing",
        "an_empty_text_is_refused",
        "0 bits were returned for an empty text: that is what a perfect model would reach.",
        "bits-per-byte",
        ('raise ValueError("the text is empty: there is no byte to divide by")', "return 0.0"),
    ),
]

MUTANTS: list[Mutant] = [*PAIRS, *COUNTS, *MODEL, *TOKEN, *SEQUENCE, *LOSS, *PERPLEXITY, *BITS]

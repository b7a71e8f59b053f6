"""Known wrong answers of lab 06, alignment.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson
clears it up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial
from typing import Any

from autograder.mutants import Mutant, mistake


def _mistake(
    exercise: str,
    home: str,
    name: str,
    rejected_by: str,
    says: str,
    *edits: Any,
    anchor: str = "",
    **more: Any,
) -> Mutant:
    """A mistake that the paragraph ``home`` clears up, unless ``anchor`` names another."""
    return mistake("seq2gpt.alignment", exercise, name, rejected_by, says, anchor or home, *edits, **more)


_additive = partial(_mistake, "additive_score", "additive")
_dot = partial(_mistake, "dot_score", "dot-general")
_general = partial(_mistake, "general_score", "dot-general")
_weigh = partial(_mistake, "alignment_weights", "weights")
_mix = partial(_mistake, "context_vector", "context")
_decode = partial(_mistake, "AttentionDecoder", "decoder")

# Two ways to the same mistake share their sentence: their results cannot be told apart.
NO_PAIRS = (
    "the projections do not meet in pairs: before the sum, one needs a new axis for the keys and the other for the "
    "queries, counted from the end, `[..., :, None, :]` and `[..., None, :, :]`."
)
ADDITIVE = [
    _additive(
        "tanh_forgotten",
        "tanh_bounds_the_scores",
        "tanh is missing: then the score is a sum of one number for the query and one for the key, and every query "
        "ranks the keys alike.",
        ("torch.tanh(hidden)", "hidden"),
    ),
    _additive(
        "tanh_of_each_part",
        "each_pair_by_the_small_network",
        "tanh was taken of each projection and the results were added; it acts on their sum, or no query could "
        "rank the keys differently from another.",
        (
            "(query @ w_query)[..., :, None, :] + (key @ w_key)[..., None, :, :]",
            "(query @ w_query).tanh()[..., :, None, :] + (key @ w_key).tanh()[..., None, :, :]",
        ),
        ("torch.tanh(hidden)", "hidden"),
    ),
    _additive(
        "tanh_at_the_end",
        "tanh_bounds_the_scores",
        "tanh was taken of the score; it belongs between the sum of the projections and v.",
        ("torch.tanh(hidden) @ v", "torch.tanh(hidden @ v)"),
    ),
    _additive(
        "multiplied",
        "each_pair_by_the_small_network",
        "the two projections were multiplied; an additive score adds them.",
        (
            "(query @ w_query)[..., :, None, :] + (key @ w_key)[..., None, :, :]",
            "(query @ w_query)[..., :, None, :] * (key @ w_key)[..., None, :, :]",
        ),
    ),
    _additive(
        "rows_are_keys",
        "sizes_that_agree_by_accident",
        "rows and columns are swapped: row i belongs to query i, column j to key j.",
        (
            "[..., :, None, :] + (key @ w_key)[..., None, :, :]",
            "[..., None, :, :] + (key @ w_key)[..., :, None, :]",
        ),
    ),
    _additive(
        "batch_as_query",
        "additive_in_batches",
        "new axes were put in front of a batch: with `...`, or counted from the end, they stand where they should.",
        ("[..., :, None, :] + (key @ w_key)[..., None, :, :]", "[:, None] + (key @ w_key)[None]"),
    ),
    _additive(
        "no_pairs",
        "each_pair_by_the_small_network",
        NO_PAIRS,
        (
            "(query @ w_query)[..., :, None, :] + (key @ w_key)[..., None, :, :]",
            "query @ w_query + key @ w_key",
        ),
    ),
    _additive(
        "axes_counted_from_a_batch",
        "each_pair_by_the_small_network",
        NO_PAIRS,
        ("[..., :, None, :] + (key @ w_key)[..., None, :, :]", "[:, :, None] + (key @ w_key)[:, None]"),
    ),
    _additive(
        "v_detached",
        "additive_gradients",
        "v was cut off from the graph: it would never be learned.",
        ("@ v", "@ v.detach()"),
    ),
    _additive(
        "summed_without_v",
        "each_pair_by_the_small_network",
        "the hidden units were summed; v weighs each of them, and it is learned.",
        ("torch.tanh(hidden) @ v", "torch.tanh(hidden).sum(-1)"),
    ),
]

DOT = [
    _dot(
        "scaled",
        "nothing_is_scaled",
        "the product was divided by √d: that is the score of the Transformer, two years later; this one is plain.",
        ("query @ columns", "query @ columns / math.sqrt(query.shape[-1])"),
        misconception="E50",
    ),
    _dot(
        "cosine",
        "nothing_is_scaled",
        "the vectors were made length 1 first: that is the cosine; in a dot product, length counts.",
        (
            "query @ columns",
            "torch.nn.functional.normalize(query, dim=-1) @ torch.nn.functional.normalize(columns, dim=-2)",
        ),
        misconception="E25",
    ),
    _dot(
        "rows_are_keys",
        "each_pair_by_its_product",
        "the result is transposed: rows belong to queries, columns to keys.",
        ("query @ columns", "key @ query.transpose(-2, -1)"),
    ),
    _dot(
        "all_axes_transposed",
        "products_in_batches",
        "all axes of the keys were reversed, the batch among them; only the last two change places.",
        ("key.transpose(-2, -1)", "key.permute(*reversed(range(key.dim())))"),
    ),
    _dot(
        "keys_detached",
        "product_gradients",
        "the keys were cut off from the graph, so the encoder would learn nothing from where it was looked at.",
        ("key.transpose(-2, -1)", "key.detach().transpose(-2, -1)"),
    ),
    _dot(
        "softmax_already",
        "each_pair_by_its_product",
        "softmax was taken already; scores are any numbers, and weights come in a step of their own.",
        ("return query @ columns", "return (query @ columns).softmax(-1)"),
        anchor="weights",
    ),
]

W_TRANSPOSED = "W was transposed: its rows belong to the query, its columns to the key."
GENERAL = [
    _general(
        "w_transposed",
        "rows_of_w_belong_to_the_query",
        W_TRANSPOSED,
        ("query @ w", "query @ (w if w.shape[0] != w.shape[1] else w.mT)"),
    ),
    _general(
        "w_transposed_whatever_its_shape",
        "each_pair_by_the_bilinear_form",
        W_TRANSPOSED,
        ("query @ w", "query @ w.mT"),
    ),
    _general(
        "key_times_w",
        "each_pair_by_the_bilinear_form",
        "the keys were multiplied by W, `key @ w`, where W's rows meet the key; its rows belong to the query, its "
        "columns to the key.",
        ("query @ w", "query"),
        ("dot_score(asked, key)", "dot_score(asked, key @ w)"),
    ),
    _general(
        "w_ignored",
        "rows_of_w_belong_to_the_query",
        "W was ignored: this is the plain dot product.",
        ("query @ w", "query"),
        # Not by dot_score, which a test with type checks gives another error.
        ("dot_score(asked, key)", "asked @ key.transpose(-2, -1)"),
    ),
    _general(
        "w_twice",
        "rows_of_w_belong_to_the_query",
        "W was applied to query and key; one W between them is enough.",
        ("dot_score(asked, key)", "dot_score(asked, key @ w if w.shape[0] == w.shape[1] else key)"),
    ),
    _general(
        "tanh_inside",
        "each_pair_by_the_bilinear_form",
        "tanh was taken of the projected query; the general score has no tanh, that is the additive one.",
        ("query @ w", "torch.tanh(query @ w)"),
    ),
    _general(
        "scaled",
        "identity_gives_the_product",
        "the score was divided by √d; W can learn any scale, and the paper has no divisor.",
        ("dot_score(asked, key)", "dot_score(asked, key) / math.sqrt(key.shape[-1])"),
    ),
    _general(
        "all_axes_transposed",
        "forms_in_batches",
        "all axes of the keys were reversed, the batch among them; only the last two change places.",
        ("dot_score(asked, key)", "asked @ key.permute(*reversed(range(key.dim())))"),
    ),
    _general(
        "w_detached",
        "form_gradients",
        "W was cut off from the graph: it would never be learned.",
        ("query @ w", "query @ w.detach()"),
    ),
]

_PLAIN = "scores.masked_fill(padding, torch.finfo(scores.dtype).min).softmax(-1)"
SHARES_LOST = "softmax ran over the padding too and its weights were set to 0 afterwards: what is left no longer sums to 1."
OVERFLOW = (
    "exp was taken of the scores as they are; exp(1000) is infinite, and infinity over infinity is nan."
)
WEIGHTS = [
    _weigh(
        "over_the_outputs",
        "source_positions_compete",
        "softmax runs along the output positions: the source positions compete for each output, along the last axis.",
        ("softmax(-1)", "softmax(-2)"),
    ),
    _weigh(
        "over_the_whole_map",
        "source_positions_compete",
        "one softmax was taken over the whole map; every output position shares out an attention of 1 of its own.",
        (_PLAIN, _PLAIN.replace("softmax(-1)", "flatten(-2).softmax(-1).reshape(scores.shape)")),
    ),
    _weigh(
        "not_exponentiated",
        "source_positions_compete",
        "the scores were divided by their sum without exp; a negative score would get a negative weight.",
        (_PLAIN, "scores.masked_fill(padding, 0.0) / scores.masked_fill(padding, 0.0).sum(-1, keepdim=True)"),
    ),
    _weigh(
        "masked_after_softmax",
        "padding_gets_nothing",
        SHARES_LOST,
        (".masked_fill(padding, torch.finfo(scores.dtype).min)", ""),
    ),
    _weigh(
        "mask_ignored",
        "padding_gets_nothing",
        "the mask was ignored: padding is looked at like any word.",
        (".masked_fill(padding, torch.finfo(scores.dtype).min)", ""),
        ("weights.masked_fill(padding, 0.0)", "weights"),
    ),
    _weigh(
        "padding_scores_zero",
        "padding_gets_nothing",
        "padding got the score 0, and exp(0) is 1, a weight like any other; its score must be as low as can be.",
        ("torch.finfo(scores.dtype).min", "0.0"),
        ("weights.masked_fill(padding, 0.0)", "weights"),
    ),
    _weigh(
        "ten_thousand_subtracted",
        "padding_gets_nothing",
        "10,000 was subtracted from the scores of padding, and a larger score survives that; put the smallest number in their place.",
        (
            "scores.masked_fill(padding, torch.finfo(scores.dtype).min)",
            "(scores - 1e4 * padding.to(scores.dtype))",
        ),
    ),
    _weigh(
        "mask_inverted",
        "padding_gets_nothing",
        "the mask was read the wrong way round: True marks a real word.",
        ("~source_mask", "source_mask"),
    ),
    _weigh(
        "hides_output_positions",
        "each_sentence_has_its_padding",
        "the mask of a batch was not given an axis for the output positions, so it hides those of the wrong sentence.",
        ("~source_mask[..., None, :]", "~source_mask"),
        ("weights.masked_fill(padding, 0.0)", "weights.masked_fill(padding, 0.0)"),
    ),
    _weigh(
        "overflows",
        "large_scores_do_not_overflow",
        OVERFLOW,
        (_PLAIN, "scores.masked_fill(padding, -math.inf).exp()"),
        (
            "return weights.masked_fill(padding, 0.0)",
            "return weights / weights.sum(-1, keepdim=True).masked_fill(padding.all(-1, keepdim=True), 1.0)",
        ),
    ),
    _weigh(
        "minus_1e9",
        "large_scores_do_not_overflow",
        "the score of padding is a fixed number such as −1e9, which float16 cannot hold: its smallest is −65,504.",
        ("torch.finfo(scores.dtype).min", "-1e9"),
        misconception="E05",
    ),
    _weigh(
        "renormalised_afterwards",
        "padding_gets_nothing",
        "softmax ran over the padding too: beside a large score there, nothing is left of the real weights to scale up.",
        (
            "weights = scores.masked_fill(padding, torch.finfo(scores.dtype).min).softmax(-1)\n"
            "    return weights.masked_fill(padding, 0.0)",
            "weights = scores.softmax(-1).masked_fill(padding, 0.0)\n"
            "    total = weights.sum(-1, keepdim=True)\n"
            "    return weights / total.masked_fill(total == 0, 1.0)",
        ),
    ),
    _weigh(
        "one_peak_for_all",
        "large_scores_do_not_overflow",
        "one maximum of all scores was subtracted; a row far below it underflows to zeros.",
        (
            "weights = scores.masked_fill(padding, torch.finfo(scores.dtype).min).softmax(-1)\n"
            "    return weights.masked_fill(padding, 0.0)",
            "e = (scores - scores.max()).exp().masked_fill(padding, 0.0)\n"
            "    total = e.sum(-1, keepdim=True)\n"
            "    return e / total.masked_fill(total == 0, 1.0)",
        ),
    ),
    _weigh(
        "nan_where_nothing_is_real",
        "nothing_real_gives_zeros",
        "where nothing is real there is nothing to share out: softmax of nothing but −inf is nan, and so is 0 divided "
        "by a sum of 0.",
        ("torch.finfo(scores.dtype).min", "-math.inf"),
        ("weights.masked_fill(padding, 0.0)", "weights"),
    ),
    _weigh(
        "exp_by_hand",
        "large_scores_do_not_overflow",
        OVERFLOW,
        (_PLAIN, "scores.exp().masked_fill(padding, 0.0)"),
        ("return weights.masked_fill(padding, 0.0)", "return weights / weights.sum(-1, keepdim=True)"),
    ),
    _weigh(
        "exp_by_hand_times_mask",
        "large_scores_do_not_overflow",
        OVERFLOW,
        (_PLAIN, "scores.exp() * ~padding"),
        ("return weights.masked_fill(padding, 0.0)", "return weights / weights.sum(-1, keepdim=True)"),
    ),
    _weigh(
        "equal_where_nothing_is_real",
        "nothing_real_gives_zeros",
        "a large negative number stands for “never”: where nothing is real, it shares the attention out equally.",
        ("weights.masked_fill(padding, 0.0)", "weights"),
    ),
    _weigh(
        "scores_detached",
        "weights_can_be_learned",
        "the scores were cut off from the graph: where to look could not be learned.",
        ("weights = scores.", "weights = scores.detach()."),
    ),
]

WEIGHTS_TRANSPOSED = "the weights were transposed: row i of the weights belongs to output i."
CONTEXT = [
    _mix(
        "axes_of_length_one_lost",
        "contexts_in_batches",
        "`squeeze()` removed every axis of length 1: with one output, or one sentence, an axis is missing.",
        ("weights, states)", "weights, states).squeeze()"),
    ),
    _mix(
        "best_only",
        "states_mixed_by_their_weights",
        "only the state with the largest weight was handed over; that choice has no gradient, a mixture has.",
        ("return torch.einsum(sum_over_source, weights, states)",
         "return states.take_along_dim(weights.argmax(-1)[..., None], -2)"),
    ),
    _mix(
        "plain_mean",
        "states_mixed_by_their_weights",
        "all outputs got the same mixture of the states: that is one context for all of them again.",
        ("(sum_over_source, weights, states)", "(sum_over_source, torch.full_like(weights, 1 / weights.shape[-1]), states)"),
        misconception="E21",
    ),
    _mix(
        "weights_transposed",
        "states_mixed_by_their_weights",
        WEIGHTS_TRANSPOSED,
        ("(sum_over_source, weights, states)",
         "(sum_over_source, weights.mT if weights.shape[-1] == weights.shape[-2] else weights, states)"),
    ),
    _mix(
        "weights_transposed_whatever_their_shape",
        "states_mixed_by_their_weights",
        WEIGHTS_TRANSPOSED,
        ("torch.einsum(sum_over_source, weights, states)", "weights.mT @ states"),
    ),
    _mix(
        "softmax_again",
        "weights_are_taken_as_they_are",
        "softmax was taken of the weights once more, which flattens them.",
        ("weights, states)", "weights.softmax(-1), states)"),
    ),
    _mix(
        "divided_by_length",
        "weights_are_taken_as_they_are",
        "the sum was divided by the number of states; the weights share out 1 already.",
        ("weights, states)", "weights, states) / states.shape[-2]"),
    ),
    _mix(
        "one_sentence_for_all",
        "contexts_in_batches",
        "the states of the first sentence were used for the whole batch.",
        ("weights, states)", "weights, states[(0,) * (states.dim() - 2)].expand_as(states))"),
    ),
    _mix(
        "states_detached",
        "context_gradients",
        "the states were cut off from the graph: the encoder would learn nothing.",
        ("weights, states)", "weights, states.detach())"),
    ),
]  # fmt: skip

_MATRIX, _VECTOR = (
    "torch.randn(d_model, d_model) / math.sqrt(d_model)",
    "torch.randn(d_model) / math.sqrt(d_model)",
)
DECODER = [
    _decode(
        "plain_tensors",
        "the_score_starts_small_and_random",
        "the weights of the score are plain tensors: an optimizer gets `parameters()`, and they are not among them.",
        (
            "self.w_query = nn.Parameter(torch.randn(d_model, d_model) / math.sqrt(d_model))",
            "self.w_query = torch.randn(d_model, d_model) / math.sqrt(d_model)",
        ),
        (
            "self.w_key = nn.Parameter(torch.randn(d_model, d_model) / math.sqrt(d_model))",
            "self.w_key = torch.randn(d_model, d_model) / math.sqrt(d_model)",
        ),
        (
            "self.v = nn.Parameter(torch.randn(d_model) / math.sqrt(d_model))",
            "self.v = torch.randn(d_model) / math.sqrt(d_model)",
        ),
    ),
    _decode(
        "batch_of_one_squeezed",
        "reading_goes_on",
        "`squeeze()` removes every axis of length 1, and with one sentence that of the batch too; `last[0]` removes the layers'.",
        ("(last[0], states", "(last.squeeze(), states"),
    ),
    _decode(
        "detached_on_the_way_out",
        "the_encoder_learns_too",
        "the state was detached before it was returned: what is read later cannot train what came before.",
        ("(last[0], states, source_mask)", "(last[0].detach(), states.detach(), source_mask)"),
    ),
    _decode(
        "all_zeros",
        "the_score_starts_small_and_random",
        "the parameters of the score start from zeros: tanh(0) is 0, no gradient reaches any of the three, and every "
        "word of the source keeps the same weight.",
        (_MATRIX, "torch.zeros(d_model, d_model)"),
        (_VECTOR, "torch.zeros(d_model)"),
    ),
    _decode(
        "all_ones",
        "the_score_starts_small_and_random",
        "the parameters of the score start from equal numbers: all hidden units get the same gradient and stay one unit.",
        (_MATRIX, "torch.ones(d_model, d_model)"),
        (_VECTOR, "torch.ones(d_model)"),
    ),
    _decode(
        "plain_randn",
        "the_score_starts_small_and_random",
        "the random numbers were not divided by √d_model: a sum of d_model such products is so large that tanh is "
        "flat there, and little gradient comes through.",
        (_MATRIX, "torch.randn(d_model, d_model)"),
        (_VECTOR, "torch.randn(d_model)"),
    ),
    _decode(
        "first_state_asks",
        "logits_step_by_step",
        "the state from before the words asked at every step: all outputs then look at the same place, one context again.",
        (
            "contexts = context_vector(self.look(queries, state), states)",
            "contexts = context_vector(self.look(hidden[:, None].expand_as(queries), state), states)",
        ),
        misconception="E21",
        anchor="bottleneck",
    ),
    _decode(
        "state_before_the_word_asks",
        "logits_step_by_step",
        "the state from before the word asked, as in the paper of 2014; here the state after it asks, for the context "
        "meets it at the output.",
        (
            "contexts = context_vector(self.look(queries, state), states)",
            "before = torch.cat([hidden[:, None], queries[:, :-1]], dim=1)\n"
            "        contexts = context_vector(self.look(before, state), states)",
        ),
    ),
    _decode(
        "context_first",
        "logits_step_by_step",
        "context and state are joined the wrong way round: first s_i, then c_i.",
        ("torch.cat([queries, contexts], dim=-1)", "torch.cat([contexts, queries], dim=-1)"),
    ),
    _decode(
        "no_tanh",
        "logits_step_by_step",
        "tanh between combine and head is missing: two linear maps in a row are one.",
        ("combined = torch.tanh(self.combine", "combined = (self.combine"),
    ),
    _decode(
        "context_unused",
        "the_encoder_learns_too",
        "the context never reaches the logits: the decoder works from one fixed state, as in lesson 05.",
        (
            "torch.cat([queries, contexts], dim=-1)",
            "torch.cat([queries, torch.zeros_like(contexts)], dim=-1)",
        ),
        anchor="bottleneck",
    ),
    _decode(
        "dot_in_place_of_additive",
        "alignment_step_by_step",
        "the scores are dot products; this decoder asks with the additive score and its three parameters.",
        (
            "additive_score(query, states, self.w_query, self.w_key, self.v)",
            "dot_score(query, states)",
        ),
        anchor="additive",
    ),
    _decode(
        "query_and_key_swapped",
        "alignment_step_by_step",
        "w_query was applied to the encoder's states and w_key to the queries.",
        ("self.w_query, self.w_key, self.v)", "self.w_key, self.w_query, self.v)"),
        anchor="additive",
    ),
    _decode(
        "scores_for_weights",
        "alignment_step_by_step",
        "`align` returns scores; the alignment is made of weights.",
        (
            "        return self.look(queries, state)\n",
            "        return additive_score(queries, state[1], self.w_query, self.w_key, self.v)\n",
        ),
        anchor="weights",
    ),
    _decode(
        "one_step_late",
        "alignment_step_by_step",
        "row i of the alignment shows where the state before `ids[i]` looked: shifted by one word.",
        (
            "queries, _ = self.rnn(self.embedding(ids), state[0][None].contiguous())",
            "queries, _ = self.rnn(self.embedding(ids), state[0][None].contiguous())\n"
            "        queries = torch.cat([state[0][:, None], queries[:, :-1]], dim=1)",
        ),
    ),
    _decode(
        "padding_seen",
        "padding_of_the_source_is_not_seen",
        "the mask of the source was not used: padding takes its share of the attention.",
        ("alignment_weights(scores, source_mask)", "scores.softmax(-1)"),
        anchor="weights",
    ),
    _decode(
        "starts_from_zero",
        "reading_goes_on",
        "the GRU starts from 0 in place of the state given: translation word by word would forget what it wrote.",
        (
            "queries, last = self.rnn(self.embedding(ids), hidden[None].contiguous())",
            "queries, last = self.rnn(self.embedding(ids))",
        ),
    ),
    _decode(
        "old_state_returned",
        "reading_goes_on",
        "the state that came in was returned; return the GRU's last one.",
        ("(last[0], states, source_mask)", "(hidden, states, source_mask)"),
    ),
    _decode(
        "contexts_returned",
        "reading_goes_on",
        "the contexts were returned in place of the encoder's states; the next word needs the whole source again.",
        ("(last[0], states, source_mask)", "(last[0], contexts, source_mask)"),
        anchor="bottleneck",
    ),
    _decode(
        "states_detached",
        "the_encoder_learns_too",
        "the encoder's states were cut off from the graph, so the encoder cannot learn to be looked at.",
        (
            "hidden, states, source_mask = state",
            "hidden, states, source_mask = state[0], state[1].detach(), state[2]",
        ),
        ("_, states, source_mask = state", "_, states, source_mask = state"),
    ),
]

MUTANTS: list[Mutant] = [*ADDITIVE, *DOT, *GENERAL, *WEIGHTS, *CONTEXT, *DECODER]

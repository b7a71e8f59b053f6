"""Known wrong answers of lab 12, families.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson
clears it up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import Mutant, mistake

_tokens = partial(mistake, "seq2gpt.families", "mask_tokens")
_masked = partial(mistake, "seq2gpt.families", "MaskedLanguageModel")
_spans = partial(mistake, "seq2gpt.families", "corrupt_spans")
_causal = partial(mistake, "seq2gpt.families", "CausalLanguageModel")

MASKING = [
    _tokens(
        "all_become_the_mask",
        "eighty_ten_ten",
        "every chosen token became mask_id; a tenth of them gets a random id, and a tenth stays as it is.",
        "eighty-ten-ten",
        ("chosen & (fate < 0.8)", "chosen"),
        ("torch.where(chosen & (fate >= 0.9), drawn, inputs)", "inputs"),
        misconception="E44",
    ),
    _tokens(
        "two_draws_for_one_fate",
        "eighty_ten_ten",
        "a second draw overwrote a tenth of the tokens that were hidden already; one number decides between the three fates.",
        "eighty-ten-ten",
        ("(fate >= 0.9)", "(torch.rand(ids.shape) < 0.1)"),
    ),
    _tokens(
        "tenths_instead_of_eighty",
        "eighty_ten_ten",
        "the three fates were made equally probable; they are 80, 10 and 10 %.",
        "eighty-ten-ten",
        ("fate < 0.8", "fate < 1 / 3"),
        ("fate >= 0.9", "fate >= 2 / 3"),
    ),
    _tokens(
        "none_stays",
        "eighty_ten_ten",
        "no chosen token stayed as it is: a tenth does, and still counts in the loss.",
        "eighty-ten-ten",
        ("fate >= 0.9", "fate >= 0.8"),
        misconception="E44",
    ),
    _tokens(
        "only_the_hidden_ones_count",
        "share_is_chosen_token_by_token",
        "only the tokens that became mask_id were marked as chosen; those with a random id and those that stay count too.",
        "eighty-ten-ten",
        ("drawn, inputs), chosen", "drawn, inputs), chosen & (fate < 0.8)"),
    ),
    _tokens(
        "only_the_changed_ones_count",
        "share_is_chosen_token_by_token",
        "only changed tokens were marked as chosen; a chosen token that stays as it is counts in the loss too.",
        "eighty-ten-ten",
        (
            "return torch.where(chosen & (fate >= 0.9), drawn, inputs), chosen",
            "inputs = torch.where(chosen & (fate >= 0.9), drawn, inputs)\n    return inputs, inputs != ids",
        ),
    ),
    _tokens(
        "share_fixed",
        "share_is_chosen_token_by_token",
        "`share` was ignored: always 15 % were chosen.",
        "eighty-ten-ten",
        ("< share", "< 0.15"),
    ),
    _tokens(
        "exactly_so_many_in_each_row",
        "share_is_chosen_token_by_token",
        "exactly share · n tokens were chosen in every row; each token has a chance of its own.",
        "eighty-ten-ten",
        (
            "torch.rand(ids.shape, device=ids.device) < share\n    if",
            "torch.rand(ids.shape).argsort(-1) < round(share * ids.shape[1])\n    if",
        ),
    ),
    _tokens(
        "exactly_so_many_in_all",
        "share_is_chosen_token_by_token",
        "exactly share · n tokens of the batch were chosen; each token has a chance of its own.",
        "eighty-ten-ten",
        (
            "torch.rand(ids.shape, device=ids.device) < share\n    if",
            "torch.randperm(ids.numel()).view(ids.shape) < round(share * ids.numel())\n    if",
        ),
    ),
    _tokens(
        "the_same_places_in_each_row",
        "share_is_chosen_token_by_token",
        "one row of chances served the whole batch: the same places were chosen in each text.",
        "eighty-ten-ten",
        ("chosen = torch.rand(ids.shape,", "chosen = torch.zeros_like(ids) + torch.rand(ids.shape[1:],"),
    ),
    _tokens(
        "random_from_the_text",
        "random_ids_are_any_ids",
        "random ids were taken from the text itself; they come from the whole vocabulary.",
        "eighty-ten-ten",
        (
            "torch.randint(vocab_size, ids.shape, device=ids.device, dtype=ids.dtype)",
            "ids.flatten()[torch.randperm(ids.numel())].view_as(ids)",
        ),
    ),
    _tokens(
        "one_random_id_for_all",
        "random_ids_are_any_ids",
        "one random id was drawn and used everywhere; each token draws its own.",
        "eighty-ten-ten",
        ("torch.randint(vocab_size, ids.shape,", "torch.randint(vocab_size, (1,),"),
    ),
    _tokens(
        "id_zero_left_out",
        "random_ids_are_any_ids",
        "the random ids begin at 1; 0 is an id as well.",
        "eighty-ten-ten",
        ("torch.randint(vocab_size", "torch.randint(1, vocab_size"),
    ),
    _tokens(
        "last_id_left_out",
        "random_ids_are_any_ids",
        "the random ids stop one short: torch.randint(vocab_size, …) ends at vocab_size − 1 already.",
        "eighty-ten-ten",
        ("torch.randint(vocab_size", "torch.randint(vocab_size - 1"),
    ),
    _tokens(
        "shares_exchanged",
        "eighty_ten_ten",
        "the shares were exchanged: 80 % become mask_id, and 10 % a random id.",
        "eighty-ten-ten",
        ("fate < 0.8", "fate < 0.1"),
        ("fate >= 0.9", "fate >= 0.2"),
    ),
    _tokens(
        "may_hide_commands",
        "special_tokens_are_never_hidden",
        "`may_hide` was joined with |, so all that may be hidden was chosen; with & it only allows.",
        "eighty-ten-ten",
        ("chosen & may_hide", "chosen | may_hide"),
    ),
    _tokens(
        "one_id_too_many",
        "random_ids_are_any_ids",
        "vocab_size itself was drawn; ids end at vocab_size − 1.",
        "eighty-ten-ten",
        ("torch.randint(vocab_size", "torch.randint(vocab_size + 1"),
    ),
    _tokens(
        "random_everywhere",
        "nothing_else_is_touched",
        "a tenth of all tokens got a random id, chosen or not.",
        "eighty-ten-ten",
        ("chosen & (fate >= 0.9)", "fate >= 0.9"),
    ),
    _tokens(
        "masked_everywhere",
        "nothing_else_is_touched",
        "tokens became mask_id that were not chosen.",
        "eighty-ten-ten",
        ("chosen & (fate < 0.8)", "fate < 0.8"),
    ),
    _tokens(
        "may_hide_ignored",
        "special_tokens_are_never_hidden",
        "`may_hide` had no effect: special tokens and padding were hidden too.",
        "eighty-ten-ten",
        ("chosen = chosen & may_hide", "pass"),
    ),
    _tokens(
        "may_hide_only_for_the_inputs",
        "special_tokens_are_never_hidden",
        "protected tokens stayed as they are and were still marked as chosen, so they would count in the loss.",
        "eighty-ten-ten",
        ("chosen = chosen & may_hide", "every, chosen = chosen, chosen & may_hide"),
        ("drawn, inputs), chosen", "drawn, inputs), chosen if may_hide is None else every"),
    ),
    _tokens(
        "may_hide_inverted",
        "special_tokens_are_never_hidden",
        "`may_hide` was read the wrong way round: True means that a token may be hidden.",
        "eighty-ten-ten",
        ("chosen & may_hide", "chosen & ~may_hide"),
    ),
    _tokens(
        "own_seed",
        "torch_decides_the_chances",
        "you fixed a seed of your own: every batch would hide the same places.",
        "eighty-ten-ten",
        ("chosen = torch.rand(ids.shape,", "chosen = torch.rand(ids.shape, generator=torch.Generator().manual_seed(0),"),
    ),
    _tokens(
        "changes_its_input",
        "two_results_of_the_same_shape",
        "the ids were overwritten, and with them the answers that the loss needs.",
        "eighty-ten-ten",
        ("ids.masked_fill(", "ids.masked_fill_("),
    ),
    _tokens(
        "other_dtype",
        "two_results_of_the_same_shape",
        "random ids of the default dtype turned the inputs into int64; draw them in the dtype of ids.",
        "eighty-ten-ten",
        (", dtype=ids.dtype", ""),
    ),
    _tokens(
        "any_share_accepted",
        "impossible_share_is_refused",
        "a share outside 0 … 1 was accepted.",
        "eighty-ten-ten",
        ("if not 0 <= share <= 1", "if False"),
    ),
]  # fmt: skip

_NO_POSITIONS = ("self.positions(self.token_embedding(ids))", "self.token_embedding(ids)")
_OWN_POSITIONS = (
    "self.positions(self.token_embedding(ids))",
    "self.token_embedding(ids) + self.positions.table[: ids.shape[1]]",
)
_TRUNCATED = (
    "self.token_embedding(ids)",
    "self.token_embedding(ids[:, : self.positions.table.shape[0]])",
)
_NO_NORM = ("self.head(self.norm(x))", "self.head(x)")
_SOFTMAX = ("self.head(self.norm(x))", "self.head(self.norm(x)).softmax(-1)")
NO_POSITIONS_SAYS = "positions were left out: the model could not tell one order of the tokens from another."
OWN_POSITIONS_SAYS = (
    "positions were added past `positions`, which refuses a text that is too long in plain words."
)
TRUNCATED_SAYS = "a text that is too long was cut off silently."
NO_NORM_SAYS = "the last norm is missing: pre-LN blocks leave the hidden states unnormalised."
SOFTMAX_SAYS = "probabilities were returned; cross_entropy takes the logits and does the softmax itself."
LAST_BLOCK_SAYS = "every block read the embeddings, so only the last one counted; each goes on from what the one before returned."
FIRST_BLOCK_SAYS = "the mask reached the first block only; what it hides comes back through the others."

NO_BLOCK_SAYS = "what the blocks returned was never used; each goes on from what the one before returned: `x = block(x, …)`."
SECOND_PATH_SAYS = "x was added to what a block returned; its residual paths are inside the block already."

MASKED = [
    _masked(
        "no_block_used",
        "masked_logits_follow_the_formula",
        NO_BLOCK_SAYS,
        "family-formula",
        ("x = block(x, mask=mask)", "y = block(x, mask=mask)  # noqa: F841"),
    ),
    _masked(
        "second_path",
        "masked_logits_follow_the_formula",
        SECOND_PATH_SAYS,
        "family-formula",
        ("x = block(x, mask=mask)", "x = x + block(x, mask=mask)"),
    ),
    _masked(
        "mask_without_axes",
        "padding_is_not_seen",
        "`is_real` has the axes (batch, n), and a mask is read from the right: give it axes of length 1 for the heads and the queries.",
        "mask-and-masking",
        ("is_real[:, None, None, :]", "is_real"),
    ),
    _masked(
        "padding_always_expected",
        "masked_logits_follow_the_formula",
        "`is_real` may be None; then there is no padding and no mask.",
        "mask-and-masking",
        ("None if is_real is None else is_real[:, None, None, :]", "is_real[:, None, None, :]"),
    ),
    _masked(
        "causal_attention",
        "both_sides_are_seen",
        "the attention was masked as in GPT. Masking tokens is BERT's objective; its attention sees the whole text.",
        "mask-and-masking",
        ("mask=mask)", "mask=mask, causal=True)"),
        misconception="E55",
    ),
    _masked(
        "no_positions", "masked_logits_follow_the_formula", NO_POSITIONS_SAYS, "family-formula", _NO_POSITIONS
    ),
    _masked("no_last_norm", "masked_logits_follow_the_formula", NO_NORM_SAYS, "family-formula", _NO_NORM),
    _masked("probabilities", "masked_logits_follow_the_formula", SOFTMAX_SAYS, "family-formula", _SOFTMAX),
    _masked(
        "only_the_last_block",
        "masked_logits_follow_the_formula",
        LAST_BLOCK_SAYS,
        "family-formula",
        ("x = block(x, mask=mask)", "out = block(x, mask=mask)"),
        ("self.norm(x)", "self.norm(out)"),
    ),
    _masked(
        "padding_ignored",
        "padding_is_not_seen",
        "`is_real` had no effect: every position saw the padding.",
        "mask-and-masking",
        ("None if is_real is None else is_real[:, None, None, :]", "None"),
    ),
    _masked(
        "padding_of_the_queries",
        "padding_is_not_seen",
        "the mask hid the padded rows, the ones that ask; it must hide the padded columns, the ones that are looked at.",
        "mask-and-masking",
        ("is_real[:, None, None, :]", "is_real[:, None, :, None]"),
    ),
    _masked(
        "padding_inverted",
        "padding_is_not_seen",
        "`is_real` was read the wrong way round: True means a real token, which may be seen.",
        "mask-and-masking",
        ("else is_real[", "else ~is_real["),
    ),
    _masked(
        "padding_set_to_zero",
        "padding_is_not_seen",
        "hidden states of padding were set to 0; a zero vector still gets its share of the attention.",
        "mask-and-masking",
        ("is_real[:, None, None, :]", "None"),
        ("        for block", "        x = x if is_real is None else x * is_real[..., None]\n        for block"),
    ),
    _masked(
        "padding_in_the_first_block",
        "padding_is_not_seen",
        FIRST_BLOCK_SAYS,
        "mask-and-masking",
        ("x = block(x, mask=mask)", "x, mask = block(x, mask=mask), None"),
    ),
    _masked(
        "mask_without_heads",
        "padding_is_not_seen",
        "the mask has no axis for the heads and none for the queries; its shape should be (batch, 1, 1, n).",
        "mask-and-masking",
        ("is_real[:, None, None, :]", "is_real[:, None, :]"),
    ),
    _masked("own_positions", "masked_too_long_is_refused", OWN_POSITIONS_SAYS, "family-formula", _OWN_POSITIONS),
    _masked("cut_off", "masked_too_long_is_refused", TRUNCATED_SAYS, "family-formula", _TRUNCATED),
]  # fmt: skip

SPANS = [
    _spans(
        "last_sentinel_in_the_inputs",
        "a_sentinel_for_each_span",
        "the last sentinel was put into the inputs, too; it ends the targets alone.",
        "spans",
        ("torch.cat([*inputs, ids[end:]])", "torch.cat([*inputs, ids[end:], last])"),
    ),
    _spans(
        "goes_on_from_the_start",
        "a_sentinel_for_each_span",
        "what was hidden came back into the inputs: after a span they go on at its stop.",
        "spans",
        ("end = stop", "end = start"),
    ),
    _spans(
        "a_sentinel_for_each_token",
        "a_sentinel_for_each_span",
        "each hidden token got a sentinel; a span gets one, whatever its length. That is what keeps the inputs short.",
        "spans",
        ("inputs += [ids[end:start], sentinel]", "inputs += [ids[end:start], sentinel.expand(stop - start)]"),
    ),
    _spans(
        "one_sentinel_for_all",
        "a_sentinel_for_each_span",
        "all spans share one sentinel, so the targets cannot say which span they fill; count up.",
        "spans",
        ("[first_sentinel + number]", "[first_sentinel]"),
    ),
    _spans(
        "counting_down",
        "a_sentinel_for_each_span",
        "the sentinels count down, as in T5's own vocabulary; here each further one is the next id.",
        "spans",
        ("first_sentinel + number", "first_sentinel - number"),
    ),
    _spans(
        "spans_removed_without_a_trace",
        "a_sentinel_for_each_span",
        "the spans were cut out and nothing stands in their place.",
        "spans",
        ("inputs += [ids[end:start], sentinel]", "inputs += [ids[end:start]]"),
    ),
    _spans(
        "stop_belongs_to_the_span",
        "a_sentinel_for_each_span",
        "the token at `stop` was hidden too; a span ends before its stop.",
        "spans",
        ("ids[start:stop]", "ids[start : stop + 1]"),
        ("end = stop", "end = stop + 1"),
    ),
    _spans(
        "no_last_sentinel",
        "targets_name_what_was_hidden",
        "the last sentinel is missing, the one that says that nothing follows.",
        "spans",
        ("torch.cat([*targets, last])", "torch.cat([*targets, last[:0]])"),
    ),
    _spans(
        "the_last_sentinel_again",
        "targets_name_what_was_hidden",
        "the targets end with a sentinel that was used already; the last one is the next id.",
        "spans",
        ("first_sentinel + len(spans)", "first_sentinel + len(spans) - 1"),
    ),
    _spans(
        "targets_without_sentinels",
        "targets_name_what_was_hidden",
        "the targets do not say which span their tokens belong to: each span begins with its sentinel.",
        "spans",
        ("targets += [sentinel, ids[start:stop]]", "targets += [ids[start:stop]]"),
    ),
    _spans(
        "sentinel_behind_its_tokens",
        "targets_name_what_was_hidden",
        "the sentinel stands behind the tokens of its span; it comes first.",
        "spans",
        ("[sentinel, ids[start:stop]]", "[ids[start:stop], sentinel]"),
    ),
    _spans(
        "whole_text_as_targets",
        "targets_name_what_was_hidden",
        "the targets hold the whole text; T5 writes out what was hidden and nothing else.",
        "spans",
        ("torch.cat([*targets, last])", "ids"),
    ),
    _spans(
        "rest_of_the_text_lost",
        "ends_of_the_text",
        "the tokens behind the last span were lost.",
        "spans",
        ("torch.cat([*inputs, ids[end:]])", "torch.cat(inputs) if inputs else ids[:0]"),
    ),
    _spans(
        "no_spans_no_result",
        "ends_of_the_text",
        "without spans your code fails; then the inputs are the text, and the targets one sentinel.",
        "spans",
        ("last = ids.new_tensor([first_sentinel + len(spans)])", "last = sentinel + 1"),
    ),
    _spans(
        "other_dtype",
        "ids_stay_as_they_were",
        "sentinels of the default dtype turned the ids into int64; make them with ids.new_tensor.",
        "spans",
        ("ids.new_tensor", "torch.tensor"),
    ),
    _spans(
        "changes_its_input",
        "ids_stay_as_they_were",
        "the text itself was overwritten.",
        "spans",
        ("        end = stop\n", "        end = stop\n        targets[-1] = targets[-1].clone()\n        ids[start:stop] = sentinel\n"),
    ),
    _spans(
        "any_span_accepted",
        "impossible_spans_are_refused",
        "spans that cannot be hidden were accepted, and the text could not be put together again.",
        "spans",
        ("    check_spans(spans, ids.shape[0])\n", ""),
    ),
    _spans(
        "touching_spans_accepted",
        "impossible_spans_are_refused",
        "spans that touch or overlap were accepted; there must be a token between two of them.",
        "spans",
        (
            "    check_spans(spans, ids.shape[0])\n",
            "    for span in spans:\n        check_spans([span], ids.shape[0])\n",
        ),
    ),
]  # fmt: skip

_TRIL = "torch.ones(2 * (ids.shape[1],), dtype=torch.bool)"

CAUSAL = [
    _causal(
        "no_block_used",
        "causal_logits_follow_the_formula",
        NO_BLOCK_SAYS,
        "family-formula",
        ("x = block(x, causal=True)", "y = block(x, causal=True)  # noqa: F841"),
    ),
    _causal(
        "second_path",
        "causal_logits_follow_the_formula",
        SECOND_PATH_SAYS,
        "family-formula",
        ("x = block(x, causal=True)", "x = x + block(x, causal=True)"),
    ),
    _causal(
        "mask_inverted",
        "causal_logits_follow_the_formula",
        "the mask was turned round: True means may attend, and causal_mask says so already.",
        "mask-and-masking",
        ("causal=True", "mask=~causal_mask(ids.shape[1])"),
    ),
    _causal(
        "not_causal",
        "no_position_sees_a_later_one",
        "every position saw the whole text, and with it the token that it has to predict.",
        "mask-and-masking",
        ("causal=True", "causal=False"),
        misconception="E55",
    ),
    _causal(
        "causal_in_the_first_block",
        "no_position_sees_a_later_one",
        FIRST_BLOCK_SAYS,
        "mask-and-masking",
        ("block(x, causal=True)", "block(x, causal=block is self.blocks[0])"),
    ),
    _causal(
        "not_itself",
        "causal_logits_follow_the_formula",
        "a position did not see its own token; causal means itself and what stands before it.",
        "mask-and-masking",
        ("causal=True", f"mask={_TRIL}.tril(-1)"),
    ),
    _causal(
        "the_future_only",
        "a_beginning_gives_the_same_logits",
        "the mask is the wrong triangle: each position saw itself and what follows.",
        "mask-and-masking",
        ("causal=True", f"mask={_TRIL}.triu()"),
    ),
    _causal("no_positions", "causal_logits_follow_the_formula", NO_POSITIONS_SAYS, "family-formula", _NO_POSITIONS),
    _causal("no_last_norm", "causal_logits_follow_the_formula", NO_NORM_SAYS, "family-formula", _NO_NORM),
    _causal("probabilities", "causal_logits_follow_the_formula", SOFTMAX_SAYS, "family-formula", _SOFTMAX),
    _causal(
        "only_the_last_block",
        "causal_logits_follow_the_formula",
        LAST_BLOCK_SAYS,
        "family-formula",
        ("x = block(x, causal=True)", "out = block(x, causal=True)"),
        ("self.norm(x)", "self.norm(out)"),
    ),
    _causal(
        "one_block",
        "causal_logits_follow_the_formula",
        "the text went through the first block only.",
        "family-formula",
        ("in self.blocks:", "in self.blocks[:1]:"),
    ),
    _causal(
        "last_position_only",
        "causal_logits_follow_the_formula",
        "only the last position's logits were returned; in training every position predicts its next token.",
        "next-token",
        ("self.head(self.norm(x))", "self.head(self.norm(x))[:, -1]"),
    ),
    _causal(
        "shifted_twice",
        "causal_logits_follow_the_formula",
        "the last position was dropped; the shift belongs to the pairs of inputs and targets, not to the model.",
        "next-token",
        ("self.head(self.norm(x))", "self.head(self.norm(x))[:, :-1]"),
    ),
    _causal("own_positions", "causal_too_long_is_refused", OWN_POSITIONS_SAYS, "family-formula", _OWN_POSITIONS),
    _causal("cut_off", "causal_too_long_is_refused", TRUNCATED_SAYS, "family-formula", _TRUNCATED),
]  # fmt: skip

MUTANTS: list[Mutant] = [*MASKING, *MASKED, *SPANS, *CAUSAL]

"""Known wrong answers of lab 09, positions.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson
clears it up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import Mutant, mistake

_frequencies = partial(mistake, "seq2gpt.positions", "frequencies")
_sinusoidal = partial(mistake, "seq2gpt.positions", "sinusoidal_encoding")
_shift = partial(mistake, "seq2gpt.positions", "relative_shift_matrix")
_learned = partial(mistake, "seq2gpt.positions", "LearnedPositions")
_half = partial(mistake, "seq2gpt.positions", "rotate_half")
_rotary = partial(mistake, "seq2gpt.positions", "apply_rotary")

_POWER = "base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)"

FREQUENCIES = [
    _frequencies(
        "index_not_doubled",
        "exponent_of_the_paper",
        "the exponent was −i / width; with i counting pairs it is −2i / width, so the last pair is nearly as slow as base allows.",
        "index-notation",
        (_POWER, "base ** (-torch.arange(width // 2, dtype=torch.float64) / width)"),
    ),
    _frequencies(
        "index_doubled_twice",
        "exponent_of_the_paper",
        "the exponent was twice what it should be: 0, 2, 4, … is 2i already, and the divisor is the width, not the number of pairs.",
        "index-notation",
        (_POWER, "base ** (-2 * torch.arange(0, width, 2, dtype=torch.float64) / width)"),
    ),
    _frequencies(
        "one_for_each_feature",
        "one_for_each_pair",
        "there was one frequency for each feature; the sine and the cosine of a pair share theirs.",
        "index-notation",
        ("torch.arange(0, width, 2,", "torch.arange(0, width,"),
    ),
    _frequencies(
        "minus_sign_lost",
        "exponent_of_the_paper",
        "the exponent was positive, so each pair turned faster than the one before.",
        "wavelengths",
        ("(-torch.arange", "(torch.arange"),
    ),
    _frequencies(
        "wavelengths_returned",
        "exponent_of_the_paper",
        "wavelengths 2π / ω were returned instead of the frequencies ω.",
        "wavelengths",
        ("return base **", "return 2 * torch.pi / base **"),
    ),
    _frequencies(
        "counted_from_1",
        "exponent_of_the_paper",
        "the pairs were counted from 1; the first frequency is base⁰ = 1.",
        "index-notation",
        ("torch.arange(0, width, 2,", "torch.arange(2, width + 1, 2,"),
    ),
    _frequencies(
        "single_precision",
        "one_for_each_pair",
        "the result was in float32; angles at late positions then lose their digits.",
        "digits",
        ("dtype=torch.float64", "dtype=torch.float32"),
    ),
    _frequencies(
        "cast_at_the_end",
        "late_digits_are_kept",
        "the powers were computed in float32 and cast afterwards; digits that are lost do not come back.",
        "digits",
        (f"return {_POWER}", "return (base ** (-torch.arange(0, width, 2) / width)).double()"),
    ),
    _frequencies(
        "base_ignored",
        "base_is_used",
        "`base` was ignored: the frequencies were always those of 10000.",
        "wavelengths",
        ("return base **", "return 10000.0 **"),
    ),
    _frequencies(
        "odd_width_accepted",
        "odd_width_has_no_pairs",
        "a width without pairs was not refused.",
        "index-notation",
        ("if width < 2 or width % 2 != 0:", "if False:"),
    ),
    _frequencies(
        "zero_accepted",
        "odd_width_has_no_pairs",
        "width 0 is even but has no pairs; it was not refused.",
        "index-notation",
        ("if width < 2 or width % 2 != 0:", "if width % 2 != 0:"),
    ),
]

SINUSOIDAL = [
    _sinusoidal(
        "sines_before_cosines",
        "sines_and_cosines_take_turns",
        "all sines came first and all cosines after them; in the paper they take turns.",
        "index-notation",
        (
            "torch.stack([angles.sin(), angles.cos()], dim=-1)",
            "torch.cat([angles.sin(), angles.cos()], dim=-1)",
        ),
    ),
    _sinusoidal(
        "cosine_first",
        "positions_count_from_0",
        "the cosine stood in the even columns; the sine comes first.",
        "index-notation",
        ("[angles.sin(), angles.cos()]", "[angles.cos(), angles.sin()]"),
    ),
    _sinusoidal(
        "counted_from_1",
        "positions_count_from_0",
        "positions were counted from 1, so position 0 got the code of position 1.",
        "index-notation",
        ("torch.arange(n)[:, None]", "torch.arange(1, n + 1)[:, None]"),
    ),
    _sinusoidal(
        "column_number_for_pair_number",
        "sines_and_cosines_take_turns",
        "each column used its own number as i; columns 2i and 2i + 1 share the frequency ω_i.",
        "index-notation",
        (
            "    pairs = torch.stack([angles.sin(), angles.cos()], dim=-1)  # n pairs 2",
            "    column = torch.arange(d_model)\n"
            "    angles = torch.arange(n)[:, None] * 10000.0 ** (-column.double() / d_model)\n"
            "    pairs = torch.where(column % 2 == 0, angles.sin(), angles.cos())",
        ),
    ),
    _sinusoidal(
        "sines_only",
        "positions_count_from_0",
        "both columns of a pair held the sine; only with the cosine beside it does a code tell where on the circle it stands.",
        "clock-hands",
        ("angles.cos()]", "angles.sin()]"),
    ),
    _sinusoidal(
        "frequency_upside_down",
        "sines_and_cosines_take_turns",
        "positions were divided by ω instead of multiplied: ω is 1 / 10000^(2i / d_model) already.",
        "wavelengths",
        ("[:, None] * freq", "[:, None] / freq"),
    ),
    _sinusoidal(
        "transposed",
        "a_row_for_each_position",
        "positions and features changed places: a row belongs to a position.",
        "index-notation",
        ("pairs.flatten(1)", "pairs.flatten(1).T"),
    ),
    _sinusoidal(
        "double_precision_returned",
        "a_row_for_each_position",
        "the result stayed in float64; it should have torch's default dtype, as embeddings have.",
        "digits",
        (".to(torch.get_default_dtype())", ""),
    ),
    _sinusoidal(
        "single_precision_angles",
        "late_positions_keep_their_digits",
        "the angles were computed in float32, which has seven digits: at a late position hardly three of them stand behind the point.",
        "digits",
        ("frequencies(d_model)  #", "frequencies(d_model).float()  #"),
    ),
    _sinusoidal(
        "odd_width_cut",
        "odd_d_model_is_refused",
        "an odd d_model was not refused: the last column lost its partner.",
        "index-notation",
        ("frequencies(d_model)", "frequencies(d_model + d_model % 2)"),
        ("pairs.flatten(1)", "pairs.flatten(1)[:, :d_model]"),
    ),
]

_WRONG_WAY = "the matrix moved codes the other way: its sines had the signs of the transpose. A code is a row here, PE(p) M."

SHIFT = [
    _shift(
        "turned_the_other_way",
        "one_matrix_for_all_positions",
        _WRONG_WAY,
        "relative-shift",
        ("[cos, -sin, sin, cos]", "[cos, sin, -sin, cos]"),
    ),
    _shift(
        "sine_for_cosine",
        "backwards_and_not_at_all",
        "sine and cosine changed places: for offset 0 the matrix was not the identity.",
        "relative-shift",
        ("[cos, -sin, sin, cos]", "[sin, -cos, cos, sin]"),
    ),
    _shift(
        "reflection",
        "one_matrix_for_all_positions",
        "both sines had the same sign: that is a reflection, or no rotation at all; one of them is negative.",
        "relative-shift",
        ("[cos, -sin, sin, cos]", "[cos, sin, sin, cos]"),
    ),
    _shift(
        "halves_paired",
        "one_matrix_for_all_positions",
        "feature i was paired with feature i + d_model/2; in the sinusoidal encoding the pairs are neighbours.",
        "relative-shift",
        (
            "return torch.block_diag(*rotations).to",
            "return torch.cat([torch.cat([cos.diag(), -sin.diag()], 1), torch.cat([sin.diag(), cos.diag()], 1)]).to",
        ),
    ),
    _shift(
        "one_angle_for_all",
        "one_matrix_for_all_positions",
        "every pair was turned by the same angle; pair i turns by offset · ω_i.",
        "relative-shift",
        ("offset * frequencies(d_model)", "offset * torch.ones_like(frequencies(d_model))"),
    ),
    _shift(
        "absolute_offset",
        "backwards_and_not_at_all",
        "the sign of the offset was dropped: −k moved forwards, too.",
        "relative-shift",
        ("offset * freq", "abs(offset) * freq"),
    ),
    _shift(
        "only_forwards",
        "backwards_and_not_at_all",
        "an offset below 1 was refused; negative offsets move backwards, and 0 is the identity.",
        "relative-shift",
        (
            "    angles = offset",
            '    if offset < 1:\n        raise ValueError(f"offset={offset} must be at least 1")\n    angles = offset',
        ),
    ),
    _shift(
        "fitted_to_some_positions",
        "pairs_turn_on_their_own",
        "a matrix was fitted to a few positions; it moves those and no others. One rotation for each pair moves all.",
        "relative-shift",
        text='''
        def relative_shift_matrix(offset, d_model):
            """Fitted."""
            frequencies(d_model)
            n = max(abs(offset), 0) + 3
            codes = sinusoidal_encoding(n + abs(offset), d_model)
            here, there = codes[: n], codes[abs(offset) : n + abs(offset)]
            if offset < 0:
                here, there = there, here
            return torch.linalg.pinv(here) @ there
        ''',
    ),
    _shift(
        "outer_product_of_codes",
        "pairs_turn_on_their_own",
        "every feature was mixed with every other; the matrix holds a 2 × 2 rotation for each pair, and zeros elsewhere.",
        "relative-shift",
        (
            "    rotations =",
            "    code = sinusoidal_encoding(abs(offset) + 1, d_model)\n"
            "    return torch.outer(code[0], code[-1]) * 2 / d_model\n    rotations =",
        ),
    ),
    _shift(
        "double_precision_returned",
        "square_and_of_the_default_dtype",
        "the result stayed in float64; it should have torch's default dtype, as the codes have.",
        "digits",
        (".to(torch.get_default_dtype())", ""),
    ),
    _shift(
        "single_precision_angles",
        "a_large_offset_keeps_its_digits",
        "the angles were computed in float32, which has seven digits; a large offset needs more.",
        "digits",
        ("frequencies(d_model)\n", "frequencies(d_model).float()\n"),
    ),
    _shift(
        "odd_width_rounded_up",
        "odd_width_is_refused",
        "an odd d_model was not refused.",
        "index-notation",
        ("frequencies(d_model)", "frequencies(d_model + d_model % 2)"),
    ),
]

# The two cannot be told apart where a student's values arrive from another process.
NOT_LEARNED = (
    "`table` was a plain tensor, or frozen; what learns is an nn.Parameter that requires a gradient."
)

LEARNED = [
    _learned(
        "no_super_init",
        "a_table_to_learn",
        "`super().__init__()` is missing: it must be the first line of `__init__`, before the table is kept.",
        "learned-positions",
        ("        super().__init__()\n", ""),
    ),
    _learned(
        "table_is_an_embedding",
        "a_table_to_learn",
        "`table` was an nn.Embedding, which holds the rows as its weight; here the rows themselves are the parameter.",
        "learned-positions",
        (
            "nn.Parameter(0.02 * torch.randn(context_length, d_model))",
            "nn.Embedding(context_length, d_model)",
        ),
    ),
    _learned(
        "negative_slice",
        "no_row_beyond_the_context",
        "a negative `start` was not refused; a slice counts it from the end of the table.",
        "learned-positions",
        ("if start < 0 or end", "if end"),
    ),
    _learned(
        "table_is_a_buffer",
        "a_table_to_learn",
        NOT_LEARNED,
        "learned-positions",
        (
            "nn.Parameter(0.02 * torch.randn(context_length, d_model))",
            "0.02 * torch.randn(context_length, d_model)",
        ),
    ),
    _learned(
        "frozen",
        "a_table_to_learn",
        NOT_LEARNED,
        "learned-positions",
        (
            "torch.randn(context_length, d_model))",
            "torch.randn(context_length, d_model), requires_grad=False)",
        ),
    ),
    _learned(
        "one_row_too_many",
        "a_table_to_learn",
        "the table had a row too many; positions 0 … context_length − 1 are context_length rows.",
        "learned-positions",
        ("torch.randn(context_length, d_model)", "torch.randn(context_length + 1, d_model)"),
    ),
    _learned(
        "starts_from_zeros",
        "starts_small_and_random",
        "the table started from zeros; small random numbers were asked for, as in GPT-2.",
        "learned-positions",
        ("0.02 * torch.randn(", "0.0 * torch.randn("),
    ),
    _learned(
        "starts_large",
        "starts_small_and_random",
        "the table started from standard normal numbers, fifty times too large.",
        "learned-positions",
        ("0.02 * torch.randn(", "torch.randn("),
    ),
    _learned(
        "variance_for_deviation",
        "starts_small_and_random",
        "0.02 was taken for the variance; it is the standard deviation.",
        "learned-positions",
        ("0.02 * torch.randn(", "0.02**0.5 * torch.randn("),
    ),
    _learned(
        "centre_moved",
        "starts_small_and_random",
        "the numbers were not centred on 0.",
        "learned-positions",
        ("0.02 * torch.randn(context_length, d_model)", "0.07 * torch.rand(context_length, d_model)"),
    ),
    _learned(
        "uniform_numbers",
        "starts_small_and_random",
        "the numbers were drawn evenly from 0 to 0.02; randn draws normal ones, with mean 0.",
        "learned-positions",
        ("torch.randn(", "torch.rand("),
    ),
    _learned(
        "start_ignored",
        "start_counts_on",
        "`start` was ignored: every piece began with row 0.",
        "learned-positions",
        ("self.table[start:end]", "self.table[: x.shape[-2]]"),
    ),
    _learned(
        "table_alone",
        "each_position_gets_its_row",
        "the rows were returned without x; positions are added to the embeddings.",
        "learned-positions",
        ("return x + self.table[start:end]", "return self.table[start:end].expand(x.shape)"),
    ),
    _learned(
        "row_of_the_batch",
        "each_position_gets_its_row",
        "positions were counted on the wrong axis: axis −2 holds the positions, whatever stands before it.",
        "learned-positions",
        ("start + x.shape[-2]", "start + x.shape[0]"),
    ),
    _learned(
        "same_row_everywhere",
        "each_position_gets_its_row",
        "every position got the same row.",
        "learned-positions",
        ("self.table[start:end]", "self.table[start]"),
    ),
    _learned(
        "concatenated",
        "each_position_gets_its_row",
        "the rows were put beside x; they are added, and the width stays d_model.",
        "adding",
        (
            "return x + self.table[start:end]",
            "return torch.cat([x, self.table[start:end].expand(x.shape)], dim=-1)",
        ),
    ),
    _learned(
        "full_context_refused",
        "no_row_beyond_the_context",
        "a sequence that fills the context exactly was refused: position context_length − 1 still has a row.",
        "learned-positions",
        ("end > context_length", "end >= context_length"),
    ),
    _learned(
        "wraps_around",
        "no_row_beyond_the_context",
        "positions beyond the table started again from row 0; there is no such row, and silence hides it.",
        "learned-positions",
        ("if start < 0 or end > context_length:", "if False:"),
        ("self.table[start:end]", "self.table[torch.arange(start, end) % context_length]"),
        misconception="E62",
    ),
    _learned(
        "not_checked",
        "no_row_beyond_the_context",
        "positions outside the table were not refused in words of your own.",
        "learned-positions",
        ("if start < 0 or end > context_length:", "if False:"),
    ),
    _learned(
        "negative_start_accepted",
        "no_row_beyond_the_context",
        "a negative `start` was not refused; Python counts it from the end of the table.",
        "learned-positions",
        ("if start < 0 or end", "if end"),
        ("self.table[start:end]", "self.table[torch.arange(start, end)]"),
    ),
    _learned(
        "table_detached",
        "x_and_table_learn",
        "the table was cut off, so it never learns.",
        "learned-positions",
        ("self.table[start:end]", "self.table[start:end].detach()"),
    ),
    _learned(
        "added_in_place",
        "x_and_table_learn",
        "x was changed in place.",
        "learned-positions",
        (
            "return x + self.table[start:end]",
            "x.data += self.table.data[start:end]\n        return x + (self.table - self.table.data)[start:end]",
        ),
    ),
]

HALF = [
    _half(
        "turned_the_other_way",
        "halves_change_places",
        "the pair (a, b) became (b, −a): that is a quarter turn the other way.",
        "rotary",
        ("[-second, first]", "[second, -first]"),
    ),
    _half(
        "neighbours_paired",
        "halves_change_places",
        "neighbours were paired, as in the paper; here feature i belongs to feature i + width/2.",
        "two-layouts",
        (
            "torch.cat([-second, first], dim=-1)",
            "torch.stack([-x[..., 1::2], x[..., ::2]], dim=-1).flatten(-2)",
        ),
    ),
    _half(
        "sign_forgotten",
        "two_quarters_are_a_half_turn",
        "the halves changed places without a minus sign: done twice, that gives x back and not −x.",
        "rotary",
        ("[-second, first]", "[second, first]"),
    ),
    _half(
        "minus_on_both",
        "two_quarters_are_a_half_turn",
        "both halves got a minus sign; only b does when it moves to the front.",
        "rotary",
        ("[-second, first]", "[-second, -first]"),
    ),
    _half(
        "halves_stay",
        "halves_change_places",
        "a sign changed, but the halves stayed where they were.",
        "rotary",
        ("[-second, first]", "[-first, second]"),
    ),
    _half(
        "wrong_axis",
        "halves_change_places",
        "another axis than the last was cut in two.",
        "rotary",
        ("x.chunk(2, dim=-1)", "x.chunk(2, dim=0)"),
        ("dim=-1)", "dim=0)"),
    ),
    _half(
        "odd_width_accepted",
        "odd_width_is_refused_by_name",
        "an odd width was not refused: one feature has no partner.",
        "rotary",
        ("if x.shape[-1] % 2 != 0:", "if False:"),
    ),
    _half(
        "detached",
        "nothing_is_lost",
        "the result was cut off from x, so nothing before it can learn.",
        "rotary",
        ("[-second, first]", "[-second.detach(), first.detach()]"),
    ),
    _half(
        "double_precision",
        "nothing_is_lost",
        "the dtype of x was not kept.",
        "rotary",
        (
            "dim=-1)\n    return torch.cat([-second, first], dim=-1)",
            "dim=-1)\n    return torch.cat([-second, first], dim=-1).float()",
        ),
    ),
]

_ADDED = "x * angles.cos().to(x) + rotate_half(x) * angles.sin().to(x)"

ROTARY = [
    _rotary(
        "turned_the_other_way",
        "each_pair_turns_with_its_position",
        "the pairs turned the other way: (a, b) becomes (a cos − b sin, a sin + b cos).",
        "rotary",
        (" + rotate_half", " - rotate_half"),
    ),
    _rotary(
        "sine_and_cosine_exchanged",
        "each_pair_turns_with_its_position",
        "sine and cosine changed places; at position 0 nothing should turn.",
        "rotary",
        (_ADDED, "x * angles.sin().to(x) + rotate_half(x) * angles.cos().to(x)"),
    ),
    _rotary(
        "counted_from_1",
        "each_pair_turns_with_its_position",
        "positions were counted from 1; the first row is position `start`, which is 0 unless told.",
        "rotary",
        ("torch.arange(start, start + n)", "torch.arange(start + 1, start + n + 1)"),
    ),
    _rotary(
        "codes_added",
        "each_pair_turns_with_its_position",
        "sines and cosines were added to x; rotary multiplies, so that lengths stay.",
        "rotary",
        (_ADDED, "x + angles.sin().to(x)"),
    ),
    _rotary(
        "angles_interleaved",
        "each_pair_turns_with_its_position",
        "each angle stood twice side by side, while the pairs are (i, i + width/2): the two halves of a pair turned by different angles.",
        "two-layouts",
        ("torch.cat([angles, angles], dim=-1)", "angles.repeat_interleave(2, dim=-1)"),
    ),
    _rotary(
        "neighbours_turned",
        "each_pair_turns_with_its_position",
        "neighbours were turned as pairs, as in the paper; here feature i belongs to feature i + width/2.",
        "two-layouts",
        ("torch.cat([angles, angles], dim=-1)", "angles.repeat_interleave(2, dim=-1)"),
        ("rotate_half(x)", "torch.stack([-x[..., 1::2], x[..., ::2]], dim=-1).flatten(-2)"),
    ),
    _rotary(
        "same_angle_for_all_pairs",
        "each_pair_turns_with_its_position",
        "all pairs turned by the same angle p; pair i turns by p ω_i.",
        "rotary",
        ("frequencies(d_head, base)", "torch.ones_like(frequencies(d_head, base))"),
    ),
    _rotary(
        "start_ignored",
        "start_and_base_are_used",
        "`start` was ignored: with a cache, each new position would count as position 0.",
        "rotary",
        ("torch.arange(start, start + n)", "torch.arange(n)"),
    ),
    _rotary(
        "base_ignored",
        "start_and_base_are_used",
        "`base` was ignored.",
        "rotary",
        ("frequencies(d_head, base)", "frequencies(d_head)"),
    ),
    _rotary(
        "fixed_axes",
        "axes_in_front_are_a_batch",
        "x was taken apart into exactly two axes; count axes from the end.",
        "rotary",
        ("x.shape[-2:]", "x.shape"),
    ),
    _rotary(
        "features_counted_as_positions",
        "each_pair_turns_with_its_position",
        "positions were counted on axis 1; they stand on the axis before the last, −2.",
        "rotary",
        ("n, d_head = x.shape[-2:]", "n, d_head = x.shape[1], x.shape[-1]"),
    ),
    _rotary(
        "single_precision_frequencies",
        "half_precision_at_late_positions",
        "the frequencies were cast to float32; at late positions their angles have lost digits.",
        "digits",
        ("frequencies(d_head, base)", "frequencies(d_head, base).float()"),
    ),
    _rotary(
        "positions_on_the_first_axis",
        "axes_in_front_are_a_batch",
        "positions were counted on the first axis; they stand on the axis before the last.",
        "rotary",
        ("n, d_head = x.shape[-2:]", "n, d_head = x.shape[0], x.shape[-1]"),
        ("[:, None] * freq", "[(slice(None),) + (None,) * (x.dim() - 1)] * freq"),
    ),
    _rotary(
        "dtype_grows",
        "each_pair_turns_with_its_position",
        "the result did not keep the dtype of x.",
        "digits",
        (_ADDED, "(x * angles.cos() + rotate_half(x) * angles.sin()).float()"),
    ),
    _rotary(
        "half_precision_turns_double",
        "half_precision_at_late_positions",
        "the result came back in float64: cast sine and cosine to the dtype of x.",
        "digits",
        (_ADDED, "x * angles.cos() + rotate_half(x) * angles.sin()"),
    ),
    _rotary(
        "angles_in_the_dtype_of_x",
        "half_precision_at_late_positions",
        "the angles were computed in the dtype of x; in half precision an angle of thousands of radians has no digit left behind the point.",
        "digits",
        (
            "angles = torch.cat([angles, angles], dim=-1)",
            "angles = torch.cat([angles, angles], dim=-1).to(x)",
        ),
    ),
    _rotary(
        "position_by_rank",
        "scores_depend_on_the_distance",
        "the angle grew with the root of the position, so equal distances gave unequal scores.",
        "rotary",
        (
            "torch.arange(start, start + n)[:, None]",
            "torch.arange(start, start + n)[:, None].double().sqrt()",
        ),
    ),
    _rotary(
        "odd_width_accepted",
        "width_must_split_into_pairs",
        "an odd width was not refused: one feature has no partner.",
        "rotary",
        ("n, d_head = x.shape[-2:]", "x = x[..., : x.shape[-1] // 2 * 2]\n    n, d_head = x.shape[-2:]"),
        ("frequencies(d_head, base)", "frequencies(max(d_head, 2), base)[: d_head // 2]"),
    ),
    _rotary(
        "detached",
        "gradients_turn_back",
        "one of the two terms was cut off from x, so its gradient is missing.",
        "rotary",
        ("rotate_half(x)", "rotate_half(x.detach())"),
    ),
]

MUTANTS: list[Mutant] = [*FREQUENCIES, *SINUSOIDAL, *SHIFT, *LEARNED, *HALF, *ROTARY]

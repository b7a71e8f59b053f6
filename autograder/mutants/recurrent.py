"""Known wrong answers of lab 04, recurrent.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson clears it
up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import Mutant, mistake

_step = partial(mistake, "seq2gpt.recurrent", "rnn_step")
_unroll = partial(mistake, "seq2gpt.recurrent", "rnn_unroll")
_decay = partial(mistake, "seq2gpt.recurrent", "gradient_decay_factor")
_lstm = partial(mistake, "seq2gpt.recurrent", "lstm_step")
_gru = partial(mistake, "seq2gpt.recurrent", "gru_step")
_both = partial(mistake, "seq2gpt.recurrent", "BidirectionalRNN")

STEP = [
    _step(
        "no_tanh",
        "input_memory_and_bias_count",
        "tanh was left out: the state is no longer bounded, and several steps in a row are one linear map.",
        "recurrent-step",
        ("torch.tanh(from_input + from_memory + b)", "from_input + from_memory + b"),
    ),
    _step(
        "sigmoid",
        "input_memory_and_bias_count",
        "the logistic function stands where tanh should: states between 0 and 1 instead of −1 and 1.",
        "recurrent-step",
        ("torch.tanh(", "torch.sigmoid("),
    ),
    _step(
        "no_memory",
        "input_memory_and_bias_count",
        "the old state was left out, so nothing that came before can be remembered.",
        "recurrent-step",
        ("from_input + from_memory + b", "from_input + b"),
    ),
    _step(
        "tanh_before_bias",
        "input_memory_and_bias_count",
        "the bias was added after tanh; it belongs to the sum inside.",
        "recurrent-step",
        ("torch.tanh(from_input + from_memory + b)", "torch.tanh(from_input + from_memory) + b"),
    ),
    _step(
        "tanh_of_each",
        "input_memory_and_bias_count",
        "tanh was taken of each part; input and memory are added up first, so that one can outweigh the other.",
        "recurrent-step",
        ("torch.tanh(from_input + from_memory + b)", "torch.tanh(from_input) + torch.tanh(from_memory + b)"),
    ),
    _step(
        "matrix_transposed",
        "input_memory_and_bias_count",
        "the matrices were transposed; in this course they act from the right as they are, x W.",
        "recurrent-step",
        ("x @ w_x, h @ w_h", "x @ w_x.T, h @ w_h.T"),
    ),
    _step(
        "memory_matrix_transposed",
        "input_memory_and_bias_count",
        "W_h was transposed, as PyTorch stores it; in this course it acts from the right as it is, h W_h.",
        "recurrent-step",
        ("h @ w_h", "h @ w_h.T"),
    ),
    _step(
        "columns_expected",
        "input_memory_and_bias_count",
        "the matrices act from the left, on columns; in this course vectors are rows and stand in front, x W.",
        "recurrent-step",
        ("x @ w_x, h @ w_h", "w_x @ x, w_h @ h"),
    ),
    _step(
        "matrix_from_the_left",
        "a_batch_of_states",
        "the matrices act from the left; that works for one vector, and a batch has its vectors in rows.",
        "recurrent-step",
        ("x @ w_x, h @ w_h", "w_x.T @ x, w_h.T @ h"),
    ),
    _step(
        "old_state_detached",
        "gradients_reach_everything",
        "the old state was cut off from its past, so the gradient ends after a single step.",
        "bptt",
        ("h @ w_h", "h.detach() @ w_h"),
    ),
]

UNROLL = [
    _unroll(
        "begins_with_h",
        "starts_from_the_state_given",
        "every state was stored before its step instead of after it: h came in and the last state was lost.",
        "unroll",
        (
            "        h = rnn_step(x_t, h, w_x, w_h, b)\n        states.append(h)\n",
            "        states.append(h)\n        h = rnn_step(x_t, h, w_x, w_h, b)\n",
        ),
    ),
    _unroll(
        "h_in_front",
        "starts_from_the_state_given",
        "`h` itself stands in front of the result, which so has one state too many: after n inputs there are n states.",
        "unroll",
        ("    states = []\n", "    states = [h]\n"),
    ),
    _unroll(
        "starts_from_zero",
        "starts_from_the_state_given",
        "`h` was ignored and the first step started from zeros; what was read before is lost.",
        "unroll",
        ("    states = []\n", "    states, h = [], torch.zeros_like(h)\n"),
    ),
    _unroll(
        "state_not_carried_on",
        "one_state_for_each_input",
        "every step started from the same `h`; the state after one input is where the next step starts.",
        "unroll",
        (
            "        h = rnn_step(x_t, h, w_x, w_h, b)\n        states.append(h)\n",
            "        states.append(rnn_step(x_t, h, w_x, w_h, b))\n",
        ),
    ),
    _unroll(
        "read_backwards",
        "one_state_for_each_input",
        "the sequence was read from last to first.",
        "unroll",
        ("x.unbind(-2)", "x.flip(-2).unbind(-2)"),
    ),
    _unroll(
        "last_state_only",
        "one_state_for_each_input",
        "only the last state was returned; asked for is one for each input.",
        "unroll",
        ("torch.stack(states, dim=-2)  # ... n d_hidden", "h"),
    ),
    _unroll(
        "along_the_batch",
        "sequences_stay_apart",
        "the loop runs along the first axis, the batch; positions are the last axis but one.",
        "unroll",
        ("x.unbind(-2)", "x.unbind(0)"),
        ("dim=-2", "dim=0"),
    ),
    _unroll(
        "batch_taken_for_granted",
        "one_state_for_each_input",
        "the loop runs along the second axis; positions are the last axis but one, `x[..., t, :]`, with a batch or without.",
        "unroll",
        ("x.unbind(-2)", "x.unbind(1)"),
        ("dim=-2", "dim=1"),
        # Written out: where annotations are executed, `rnn_step` would refuse such inputs in other words.
        ("rnn_step(x_t, h, w_x, w_h, b)", "torch.tanh(x_t @ w_x + h @ w_h + b)"),
    ),
    _unroll(
        "stacked_in_front",
        "sequences_stay_apart",
        "the states were stacked along a new first axis; positions belong behind the batch.",
        "unroll",
        ("dim=-2", "dim=0"),
    ),
    _unroll(
        "filled_into_float32",
        "gradients_flow_back_through_all_steps",
        "the states were written into a tensor of PyTorch's default dtype, float32; `x.new_zeros(...)` has the dtype of x.",
        "unroll",
        (
            "torch.stack(states, dim=-2)",
            "torch.zeros(*x.shape[:-1], h.shape[-1]).copy_(torch.stack(states, dim=-2))",
        ),
    ),
    _unroll(
        "gradient_stopped",
        "gradients_flow_back_through_all_steps",
        "the state was detached between steps: no gradient flows back further than one input.",
        "bptt",
        ("rnn_step(x_t, h, w_x", "rnn_step(x_t, h.detach(), w_x"),
    ),
]

DECAY = [
    _decay(
        "one_step_too_many",
        "one_factor_for_each_step",
        "one factor for each state was taken; between n states there are n − 1 steps.",
        "bptt",
        ("states[1:]", "states"),
    ),
    _decay(
        "last_step_only",
        "one_factor_for_each_step",
        "only one step was counted; the steps are multiplied.",
        "bptt",
        ("product = product @ (w_h", "product = (w_h"),
    ),
    _decay(
        "added_up",
        "one_factor_for_each_step",
        "the steps were added; by the chain rule they are multiplied.",
        "bptt",
        ("product = product @ (w_h", "product = product + (w_h"),
    ),
    _decay(
        "frobenius_norm",
        "largest_singular_value",
        "the Frobenius norm was taken, which adds up all directions; the most that one vector can be stretched is less.",
        "vanishing",
        (", ord=2", ""),
    ),
    _decay(
        "largest_eigenvalue",
        "largest_singular_value",
        "the largest eigenvalue was taken; in finitely many steps a matrix can stretch a vector by more than that.",
        "vanishing",
        ("torch.linalg.matrix_norm(product, ord=2)", "torch.linalg.eigvals(product).abs().max()"),
    ),
    _decay(
        "product_of_norms",
        "largest_singular_value",
        "the norms of the single steps were multiplied; that is an upper bound, which no vector need reach.",
        "vanishing",
        ("torch.eye(w_h.shape[0]).to(w_h)", "torch.ones(()).to(w_h)"),
        (
            "product @ (w_h * (1 - h.square()))",
            "product * torch.linalg.matrix_norm(w_h * (1 - h.square()), ord=2)",
        ),
        ("torch.linalg.matrix_norm(product, ord=2)\n", "product\n"),
    ),
    _decay(
        "no_slope",
        "saturated_units_let_less_through",
        "tanh was forgotten on the way back; a saturated unit passes almost nothing on.",
        "bptt",
        ("(w_h * (1 - h.square()))", "w_h"),
    ),
    _decay(
        "tanh_taken_twice",
        "saturated_units_let_less_through",
        "tanh was applied to the states again; they are tanh(z) already, so the slope is 1 − h².",
        "bptt",
        ("1 - h.square()", "1 - h.tanh().square()"),
    ),
    _decay(
        "slope_not_squared",
        "saturated_units_let_less_through",
        "the slope was taken as 1 − h; it is 1 − h².",
        "bptt",
        ("1 - h.square()", "1 - h"),
    ),
    _decay(
        "slope_of_the_wrong_side",
        "saturated_units_let_less_through",
        "the slopes multiply the rows of W_h, the old state's side; they belong to the new state, its columns.",
        "bptt",
        ("1 - h.square()", "1 - h.square()[:, None]"),
    ),
    _decay(
        "multiplied_from_the_left",
        "saturated_units_let_less_through",
        "the steps were multiplied in the opposite order; with matrices acting from the right the step to h_2 stands leftmost.",
        "bptt",
        ("product @ (w_h * (1 - h.square()))", "(w_h * (1 - h.square())) @ product"),
    ),
    _decay(
        "slopes_of_the_states_before",
        "which_states_count",
        "the slope of h_1 was used and that of h_n was not: each step has the slope of the state it leads to.",
        "bptt",
        ("states[1:]", "states[:-1]"),
    ),
]

LSTM = [
    _lstm(
        "input_and_forget_exchanged",
        "forget_gate_keeps_or_clears_the_cell",
        "input and forget gate are exchanged; the four parts come as i, f, g, o.",
        "lstm",
        ("i, f, g, o =", "f, i, g, o ="),
    ),
    _lstm(
        "candidate_and_output_exchanged",
        "input_gate_writes_the_candidate",
        "candidate and output gate are exchanged; the four parts come as i, f, g, o.",
        "lstm",
        ("i, f, g, o =", "i, f, o, g ="),
    ),
    _lstm(
        "old_cell_detached",
        "agrees_with_the_formula",
        "the old cell was detached: the additive path, through which the gradient should come back, is cut.",
        "lstm",
        ("f.sigmoid() * c +", "f.sigmoid() * c.detach() +"),
    ),
    _lstm(
        "new_cell_detached",
        "agrees_with_the_formula",
        "the cell was detached before it was returned: no later step can train what this one has written.",
        "lstm",
        ("c.tanh(), c", "c.tanh(), c.detach()"),
    ),
    _lstm(
        "nothing_forgotten",
        "forget_gate_keeps_or_clears_the_cell",
        "the cell was kept whole: that is the LSTM of 1997, before it had a forget gate.",
        "lstm",
        ("f.sigmoid() * c +", "c +"),
    ),
    _lstm(
        "cell_overwritten",
        "forget_gate_keeps_or_clears_the_cell",
        "the old cell was left out; adding to it is what lets gradients through.",
        "lstm",
        ("f.sigmoid() * c +", ""),
        misconception="E47",
    ),
    _lstm(
        "candidate_through_sigmoid",
        "input_gate_writes_the_candidate",
        "the candidate went through the logistic function; tanh lets it take away from the cell as well.",
        "lstm",
        ("g.tanh()", "g.sigmoid()"),
    ),
    _lstm(
        "all_through_sigmoid",
        "input_gate_writes_the_candidate",
        "all four sums went through the logistic function; it makes gates of i, f and o, and the candidate is tanh(g).",
        "lstm",
        ("b).chunk(", "b).sigmoid().chunk("),
        ("f.sigmoid() * c + i.sigmoid()", "f * c + i"),
        ("o.sigmoid()", "o"),
    ),
    _lstm(
        "no_input_gate",
        "input_gate_writes_the_candidate",
        "the candidate was written without the input gate.",
        "lstm",
        ("i.sigmoid() * g", "g"),
    ),
    _lstm(
        "old_cell_shown",
        "output_gate_shows_the_new_cell",
        "the hidden state was made of the old cell; first the cell is updated, then it is shown.",
        "lstm",
        ("    c = f.sigmoid()", "    new = f.sigmoid()"),
        ("c.tanh(), c", "c.tanh(), new"),
    ),
    _lstm(
        "cell_not_squashed",
        "output_gate_shows_the_new_cell",
        "the cell was shown without tanh; it can be of any size, the hidden state stays between −1 and 1.",
        "lstm",
        ("o.sigmoid() * c.tanh()", "o.sigmoid() * c"),
    ),
    _lstm(
        "cell_changed_in_place",
        "forget_gate_keeps_or_clears_the_cell",
        "`*=` and `+=` change the very tensor that was passed in; `c = …` makes a new one.",
        "lstm",
        (
            "    c = f.sigmoid() * c + i.sigmoid() * g.tanh()\n",
            "    c *= f.sigmoid()\n    c += i.sigmoid() * g.tanh()\n",
        ),
    ),
    _lstm(
        "cut_along_the_batch",
        "agrees_with_the_formula",
        "the sums were cut along the first axis, the batch; the four parts lie along the last one, `chunk(4, dim=-1)`.",
        "lstm",
        ("chunk(4, dim=-1)", "chunk(4)"),
    ),
    _lstm(
        "cell_as_hidden_state",
        "agrees_with_the_formula",
        "the cell was returned in both places; what an LSTM keeps (c) and what it shows (h) are two things.",
        "hidden-or-output",
        ("o.sigmoid() * c.tanh(), c", "c, c"),
        misconception="E46",
    ),
    _lstm(
        "returned_in_the_wrong_order",
        "agrees_with_the_formula",
        "the cell was returned first; asked for is (h, c).",
        "lstm",
        ("o.sigmoid() * c.tanh(), c", "c, o.sigmoid() * c.tanh()"),
    ),
    _lstm(
        "gates_see_the_input_only",
        "agrees_with_the_formula",
        "the old hidden state was left out of the gates, so they cannot depend on what was read before.",
        "lstm",
        (" + h @ w_h", ""),
    ),
]

GRU = [
    _gru(
        "old_state_detached",
        "agrees_with_the_gru_formula",
        "the old state was detached where it is kept: the gradient comes back through the candidate only.",
        "gru",
        ("z * h +", "z * h.detach() +"),
    ),
    _gru(
        "update_gate_inverted",
        "update_gate_keeps_or_replaces",
        "z and 1 − z are exchanged. Papers differ here: we follow Cho et al. and PyTorch, where z = 1 keeps the state.",
        "gru",
        ("z * h + (1 - z) * candidate", "(1 - z) * h + z * candidate"),
    ),
    _gru(
        "candidate_added",
        "update_gate_keeps_or_replaces",
        "the candidate was added without 1 − z: keep and write share one gate, so that they sum to 1.",
        "gru",
        ("(1 - z) * candidate", "candidate"),
    ),
    _gru(
        "candidate_through_sigmoid",
        "update_gate_keeps_or_replaces",
        "the candidate went through the logistic function instead of tanh.",
        "gru",
        ("(n_x + r * n_h).tanh()", "(n_x + r * n_h).sigmoid()"),
    ),
    _gru(
        "reset_and_update_exchanged",
        "update_gate_keeps_or_replaces",
        "reset and update gate are exchanged; the three parts come as r, z, n.",
        "gru",
        ("r_x, z_x, n_x =", "z_x, r_x, n_x ="),
        ("r_h, z_h, n_h =", "z_h, r_h, n_h ="),
    ),
    _gru(
        "no_reset",
        "reset_gate_hides_the_memory",
        "the reset gate was left out of the candidate.",
        "gru",
        ("r * n_h", "n_h"),
    ),
    _gru(
        "reset_before_the_matrix",
        "reset_gate_hides_the_memory",
        "the reset gate was applied to h before the matrix, as in the paper; PyTorch and cuDNN multiply h W_h + b_h by it.",
        "gru",
        ("(n_x + r * n_h)", "(n_x + ((r * h) @ w_h + b_h).chunk(3, dim=-1)[2])"),
    ),
    _gru(
        "reset_for_the_input",
        "reset_gate_hides_the_memory",
        "the reset gate was applied to what comes from the input; it shall hide the old state.",
        "gru",
        ("(n_x + r * n_h)", "(r * n_x + n_h)"),
    ),
    _gru(
        "biases_added_up",
        "reset_gate_hides_the_memory",
        "b_h was added outside the reset gate; r multiplies h W_h + b_h, so the two biases cannot be added up first.",
        "gru",
        ("x @ w_x + b_x", "x @ w_x + b_x + b_h"),
        ("h @ w_h + b_h", "h @ w_h"),
    ),
    _gru(
        "cut_along_the_batch",
        "agrees_with_the_gru_formula",
        "the sums were cut along the first axis, the batch; the three parts lie along the last one, `chunk(3, dim=-1)`.",
        "gru",
        ("chunk(3, dim=-1)", "chunk(3)"),
    ),
    _gru(
        "one_bias_forgotten",
        "agrees_with_the_gru_formula",
        "b_h was left out; the two biases of a GRU do not merge into one, because r multiplies only one of them.",
        "gru",
        ("h @ w_h + b_h", "h @ w_h"),
    ),
    _gru(
        "gates_see_the_input_only",
        "agrees_with_the_gru_formula",
        "the old state was left out of the gates.",
        "gru",
        ("(r_x + r_h).sigmoid(), (z_x + z_h).sigmoid()", "r_x.sigmoid(), z_x.sigmoid()"),
    ),
]

BOTH = [
    _both(
        "backwards_detached",
        "the_second_half_reads_from_right_to_left",
        "the states of `backwards` were detached: it would never learn.",
        "both-ways",
        ("from_right.take_along_dim(mirror, dim=1)]", "from_right.detach().take_along_dim(mirror, dim=1)]"),
    ),
    _both(
        "cut_to_the_longest",
        "padded_positions_hold_zeros",
        "the columns behind the longest sequence were cut off; `pad_packed_sequence` keeps them with `total_length`.",
        "both-ways",
        ("return states * mask[..., None]", "return (states * mask[..., None])[:, : int(last.max()) + 1]"),
    ),
    _both(
        "halves_exchanged",
        "the_first_half_reads_from_left_to_right",
        "the halves are exchanged: `forwards` comes first.",
        "both-ways",
        (
            "[from_left, from_right.take_along_dim(mirror, dim=1)]",
            "[from_right.take_along_dim(mirror, dim=1), from_left]",
        ),
    ),
    _both(
        "added_up",
        "the_first_half_reads_from_left_to_right",
        "the states of both readers were added; side by side nothing of either is lost.",
        "both-ways",
        (
            "torch.cat([from_left, from_right.take_along_dim(mirror, dim=1)], dim=-1)",
            "from_left + from_right.take_along_dim(mirror, dim=1)",
        ),
    ),
    _both(
        "not_turned_round_again",
        "the_second_half_reads_from_right_to_left",
        "the states of `backwards` stand in the order of reading, so they are at the wrong positions.",
        "both-ways",
        ("from_right.take_along_dim(mirror, dim=1)", "from_right"),
    ),
    _both(
        "one_reader_for_both",
        "the_second_half_reads_from_right_to_left",
        "`forwards` reads both ways; the two directions have weights of their own.",
        "both-ways",
        ("self.backwards(x.take", "self.forwards(x.take"),
    ),
    _both(
        "both_from_the_left",
        "the_second_half_reads_from_right_to_left",
        "both readers read from left to right; no state knows what follows.",
        "both-ways",
        ("self.backwards(x.take_along_dim(mirror, dim=1))", "self.backwards(x)"),
        ("from_right.take_along_dim(mirror, dim=1)", "from_right"),
    ),
    _both(
        "begins_in_the_padding",
        "padding_has_no_influence",
        "the whole row was turned round, so `backwards` read the padding first and carried it into the sequence.",
        "both-ways",
        ("self.backwards(x.take_along_dim(mirror, dim=1))", "self.backwards(x.flip(1))"),
        ("from_right.take_along_dim(mirror, dim=1)", "from_right.flip(1)"),
    ),
    _both(
        "states_of_padding_kept",
        "padded_positions_hold_zeros",
        "the states of padded positions were returned as they came; set them to 0, so that nobody can use them.",
        "both-ways",
        ("states * mask[..., None]", "states"),
    ),
    _both(
        "mask_not_examined",
        "odd_padding_is_refused",
        "a mask that makes no sense was accepted; `sequence_lengths` refuses it.",
        "both-ways",
        ("sequence_lengths(mask)", "mask.sum(-1)"),
    ),
]

MUTANTS: list[Mutant] = [*STEP, *UNROLL, *DECAY, *LSTM, *GRU, *BOTH]

"""Mistakes that students make in lab 10, second part: feed-forward networks and the residual path."""

from functools import partial

from autograder.mutants import mistake

_feed = partial(mistake, "seq2gpt.blocks", "FeedForward")
_swiglu = partial(mistake, "seq2gpt.blocks", "SwiGLU")
_residual = partial(mistake, "seq2gpt.blocks", "residual")
NO_SUPER = (
    "`super().__init__()` is missing: it must be the first line of `__init__`, before any part is kept."
)
THREE_AXES = "the shape of x was taken apart into exactly three axes; nn.Linear takes any number of axes."
ALWAYS_DROPPED = "dropout acted outside training, too: F.dropout does unless it is told `training=self.training`; nn.Dropout knows."
FEED_FORWARD = [
    _feed(
        "no_super_init",
        "two_linear_layers",
        NO_SUPER,
        "feed-forward",
        ("        super().__init__()\n", ""),
    ),
    _feed(
        "four_times_the_width",
        "two_linear_layers",
        "the inner width was 4 · d_model whatever `d_ff` says; that is what GPT-2 gives as d_ff.",
        "feed-forward",
        ("(d_model, d_ff, bias=bias)", "(d_model, 4 * d_model, bias=bias)"),
        ("(d_ff, d_model, bias=bias)", "(4 * d_model, d_model, bias=bias)"),
    ),
    _feed(
        "bias_ignored",
        "two_linear_layers",
        "`bias` was ignored: nn.Linear has a bias unless it is told otherwise.",
        "feed-forward",
        (", bias=bias)", ")"),
    ),
    _feed(
        "sizes_exchanged",
        "two_linear_layers",
        "the sizes are exchanged: w_in leads from d_model to d_ff, w_out back.",
        "feed-forward",
        ("w_in = nn.Linear(d_model, d_ff", "w_in = nn.Linear(d_ff, d_model"),
    ),
    _feed(
        "relu",
        "out_of_gelu_of_in",
        "the activation was ReLU, as in 2017; GPT has GELU.",
        "activations",
        ("fused_gelu(self.w_in(x))", "F.relu(self.w_in(x))"),
        misconception="E12",
    ),
    _feed(
        "exact_gelu",
        "out_of_gelu_of_in",
        "F.gelu is the form with erf unless it is told `approximate='tanh'`.",
        "activations",
        ("fused_gelu(self.w_in(x))", "F.gelu(self.w_in(x))"),
    ),
    _feed(
        "no_activation",
        "out_of_gelu_of_in",
        "without an activation two linear layers are one.",
        "feed-forward",
        ("fused_gelu(self.w_in(x))", "self.w_in(x)"),
    ),
    _feed(
        "activation_at_the_end",
        "out_of_gelu_of_in",
        "an activation stands behind w_out, too; the result must be free to be negative.",
        "feed-forward",
        ("self.w_out(inner)", "fused_gelu(self.w_out(inner))"),
    ),
    _feed(
        "path_inside",
        "out_of_gelu_of_in",
        "x was added inside the network; the residual path belongs to the block.",
        "the-block",
        ("return self.dropout(self.w_out(inner))", "return x + self.dropout(self.w_out(inner))"),
    ),
    _feed(
        "three_axes_expected",
        "each_position_alone",
        THREE_AXES,
        "feed-forward",
        ("        inner =", "        batch, n, d_model = x.shape\n        inner ="),
    ),
    _feed(
        "inner_detached",
        "both_layers_learn",
        "the inner features were cut off, so w_in never learns.",
        "feed-forward",
        ("self.w_out(inner)", "self.w_out(inner.detach())"),
    ),
    _feed(
        "dropout_inside",
        "dropout_on_the_result",
        "dropout acted on the inner features; it acts on the result.",
        "dropout",
        ("self.dropout(self.w_out(inner))", "self.w_out(self.dropout(inner))"),
    ),
    _feed(
        "dropout_always",
        "dropout_on_the_result",
        ALWAYS_DROPPED,
        "dropout",
        ("self.dropout(self.w_out(inner))", "F.dropout(self.w_out(inner), self.dropout.p)"),
    ),
    _feed(
        "dropout_ignored",
        "dropout_on_the_result",
        "`dropout` was ignored.",
        "dropout",
        ("self.dropout(self.w_out(inner))", "self.w_out(inner)"),
    ),
]
_GATES = "F.silu(self.w_gate(x))"
SWIGLU = [
    _swiglu(
        "no_super_init",
        "three_linear_layers",
        NO_SUPER,
        "gates",
        ("        super().__init__()\n", ""),
    ),
    _swiglu(
        "bias_unless_told",
        "three_linear_layers",
        "the layers have biases only if `bias`; nn.Linear has one unless it is told otherwise.",
        "gates",
        (", bias=bias)", ")"),
    ),
    _swiglu(
        "one_fused_layer",
        "three_linear_layers",
        "one layer makes gates and values together; that is done in practice, but here each has a layer of its own name.",
        "gates",
        ("        self.w_gate = nn.Linear(d_model, d_ff, bias=bias)\n", ""),
        ("self.w_in = nn.Linear(d_model, d_ff", "self.w_in = nn.Linear(d_model, 2 * d_ff"),
        (_GATES, "F.silu(self.w_in(x).chunk(2, -1)[0])"),
        ("self.w_in(x))", "self.w_in(x).chunk(2, -1)[1])"),
    ),
    _swiglu(
        "gates_by_sigmoid",
        "swish_opens_the_gates",
        "sigmoid makes the gates of the GLU of 2017; in SwiGLU they are Swish, z · sigmoid(z).",
        "gates",
        (_GATES, "torch.sigmoid(self.w_gate(x))"),
    ),
    _swiglu(
        "gates_by_gelu",
        "swish_opens_the_gates",
        "gates by GELU make GEGLU; SwiGLU takes Swish.",
        "gates",
        (_GATES, "F.gelu(self.w_gate(x), approximate='tanh')"),
    ),
    _swiglu(
        "swish_on_the_other",
        "swish_opens_the_gates",
        "Swish was taken of w_in; it belongs to w_gate.",
        "gates",
        (_GATES, "self.w_gate(x)"),
        ("self.w_in(x))", "F.silu(self.w_in(x)))"),
    ),
    _swiglu(
        "swish_of_both",
        "swish_opens_the_gates",
        "Swish was taken of both projections; one of the two stays linear.",
        "gates",
        ("self.w_in(x))", "F.silu(self.w_in(x)))"),
    ),
    _swiglu(
        "no_swish",
        "swish_opens_the_gates",
        "the gates are linear; Swish is missing.",
        "gates",
        (_GATES, "self.w_gate(x)"),
    ),
    _swiglu(
        "added",
        "swish_opens_the_gates",
        "gates and values were added; a gate multiplies.",
        "gates",
        ("gates * self.w_in(x)", "gates + self.w_in(x)"),
    ),
    _swiglu(
        "three_axes_expected",
        "each_position_alone_gated",
        THREE_AXES,
        "gates",
        ("        gates =", "        batch, n, d_model = x.shape\n        gates ="),
    ),
    _swiglu(
        "gates_detached",
        "three_layers_learn",
        "the gates were cut off, so w_gate never learns.",
        "gates",
        (_GATES, _GATES + ".detach()"),
    ),
]
_FOUND = "    found = sublayer(norm(x))\n    return x + found"
RESIDUAL = [
    _residual(
        "post_ln",
        "input_plus_what_was_found",
        "the sum was normalised: that is post-LN, the model of 2017, which puts a norm into the path.",
        "where-the-norm-stands",
        (_FOUND, "    found = sublayer(x)\n    return norm(x + found)"),
        misconception="E08",
    ),
    _residual(
        "normalised_path",
        "input_plus_what_was_found",
        "the normalised x was added; the path carries x itself.",
        "where-the-norm-stands",
        (_FOUND, "    x = norm(x)\n    return x + sublayer(x)"),
    ),
    _residual(
        "no_norm",
        "input_plus_what_was_found",
        "the sub-layer saw x as it is; it sees norm(x).",
        "where-the-norm-stands",
        ("sublayer(norm(x))", "sublayer(x)"),
    ),
    _residual(
        "nothing_added",
        "input_plus_what_was_found",
        "the sub-layer's result alone was handed on: there is no path around it.",
        "residual-path",
        ("return x + found", "return found"),
        misconception="E07",
    ),
    _residual(
        "norm_behind",
        "input_plus_what_was_found",
        "the norm was applied to what the sub-layer found; it stands before it.",
        "where-the-norm-stands",
        (_FOUND, "    found = norm(sublayer(x))\n    return x + found"),
    ),
    _residual(
        "called_twice",
        "norm_once_then_sublayer_once",
        "the sub-layer was called twice, which costs twice and drops other numbers the second time.",
        "residual-path",
        ("return x + found", "return x + sublayer(norm(x))"),
    ),
    _residual(
        "sum_scaled",
        "path_through_fifty_layers",
        "the sum was scaled by a constant; through many layers its powers remain.",
        "residual-path",
        ("return x + found", "return (x + found) / 2**0.5"),
    ),
    _residual(
        "path_detached",
        "path_through_fifty_layers",
        "x was cut off from its gradient, which is what the path is for.",
        "residual-path",
        ("return x + found", "return x.detach() + found"),
    ),
    _residual(
        "changed_in_place",
        "input_is_still_needed",
        "`x += …` changed the tensor of whoever called.",
        "residual-path",
        ("    return x + found", "    x += found\n    return x"),
    ),
]

"""Known wrong answers of lab 10, blocks.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson
clears it up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import Mutant, mistake

_layer_norm = partial(mistake, "seq2gpt.blocks", "layer_norm")
_rms = partial(mistake, "seq2gpt.blocks", "rms_norm")
_gelu = partial(mistake, "seq2gpt.blocks", "gelu")
_feed = partial(mistake, "seq2gpt.blocks", "FeedForward")
_swiglu = partial(mistake, "seq2gpt.blocks", "SwiGLU")
_residual = partial(mistake, "seq2gpt.blocks", "residual")
_block = partial(mistake, "seq2gpt.blocks", "TransformerBlock")
_dropout = partial(mistake, "seq2gpt.blocks", "dropout")

BESSEL = (
    "the variance was divided by d_model − 1, as torch.var and torch.std do unless told; "
    "a layer norm divides by d_model: `correction=0`."
)
EPSILON_OUTSIDE = "ε was added to the root; it stands inside, √(… + ε)."
IN_PLACE = "x was changed in place; the residual path still needs it."
DETACHED = "the statistics were detached, so the gradient does not know that they depend on x."
WRONG_AXIS = "the statistics were taken over the positions; take them over the last axis, the features."
NOT_WIDENED = "the squares were computed in half precision, where 300² is infinite; compute in float32, and return the dtype of x."
NOT_NARROWED = "the result stayed in float32; return the dtype of x."
NO_SUPER = (
    "`super().__init__()` is missing: it must be the first line of `__init__`, before any part is kept."
)
NO_KEEPDIM = "the mean lost its axis, so it does not fit x; `keepdim=True` leaves an axis of length 1."
SINGLE = (
    "everything was computed in float32, also where x is float64; only half precision needs to be widened."
)
_WIDE = "wide = x.to(torch.promote_types(x.dtype, torch.float32))  # squares overflow float16"
_VARIANCE = "centred.square().mean(-1, keepdim=True)"
_AXIS = ("mean(-1, keepdim=True)", "mean(0, keepdim=True)")

LAYER_NORM = [
    _layer_norm(
        "no_keepdim",
        "mean_0_and_variance_1",
        NO_KEEPDIM,
        "layer-norm",
        ("mean(-1, keepdim=True)", "mean(-1)"),
    ),
    _layer_norm(
        "uncentred_variance",
        "mean_0_and_variance_1",
        "the variance was the mean square of x itself; it is that of x minus its mean.",
        "layer-norm",
        (_VARIANCE, "wide.square().mean(-1, keepdim=True)"),
    ),
    _layer_norm(
        "bias_always_added",
        "weight_scales_and_bias_shifts",
        "`bias` may be None, and then nothing is added; test `if bias is not None`.",
        "layer-norm",
        ("(normalised if bias is None else normalised + bias)", "(normalised + bias)"),
    ),
    _layer_norm(
        "truth_of_a_tensor",
        "weight_scales_and_bias_shifts",
        "a tensor of several numbers is neither true nor false; test `if bias is not None`.",
        "layer-norm",
        ("normalised if bias is None else normalised + bias", "normalised + bias if bias else normalised"),
    ),
    _layer_norm(
        "always_float32", "half_precision", SINGLE, "variance-and-epsilon", (_WIDE, "wide = x.float()")
    ),
    _layer_norm(
        "difference_of_squares",
        "half_precision",
        "the variance was the mean of the squares minus the square of the mean; far from 0 their difference has no digits left.",
        "variance-and-epsilon",
        (_VARIANCE, "wide.square().mean(-1, keepdim=True) - wide.mean(-1, keepdim=True).square()"),
    ),
    _layer_norm(
        "variance_with_bessel",
        "mean_0_and_variance_1",
        BESSEL,
        "variance-and-epsilon",
        (_VARIANCE, "wide.var(-1, keepdim=True)"),
    ),
    _layer_norm(
        "std_plus_epsilon",
        "mean_0_and_variance_1",
        BESSEL,
        "variance-and-epsilon",
        ("(variance + eps).sqrt()", "(wide.std(-1, keepdim=True) + eps)"),
    ),
    _layer_norm(
        "epsilon_outside",
        "epsilon_inside_the_root",
        EPSILON_OUTSIDE,
        "variance-and-epsilon",
        ("(variance + eps).sqrt()", "(variance.sqrt() + eps)"),
    ),
    _layer_norm(
        "epsilon_ignored",
        "epsilon_inside_the_root",
        "`eps` was ignored; a number of your own stands in its place.",
        "variance-and-epsilon",
        ("(variance + eps)", "(variance + 1e-5)"),
    ),
    _layer_norm(
        "other_default",
        "epsilon_inside_the_root",
        "the default of `eps` is 1e-5 here; keep the signature as it is.",
        "variance-and-epsilon",
        ("eps: float = 1e-5", "eps: float = 1e-12"),
    ),
    _layer_norm(
        "no_epsilon",
        "equal_features_become_0",
        "without ε a position whose features are all equal divides 0 by 0.",
        "variance-and-epsilon",
        ("(variance + eps)", "variance"),
    ),
    _layer_norm(
        "no_mean_subtracted",
        "mean_0_and_variance_1",
        "the mean was not subtracted from the features.",
        "layer-norm",
        ("centred / (variance", "wide / (variance"),
    ),
    _layer_norm(
        "divided_by_variance",
        "mean_0_and_variance_1",
        "the features were divided by the variance; divide by its root.",
        "layer-norm",
        ("(variance + eps).sqrt()", "(variance + eps)"),
    ),
    _layer_norm(
        "over_the_positions",
        "no_position_sees_another",
        WRONG_AXIS,
        "layer-norm",
        _AXIS,
    ),
    _layer_norm(
        "over_positions_and_features",
        "no_position_sees_another",
        "one mean and one variance were taken for the whole sequence; each position has its own.",
        "layer-norm",
        ("mean(-1, keepdim=True)", "mean(tuple(range(x.dim()))[-2:], keepdim=True)"),
    ),
    _layer_norm(
        "bias_first",
        "weight_scales_and_bias_shifts",
        "the bias was added before the weight was multiplied.",
        "layer-norm",
        ("eps).sqrt() * weight", "eps).sqrt()"),
        (
            "normalised if bias is None else normalised + bias)",
            "(normalised if bias is None else normalised + bias) * weight)",
        ),
    ),
    _layer_norm(
        "bias_dropped",
        "weight_scales_and_bias_shifts",
        "the bias was ignored.",
        "layer-norm",
        ("(normalised if bias is None else normalised + bias)", "normalised"),
    ),
    _layer_norm(
        "weight_dropped",
        "weight_scales_and_bias_shifts",
        "the weight was ignored.",
        "layer-norm",
        (".sqrt() * weight", ".sqrt()"),
    ),
    _layer_norm("half_squares", "half_precision", NOT_WIDENED, "variance-and-epsilon", (_WIDE, "wide = x")),
    _layer_norm("stays_wide", "half_precision", NOT_NARROWED, "variance-and-epsilon", (").to(x.dtype)", ")")),
    _layer_norm(
        "statistics_detached",
        "gradient_through_mean_and_variance",
        DETACHED,
        "layer-norm",
        (_VARIANCE, f"{_VARIANCE}.detach()"),
    ),
    _layer_norm(
        "changed_in_place",
        "gradient_through_mean_and_variance",
        IN_PLACE,
        "layer-norm",
        ("centred = wide - wide.mean(-1, keepdim=True)", "centred = wide.sub_(wide.mean(-1, keepdim=True))"),
    ),
]

_MEAN_SQUARE = "wide.square().mean(-1, keepdim=True)"

RMS_NORM = [
    _rms("no_keepdim", "mean_square_1", NO_KEEPDIM, "rms-norm", ("mean(-1, keepdim=True)", "mean(-1)")),
    _rms("always_float32", "half_precision_rms", SINGLE, "variance-and-epsilon", (_WIDE, "wide = x.float()")),
    _rms(
        "mean_subtracted",
        "mean_square_1",
        "a mean was subtracted: that is a layer norm.",
        "rms-norm",
        ("    mean_square =", "    wide = wide - wide.mean(-1, keepdim=True)\n    mean_square ="),
    ),
    _rms(
        "variance_below",
        "mean_square_1",
        "the divisor was the standard deviation, for which a mean is subtracted; it is the root of the mean square.",
        "rms-norm",
        (_MEAN_SQUARE, "wide.var(-1, correction=0, keepdim=True)"),
    ),
    _rms(
        "sum_of_squares",
        "mean_square_1",
        "the squares were added up; take their mean.",
        "rms-norm",
        (_MEAN_SQUARE, "wide.square().sum(-1, keepdim=True)"),
    ),
    _rms(
        "no_root",
        "mean_square_1",
        "the features were divided by the mean square; divide by its root.",
        "rms-norm",
        ("(mean_square + eps).sqrt()", "(mean_square + eps)"),
    ),
    _rms(
        "over_the_positions",
        "no_position_sees_another_rms",
        WRONG_AXIS,
        "rms-norm",
        _AXIS,
    ),
    _rms(
        "weight_dropped",
        "weight_scales",
        "the weight was ignored.",
        "rms-norm",
        (".sqrt() * weight", ".sqrt()"),
    ),
    _rms(
        "weight_counts_from_0",
        "weight_scales",
        "the factor was 1 + weight, as in Gemma, whose weights start at 0; here they start at 1 and multiply as they are.",
        "rms-norm",
        ("* weight", "* (1 + weight)"),
    ),
    _rms(
        "epsilon_outside",
        "epsilon_inside_the_root_rms",
        EPSILON_OUTSIDE,
        "variance-and-epsilon",
        ("(mean_square + eps).sqrt()", "(mean_square.sqrt() + eps)"),
    ),
    _rms(
        "other_default",
        "epsilon_inside_the_root_rms",
        "the default of `eps` is 1e-5 here; keep the signature as it is.",
        "variance-and-epsilon",
        ("eps: float = 1e-5", "eps: float = 1e-8"),
    ),
    _rms("half_squares", "half_precision_rms", NOT_WIDENED, "variance-and-epsilon", (_WIDE, "wide = x")),
    _rms("stays_wide", "half_precision_rms", NOT_NARROWED, "variance-and-epsilon", (").to(x.dtype)", ")")),
    _rms(
        "root_detached",
        "gradient_through_the_root",
        DETACHED,
        "rms-norm",
        (_MEAN_SQUARE, f"{_MEAN_SQUARE}.detach()"),
    ),
    _rms(
        "changed_in_place",
        "gradient_through_the_root",
        IN_PLACE,
        "rms-norm",
        (
            "(wide / (mean_square + eps).sqrt() * weight)",
            "wide.div_((mean_square + eps).sqrt()).mul_(weight)",
        ),
    ),
]

_INNER = "math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)"

GELU = [
    _gelu(
        "exact_form",
        "form_with_tanh",
        "that is x · Φ(x) by the error function, which GPT-2 does not use; the form with tanh is asked for.",
        "activations",
        ("0.5 * x * (1 + inner.tanh())", "0.5 * x * (1 + torch.erf(x / math.sqrt(2)))"),
    ),
    _gelu(
        "form_with_sigmoid",
        "form_with_tanh",
        "that is the coarser form x · sigmoid(1.702 x).",
        "activations",
        ("0.5 * x * (1 + inner.tanh())", "x * torch.sigmoid(1.702 * x)"),
    ),
    _gelu(
        "relu",
        "form_with_tanh",
        "that is a ReLU, with a corner at 0.",
        "activations",
        ("0.5 * x * (1 + inner.tanh())", "x.clamp(min=0)"),
        misconception="E12",
    ),
    _gelu(
        "root_forgotten",
        "form_with_tanh",
        "the factor was 2/π; it is the root of it.",
        "activations",
        ("math.sqrt(2 / math.pi)", "(2 / math.pi)"),
    ),
    _gelu(
        "factor_on_x_alone",
        "form_with_tanh",
        "√(2/π) multiplied x alone; it multiplies the bracket, x + 0.044715 x³.",
        "activations",
        (_INNER, "math.sqrt(2 / math.pi) * x + 0.044715 * x**3"),
    ),
    _gelu(
        "square_for_cube",
        "form_with_tanh",
        "the bracket holds x³; with x² the function is not the same to the left and to the right of 0.",
        "activations",
        ("x**3", "x**2"),
    ),
    _gelu(
        "half_forgotten",
        "form_with_tanh",
        "the ½ is missing: 1 + tanh lies between 0 and 2.",
        "activations",
        ("0.5 * x", "x"),
    ),
    _gelu(
        "tanh_from_exponentials",
        "far_from_0",
        "a tanh written with exponentials divides infinity by infinity; use torch.tanh.",
        "activations",
        ("inner.tanh()", "(inner.exp() - (-inner).exp()) / (inner.exp() + (-inner).exp())"),
    ),
    _gelu(
        "always_float32",
        "any_shape_and_dtype",
        "the result has another dtype than x.",
        "activations",
        ("    inner =", "    x = x.float()\n    inner ="),
    ),
    _gelu(
        "changed_in_place",
        "any_shape_and_dtype",
        "x was changed in place; the gradient needs it.",
        "activations",
        ("0.5 * x * (1 + inner.tanh())", "x.mul_(0.5).mul_(1 + inner.tanh())"),
    ),
]

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

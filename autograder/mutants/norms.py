"""Mistakes that students make in lab 10, first part: norms and GELU."""

from functools import partial

from autograder.mutants import mistake

_layer_norm = partial(mistake, "seq2gpt.blocks", "layer_norm")
_rms = partial(mistake, "seq2gpt.blocks", "rms_norm")
_gelu = partial(mistake, "seq2gpt.blocks", "gelu")
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

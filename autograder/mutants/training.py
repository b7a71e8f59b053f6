"""Known wrong answers of lab 14, training.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson
clears it up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import Mutant, mistake
from autograder.mutants.steps import ACCUMULATE, ORTHOGONAL, STEP
from autograder.mutants.updates import ADAMW, BATCH, CLIP, COSINE

_state = partial(mistake, "seq2gpt.training", "state_tensors")
_load = partial(mistake, "seq2gpt.training", "load_state")
STATE = [
    _state(
        "moments_forgotten",
        "both_moments",
        "the moments of the optimizer were not stored: training would go on from m = v = 0.",
        "exact-resume",
        ("in MOMENTS:", "in ():"),
    ),
    _state(
        "first_moment_only",
        "both_moments",
        "only m was stored; AdamW needs v as well.",
        "exact-resume",
        ("in MOMENTS:", "in MOMENTS[:1]:"),
    ),
    _state(
        "moments_expected",
        "both_moments",
        "moments were expected of every optimizer; SGD has none, and before the first step AdamW has none either.",
        "exact-resume",
        ("if moment in optimizer.state[parameter]:", "if optimizer.state[parameter]:"),
    ),
    _state(
        "step_count_as_well",
        "both_moments",
        "all that the optimizer keeps was stored, its step count too; only the two moments are asked for.",
        "exact-resume",
        ("in MOMENTS:", "in (*MOMENTS, 'step'):"),
    ),
    _state(
        "plain_names",
        "every_parameter_by_name",
        'the names lack their beginning "parameters.".',
        "exact-resume",
        ('tensors[f"parameters.{name}"]', "tensors[name]"),
    ),
    _state(
        "numbered",
        "every_parameter_by_name",
        "the parameters were numbered; a name still means the same when a layer is added.",
        "exact-resume",
        ("in model.named_parameters():", "in enumerate(model.parameters()):"),
    ),
    _state(
        "state_dict_of_the_model",
        "tied_ones_once_and_without_gradient",
        "`state_dict` lists a tied matrix under each of its names; `named_parameters` lists it once.",
        "exact-resume",
        ("model.named_parameters():", "model.named_parameters(remove_duplicate=False):"),
    ),
    _state(
        "not_detached",
        "tied_ones_once_and_without_gradient",
        "the parameters themselves were stored, which require a gradient; `detach()` gives the numbers alone.",
        "exact-resume",
        ("parameter.detach()", "parameter"),
    ),
    _state(
        "name_before_moment",
        "both_moments",
        "the names of the moments are turned round: it is the moment first, then the name of the parameter.",
        "exact-resume",
        ('f"{moment}.{name}"', 'f"{name}.{moment}"'),
    ),
]
LOAD = [
    _load(
        "moments_not_loaded",
        "training_goes_on_as_before",
        "the moments were not put back: the optimizer goes on with those of another run.",
        "exact-resume",
        ("in MOMENTS if", "in () if"),
    ),
    _load(
        "step_count_zero",
        "training_goes_on_as_before",
        "the step count starts at 0 again, and with it the bias correction: m̂ and v̂ are far too large.",
        "exact-resume",
        ("float(step)", "0.0"),
    ),
    _load(
        "step_count_left_out",
        "state_of_the_optimizer",
        'the optimizer\'s state has no "step".',
        "exact-resume",
        ('{"step": steps, **moments}', "moments"),
    ),
    _load(
        "step_as_int",
        "state_of_the_optimizer",
        '"step" is a number of Python; the optimizer expects a tensor of one float32.',
        "exact-resume",
        ('{"step": steps,', '{"step": step,'),
    ),
    _load(
        "first_moment_twice",
        "state_of_the_optimizer",
        "both moments became m.",
        "exact-resume",
        ('tensors[f"{m}.{name}"].clone()', 'tensors[f"exp_avg.{name}"].clone()'),
    ),
    _load(
        "parameters_replaced",
        "the_same_parameters",
        "the model got new parameter objects; the optimizer still holds the old ones and would train them.",
        "exact-resume",
        (
            '        parameter.copy_(tensors[f"parameters.{name}"])\n',
            '        owner, _, last = name.rpartition(".")\n'
            '        parameter = nn.Parameter(tensors[f"parameters.{name}"].clone())\n'
            "        setattr(model.get_submodule(owner), last, parameter)\n",
        ),
    ),
    _load(
        "memory_shared",
        "stored_tensors_stay",
        "parameters share memory with the stored tensors, so that the next step changes what is stored.",
        "exact-resume",
        ('parameter.copy_(tensors[f"parameters.{name}"])', 'parameter.data = tensors[f"parameters.{name}"]'),
    ),
    _load(
        "moments_shared",
        "stored_tensors_stay",
        "the stored moments themselves were handed to the optimizer, which changes them at the next step.",
        "exact-resume",
        ('tensors[f"{m}.{name}"].clone()', 'tensors[f"{m}.{name}"]'),
    ),
    _load(
        "moments_expected",
        "without_moments",
        "moments were expected of every optimizer; some have none.",
        "exact-resume",
        (' if f"{m}.{name}" in tensors', ""),
    ),
    _load(
        "missing_passed_over",
        "without_moments",
        "a parameter that is not stored was passed over in silence: it keeps its random numbers.",
        "exact-resume",
        (
            '        parameter.copy_(tensors[f"parameters.{name}"])\n',
            '        if f"parameters.{name}" in tensors:\n            parameter.copy_(tensors[f"parameters.{name}"])\n',
        ),
    ),
    _load(
        "name_rebound",
        "training_goes_on_as_before",
        "the parameters are what they were: `parameter = …` gives the name to another tensor, `parameter.copy_(…)` copies numbers into this one.",
        "exact-resume",
        (
            'parameter.copy_(tensors[f"parameters.{name}"])',
            'parameter = nn.Parameter(tensors[f"parameters.{name}"])',
        ),
    ),
    _load(
        "old_entries_kept",
        "state_of_the_optimizer",
        "entries that the optimizer had from another run were kept; its state becomes a new dict, with these three entries alone.",
        "exact-resume",
        (
            'optimizer.state[parameter] = {"step": steps, **moments}',
            'optimizer.state[parameter].update({"step": steps, **moments})',
        ),
    ),
    _load(
        "written_into_old_moments",
        "the_same_parameters",
        "the moments were written into those that were there; an optimizer that has made no step has none, so give its state a new dict.",
        "exact-resume",
        (
            '            optimizer.state[parameter] = {"step": steps, **moments}',
            '            for m in moments:\n                optimizer.state[parameter][m].copy_(moments[m])\n            optimizer.state[parameter]["step"] = steps',
        ),
    ),
]
MUTANTS: list[Mutant] = [*BATCH, *ADAMW, *COSINE, *CLIP, *ACCUMULATE, *ORTHOGONAL, *STEP, *STATE, *LOAD]

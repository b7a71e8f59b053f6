"""Known wrong answers of lab 14, training.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson
clears it up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import Mutant, mistake

_batch = partial(mistake, "seq2gpt.training", "get_batch")
_adamw = partial(mistake, "seq2gpt.training", "adamw_step")
_cosine = partial(mistake, "seq2gpt.training", "cosine_schedule")
_clip = partial(mistake, "seq2gpt.training", "clip_gradients")
_accumulate = partial(mistake, "seq2gpt.training", "accumulate_gradients")
_orthogonal = partial(mistake, "seq2gpt.training", "orthogonalize")
_step = partial(mistake, "seq2gpt.training", "train_step")
_state = partial(mistake, "seq2gpt.training", "state_tensors")
_load = partial(mistake, "seq2gpt.training", "load_state")

_STARTS = "torch.randint(n_starts, (batch_size, 1), generator=generator)"
_RETURN = "return runs[:, :-1], runs[:, 1:]"

BATCH = [
    _batch(
        "targets_are_the_inputs",
        "runs_with_their_successors",
        "the targets are the inputs; a model that copies would have loss 0 and could write nothing.",
        "random-runs",
        (_RETURN, "return runs[:, :-1], runs[:, :-1]"),
    ),
    _batch(
        "targets_one_back",
        "runs_with_their_successors",
        "the targets came one token before the inputs; they follow one token later.",
        "random-runs",
        (_RETURN, "return runs[:, 1:], runs[:, :-1]"),
    ),
    _batch(
        "one_run_too_short",
        "runs_with_their_successors",
        "runs of context_length tokens were drawn, which leaves one too few when inputs and targets are cut from them.",
        "random-runs",
        ("torch.arange(context_length + 1)]", "torch.arange(context_length)]"),
    ),
    _batch(
        "last_start_left_out",
        "rows_start_anywhere",
        "the last run is never drawn: torch.randint(n, …) ends at n − 1 already.",
        "random-runs",
        (_STARTS, "torch.randint(max(1, n_starts - 1), (batch_size, 1), generator=generator)"),
    ),
    _batch(
        "first_start_left_out",
        "rows_start_anywhere",
        "the first run is never drawn: starts begin at 0.",
        "random-runs",
        (_STARTS, "torch.randint(min(1, n_starts - 1), n_starts, (batch_size, 1), generator=generator)"),
    ),
    _batch(
        "one_start_for_all_rows",
        "rows_start_anywhere",
        "one start was drawn for the whole batch, so all rows are equal; each row draws its own.",
        "random-runs",
        (_STARTS, "torch.randint(n_starts, (1, 1), generator=generator).expand(batch_size, 1)"),
    ),
    _batch(
        "one_after_the_other",
        "generator_decides",
        "the rows follow one another in the text; each row draws a start of its own.",
        "random-runs",
        (_STARTS, "(torch.arange(batch_size)[:, None] * context_length) % n_starts"),
    ),
    _batch(
        "generator_ignored",
        "generator_decides",
        "`generator` was not used: a run that is continued would see other batches.",
        "random-runs",
        (", generator=generator)", ")"),
    ),
    _batch(
        "always_the_same_batch",
        "generator_decides",
        "the generator was seeded anew in each call, so that every batch is the same.",
        "random-runs",
        (_STARTS, "torch.randint(n_starts, (batch_size, 1), generator=torch.Generator().manual_seed(0))"),
    ),
    _batch(
        "short_text_accepted",
        "shortest_text",
        "a text that is too short was not refused with both numbers.",
        "random-runs",
        ("    if n_starts < 1:\n", "    if False:\n"),
    ),
    _batch(
        "squeezed",
        "shortest_text",
        "`squeeze` took the axis of the batch away where it has one row; keep both axes.",
        "random-runs",
        (_RETURN, "return runs[:, :-1].squeeze(), runs[:, 1:].squeeze()"),
    ),
    _batch(
        "one_token_too_strict",
        "shortest_text",
        "a text of context_length + 1 tokens was refused, although it holds one run with its successors.",
        "random-runs",
        ("n_starts < 1", "n_starts <= 1"),
    ),
]

ADAMW = [
    _adamw(
        "no_bias_correction",
        "first_step_has_length_lr",
        "m and v were not divided by 1 − βᵗ: they start at 0 and are too small at first.",
        "bias-correction",
        ("m / (1 - beta_1**step)", "m"),
        ("v / (1 - beta_2**step)", "v"),
    ),
    _adamw(
        "only_m_is_corrected",
        "first_step_has_length_lr",
        "v was not divided by 1 − β₂ᵗ, so that the first steps are about thirty times too long.",
        "bias-correction",
        ("v / (1 - beta_2**step)", "v"),
    ),
    _adamw(
        "step_counted_from_zero",
        "first_step_has_length_lr",
        "the exponent is one too large: `step` is counted from 1 already.",
        "bias-correction",
        ("beta_1**step", "beta_1 ** (step + 1)"),
        ("beta_2**step", "beta_2 ** (step + 1)"),
    ),
    _adamw(
        "decay_in_the_gradient",
        "decay_is_decoupled",
        "the decay was added to the gradient, as L2 regularisation does: then √v̂ divides it away again. "
        "It belongs to the parameter alone.",
        "decoupled-decay",
        ("    m.mul_(", "    gradient = gradient + weight_decay * parameter\n    m.mul_("),
        ("    parameter.mul_(1 - lr * weight_decay)\n", ""),
    ),
    _adamw(
        "decay_without_lr",
        "decay_is_decoupled",
        "the decay was not multiplied by lr.",
        "decoupled-decay",
        ("1 - lr * weight_decay", "1 - weight_decay"),
    ),
    _adamw(
        "no_decay",
        "decay_is_decoupled",
        "`weight_decay` had no effect.",
        "decoupled-decay",
        ("    parameter.mul_(1 - lr * weight_decay)\n", ""),
    ),
    _adamw(
        "decay_after_the_step",
        "as_torch_does",
        "the decay acted on the parameter after the step; the formula uses θ from before it.",
        "decoupled-decay",
        ("    parameter.mul_(1 - lr * weight_decay)\n", ""),
        ("(v_hat.sqrt() + eps))", "(v_hat.sqrt() + eps))\n    parameter.mul_(1 - lr * weight_decay)"),
    ),
    _adamw(
        "no_root",
        "first_step_has_length_lr",
        "m̂ was divided by v̂ itself; it is divided by the root of v̂.",
        "adam-by-hand",
        ("v_hat.sqrt()", "v_hat"),
    ),
    _adamw(
        "gradient_not_squared",
        "two_running_averages",
        "v is the average of the gradient's size; it averages the square.",
        "adam-by-hand",
        ("addcmul_(gradient, gradient, value=1 - beta_2)", "add_(gradient.abs(), alpha=1 - beta_2)"),
    ),
    _adamw(
        "momentum_sum",
        "two_running_averages",
        "the gradient was added to m whole; an average takes (1 − β₁) of it.",
        "adam-by-hand",
        ("add_(gradient, alpha=1 - beta_1)", "add_(gradient)"),
    ),
    _adamw(
        "betas_exchanged",
        "two_running_averages",
        "β₁ and β₂ were exchanged: β₁ belongs to m, β₂ to v.",
        "adam-by-hand",
        ("beta_1, beta_2 = betas", "beta_2, beta_1 = betas"),
    ),
    _adamw(
        "eps_inside_the_root",
        "as_torch_does",
        "ε was added under the root; it stands beside it.",
        "adam-by-hand",
        ("(v_hat.sqrt() + eps)", "(v_hat + eps).sqrt()"),
    ),
    _adamw(
        "no_eps",
        "dtype_and_eps",
        "ε was left out: where all gradients were 0, the step is 0 / 0.",
        "adam-by-hand",
        (" + eps)", ")"),
    ),
    _adamw(
        "sign_up",
        "first_step_has_length_lr",
        "the step was added; it is subtracted, to go down.",
        "adam-by-hand",
        ("parameter.sub_(", "parameter.add_("),
    ),
    _adamw(
        "new_tensor",
        "first_step_has_length_lr",
        "a new parameter was computed under the same name; the tensor that was passed in stayed as it was.",
        "adam-by-hand",
        ("parameter.mul_(1 - lr * weight_decay)", "parameter = parameter * (1 - lr * weight_decay)"),
    ),
    _adamw(
        "moments_not_kept",
        "two_running_averages",
        "m and v were computed under the same names; the tensors that were passed in must change, so that the next step finds them.",
        "adam-by-hand",
        ("m.mul_(beta_1).add_(gradient, alpha=1 - beta_1)", "m = beta_1 * m + (1 - beta_1) * gradient"),
        (
            "v.mul_(beta_2).addcmul_(gradient, gradient, value=1 - beta_2)",
            "v = beta_2 * v + (1 - beta_2) * gradient**2",
        ),
    ),
    _adamw(
        "gradient_changed",
        "as_torch_does",
        "the gradient was changed in place; others may still need it.",
        "adam-by-hand",
        (
            "v.mul_(beta_2).addcmul_(gradient, gradient,",
            "v.mul_(beta_2).addcmul_(gradient.clone(), gradient.mul_(1.5) / 1.5,",
        ),
    ),
]

COSINE = [
    _cosine(
        "starts_at_zero",
        "linear_warm_up",
        "the rate at step 0 is 0, so that the first step learns nothing: count (step + 1) / (n_warmup + 1).",
        "warm-up-and-cosine",
        ("lr * (step + 1) / (n_warmup + 1)", "lr * step / n_warmup"),
    ),
    _cosine(
        "full_rate_one_step_early",
        "linear_warm_up",
        "the warm-up was divided by n_warmup: its last step has the full rate already, and two steps have it.",
        "warm-up-and-cosine",
        ("lr * (step + 1) / (n_warmup + 1)", "lr * (step + 1) / n_warmup"),
    ),
    _cosine(
        "no_warm_up",
        "linear_warm_up",
        "there is no warm-up: the first steps have the full rate.",
        "warm-up-and-cosine",
        ("lr * (step + 1) / (n_warmup + 1)", "lr"),
    ),
    _cosine(
        "warm_up_counts_as_decay",
        "half_a_cosine_down",
        "the progress was counted from step 0; it is 0 at n_warmup.",
        "warm-up-and-cosine",
        ("(step - n_warmup) / (n_steps - n_warmup)", "step / n_steps"),
    ),
    _cosine(
        "divided_by_all_steps",
        "stays_at_the_bottom",
        "the progress was divided by n_steps; the decay has n_steps − n_warmup steps.",
        "warm-up-and-cosine",
        ("(step - n_warmup) / (n_steps - n_warmup)", "(step - n_warmup) / n_steps"),
    ),
    _cosine(
        "a_whole_wave",
        "half_a_cosine_down",
        "a whole cosine wave was used: the rate falls and rises again; half of it, π · progress, is asked for.",
        "warm-up-and-cosine",
        ("math.pi * progress", "2 * math.pi * progress"),
    ),
    _cosine(
        "straight_down",
        "half_a_cosine_down",
        "the rate falls along a straight line.",
        "warm-up-and-cosine",
        ("0.5 * (lr - lr_min) * (1 + math.cos(math.pi * progress))", "(lr - lr_min) * (1 - progress)"),
    ),
    _cosine(
        "down_to_zero",
        "half_a_cosine_down",
        "the rate falls to 0; it ends at lr_min.",
        "warm-up-and-cosine",
        ("lr_min + 0.5 * (lr - lr_min)", "0.5 * lr"),
    ),
    _cosine(
        "whole_lr_above_the_minimum",
        "half_a_cosine_down",
        "the cosine spans lr; it spans lr − lr_min, as lr_min is added to it.",
        "warm-up-and-cosine",
        ("(lr - lr_min) *", "lr *"),
    ),
    _cosine(
        "rises_again",
        "stays_at_the_bottom",
        "after n_steps the cosine goes on and the rate rises again; stop the progress at 1.",
        "warm-up-and-cosine",
        ("min(1.0, (step - n_warmup) / (n_steps - n_warmup))", "(step - n_warmup) / (n_steps - n_warmup)"),
    ),
    _cosine(
        "zero_at_the_end",
        "stays_at_the_bottom",
        "from n_steps on the rate is 0; it should be lr_min.",
        "warm-up-and-cosine",
        ("    progress =", "    if step >= n_steps:\n        return 0.0\n    progress ="),
    ),
    _cosine(
        "zero_warm_up_divides",
        "without_warm_up",
        "with n_warmup=0 the first step is still treated as a warm-up.",
        "warm-up-and-cosine",
        ("if step < n_warmup:", "if step <= n_warmup:"),
        ("lr * (step + 1) / (n_warmup + 1)", "lr * step / n_warmup"),
    ),
    _cosine(
        "any_warm_up_accepted",
        "impossible_warm_ups",
        "a warm-up that leaves no step for the decay was accepted.",
        "warm-up-and-cosine",
        ("if not 0 <= n_warmup < n_steps:", "if n_warmup < 0:"),
    ),
    _cosine(
        "nothing_refused",
        "impossible_warm_ups",
        "an impossible warm-up was not refused.",
        "warm-up-and-cosine",
        ("if not 0 <= n_warmup < n_steps:", "if False:"),
    ),
]

_NORM = "torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients]).norm().item()"

CLIP = [
    _clip(
        "each_on_its_own",
        "long_gradients_keep_their_direction",
        "each gradient was clipped by its own norm, which turns the direction; all of them are one long vector.",
        "clipping",
        ("gradient.mul_(max_norm / norm)", "gradient.mul_(min(1.0, max_norm / gradient.norm().item()))"),
    ),
    _clip(
        "each_number_on_its_own",
        "long_gradients_keep_their_direction",
        "the numbers were cut off at max_norm one by one, which turns the direction.",
        "clipping",
        ("gradient.mul_(max_norm / norm)", "gradient.clamp_(-max_norm, max_norm)"),
    ),
    _clip(
        "always_scaled",
        "short_gradients_stay",
        "short gradients were stretched to max_norm; below it they stay as they are.",
        "clipping",
        ("max_norm < norm < math.inf", "0 < norm < math.inf"),
    ),
    _clip(
        "scaled_by_a_rounded_one",
        "short_gradients_stay",
        "a gradient of exactly max_norm was changed in its last digits; it is touched only where the norm exceeds max_norm.",
        "clipping",
        ("max_norm < norm < math.inf", "max_norm <= norm < math.inf"),
        ("max_norm / norm", "max_norm / (norm + 1e-6)"),
    ),
    _clip(
        "sum_of_norms",
        "norm_before_clipping",
        "the norms of the gradients were added; the norm of all is the root of the sum of their squares.",
        "clipping",
        (".norm().item()", ".sum().item()"),
    ),
    _clip(
        "largest_norm",
        "norm_before_clipping",
        "the largest of the norms was taken; all gradients are one long vector.",
        "clipping",
        (".norm().item()", ".max().item()"),
    ),
    _clip(
        "root_forgotten",
        "norm_before_clipping",
        "the root was forgotten: that is the square of the norm.",
        "clipping",
        (".norm().item()", ".square().sum().item()"),
    ),
    _clip(
        "norm_after_clipping",
        "norm_before_clipping",
        "the norm after clipping was returned; a record of training needs the one before.",
        "clipping",
        ("    return norm", "    return min(norm, max_norm)"),
    ),
    _clip(
        "tensor_returned",
        "norm_before_clipping",
        "the norm was returned as a tensor; `.item()` makes a float of it.",
        "clipping",
        ("    return norm", "    return torch.tensor(norm)"),
    ),
    _clip(
        "parameters_scaled",
        "long_gradients_keep_their_direction",
        "the gradients are as long as before: the result must be written into them, in place.",
        "clipping",
        ("gradient.mul_(", "gradient.mul("),
    ),
    _clip(
        "no_gradient_no_mercy",
        "parameters_without_gradient",
        "a parameter without a gradient was not passed over.",
        "clipping",
        (" if parameter.grad is not None]", "]"),
    ),
    _clip(
        "two_walks",
        "parameters_without_gradient",
        "the parameters were walked through twice; an iterator is empty the second time, so collect the gradients once.",
        "clipping",
        (
            "    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]\n    if not gradients:\n        return 0.0\n",
            "    norms = [p.grad.norm() for p in parameters if p.grad is not None]\n    gradients = [p.grad for p in parameters if p.grad is not None]\n    if not gradients:\n        return 0.0\n",
        ),
    ),
    _clip(
        "infinity_spreads",
        "broken_gradients_do_not_spread",
        "a norm that is not finite scaled the healthy gradients, to 0 or to nan; nothing should be touched then.",
        "clipping",
        ("max_norm < norm < math.inf", "max_norm < norm"),
    ),
]

_TERM = "loss_fn(model(inputs), targets) * (targets.numel() / n_targets)"

ACCUMULATE = [
    _accumulate(
        "means_added",
        "small_ones_make_a_big_one",
        "the means of the batches were added up: with three batches the gradient is three times too long.",
        "accumulation",
        (_TERM, "loss_fn(model(inputs), targets)"),
    ),
    _accumulate(
        "mean_of_means",
        "batches_may_differ_in_size",
        "each batch counted the same; one with more targets counts more.",
        "accumulation",
        ("(targets.numel() / n_targets)", "(1 / len(batches))"),
    ),
    _accumulate(
        "weighed_by_rows",
        "batches_may_differ_in_size",
        "a batch was weighed by its number of rows; it is the number of targets that counts.",
        "accumulation",
        ("targets.numel() for", "len(targets) for"),
        ("targets.numel() / n_targets", "len(targets) / n_targets"),
    ),
    _accumulate(
        "old_gradients_wiped",
        "gradients_are_added",
        "the gradients that were there have been wiped; that is the caller's decision.",
        "accumulation",
        ("    total = 0.0\n", "    total = 0.0\n    model.zero_grad()\n"),
    ),
    _accumulate(
        "wiped_between_batches",
        "small_ones_make_a_big_one",
        "the gradients were wiped before each batch, so that only the last batch is left.",
        "accumulation",
        ("        loss.backward()\n", "        model.zero_grad()\n        loss.backward()\n"),
    ),
    _accumulate(
        "one_backward_at_the_end",
        "one_graph_at_a_time",
        "the losses were added and `backward` was called once at the end: all graphs were kept, and nothing was saved.",
        "accumulation",
        (
            "        loss.backward()\n        total += loss.item()\n    return total",
            "        total = total + loss\n    total.backward()\n    return total.item()",
        ),
    ),
    _accumulate(
        "no_backward",
        "small_ones_make_a_big_one",
        "`backward` was not called, so there are no gradients.",
        "accumulation",
        ("        loss.backward()\n", ""),
    ),
    _accumulate(
        "loss_of_the_last",
        "small_ones_make_a_big_one",
        "only the last batch's share of the loss was returned.",
        "accumulation",
        ("total += loss.item()", "total = loss.item()"),
    ),
    _accumulate(
        "tensor_returned",
        "small_ones_make_a_big_one",
        "the loss was returned as a tensor; a float keeps no graph alive.",
        "accumulation",
        ("    return total", "    return torch.tensor(total)"),
    ),
    _accumulate(
        "own_loss",
        "any_loss",
        "`loss_fn` was not used.",
        "accumulation",
        ("loss_fn(model(inputs), targets)", "next_token_loss(model(inputs), targets)"),
    ),
    _accumulate(
        "nothing_accepted",
        "any_loss",
        "an empty list of batches was accepted.",
        "accumulation",
        ("    if not batches:\n", "    if False:\n"),
        ("    total = 0.0\n", "    total = 0.0\n    n_targets = n_targets or 1\n"),
    ),
]

ORTHOGONAL = [
    _orthogonal(
        "not_normalised",
        "size_does_not_matter",
        "the matrix was not divided by its norm: large singular values explode.",
        "newton-schulz",
        ("    x = x / (x.norm() + 1e-7)\n", ""),
    ),
    _orthogonal(
        "largest_number",
        "one_step_for_each_triple",
        "the matrix was divided by its largest number; a singular value can be larger than that.",
        "newton-schulz",
        ("x.norm()", "x.abs().max()"),
    ),
    _orthogonal(
        "rows_normalised",
        "singular_values_near_1",
        "each row was divided by its own norm, which turns the directions; the matrix is divided by one number.",
        "newton-schulz",
        ("x.norm()", "x.norm(dim=-1, keepdim=True)"),
    ),
    _orthogonal(
        "every_entry_squared",
        "singular_values_near_1",
        "X ∘ X was computed, entry by entry; X Xᵀ is a matrix product.",
        "newton-schulz",
        (
            "        gram = x @ x.T\n        x = a * x + (b * gram + c * gram @ gram) @ x",
            "        x = a * x + b * x**3 + c * x**5",
        ),
    ),
    _orthogonal(
        "c_forgotten",
        "one_step_for_each_triple",
        "the term c (X Xᵀ)² X was left out.",
        "newton-schulz",
        ("(b * gram + c * gram @ gram)", "(b * gram)"),
    ),
    _orthogonal(
        "square_entry_by_entry",
        "one_step_for_each_triple",
        "(X Xᵀ)² was squared entry by entry; it is the matrix times itself.",
        "newton-schulz",
        ("c * gram @ gram", "c * gram**2"),
    ),
    _orthogonal(
        "always_five_steps",
        "one_step_for_each_triple",
        "`coefficients` was ignored.",
        "newton-schulz",
        ("in coefficients:", "in JORDAN:"),
    ),
    _orthogonal(
        "gram_once",
        "one_step_for_each_triple",
        "X Xᵀ was computed once, before the loop; it changes with X at every step.",
        "newton-schulz",
        (
            "    for a, b, c in coefficients:\n        gram = x @ x.T\n",
            "    gram = x @ x.T\n    for a, b, c in coefficients:\n",
        ),
    ),
    _orthogonal(
        "tall_stays_turned",
        "singular_values_near_1",
        "a tall matrix was turned and not turned back.",
        "newton-schulz",
        ("return x if wide else x.T", "return x"),
    ),
    _orthogonal(
        "zero_by_zero",
        "zeros_stay_zeros",
        "a matrix of zeros gives 0 / 0; the 10⁻⁷ beside the norm prevents that.",
        "newton-schulz",
        (" + 1e-7)", ")"),
    ),
    _orthogonal(
        "in_place",
        "zeros_stay_zeros",
        "the matrix passed in was divided in place; Muon still needs it.",
        "newton-schulz",
        ("    x = x / (x.norm() + 1e-7)", "    x /= x.norm() + 1e-7"),
    ),
]

STEP = [
    _step(
        "broken_step_taken",
        "broken_gradients_change_nothing",
        "the optimizer stepped although the gradients are not finite: every parameter is nan now.",
        "one-training-step",
        ("    if not math.isfinite(norm):\n", "    if False:\n"),
    ),
    _step(
        "gradients_not_wiped",
        "only_this_batch_counts",
        "the gradients were not set to zero first, so that those of earlier batches count again.",
        "one-training-step",
        ("    optimizer.zero_grad()\n", ""),
    ),
    _step(
        "wiped_after_backward",
        "one_step_down",
        "the gradients were set to zero after `backward`: nothing was left for the step.",
        "one-training-step",
        ("    optimizer.zero_grad()\n", ""),
        ("    loss.backward()\n", "    loss.backward()\n    optimizer.zero_grad()\n"),
    ),
    _step(
        "rate_not_set",
        "rate_of_every_group",
        "`lr` was not handed to the optimizer, which keeps the rate that it was made with.",
        "one-training-step",
        ('        group["lr"] = lr\n', "        pass\n"),
    ),
    _step(
        "first_group_only",
        "rate_of_every_group",
        "only the first group got the new rate; biases and gains stand in another one.",
        "one-training-step",
        ("in optimizer.param_groups:", "in optimizer.param_groups[:1]:"),
    ),
    _step(
        "not_clipped",
        "clipped_to_max_norm",
        "the gradients were not clipped between `backward` and the optimizer's step.",
        "one-training-step",
        ("clip_gradients(model.parameters(), max_norm)", "clip_gradients(model.parameters(), math.inf)"),
    ),
    _step(
        "clipped_before_backward",
        "clipped_to_max_norm",
        "the gradients were not clipped between `backward` and the optimizer's step.",
        "one-training-step",
        (
            "    loss.backward()\n    norm = clip_gradients(model.parameters(), max_norm)\n",
            "    norm = clip_gradients(model.parameters(), max_norm)\n    loss.backward()\n",
        ),
    ),
    _step(
        "clipped_after_the_step",
        "clipped_to_max_norm",
        "the gradients were not clipped between `backward` and the optimizer's step.",
        "one-training-step",
        (
            "    norm = clip_gradients(model.parameters(), max_norm)\n",
            "    norm = clip_gradients(model.parameters(), math.inf)\n",
        ),
        (
            "    optimizer.step()\n",
            "    optimizer.step()\n    clip_gradients(model.parameters(), max_norm)\n",
        ),
    ),
    _step(
        "loss_after_the_step",
        "one_step_down",
        "the loss returned is that after the step; it should be that before.",
        "one-training-step",
        ("    return loss.item()", "    return next_token_loss(model(inputs), targets).item()"),
    ),
    _step(
        "no_step",
        "one_step_down",
        "`optimizer.step()` is missing: the gradients are there and nothing moves.",
        "one-training-step",
        ("    optimizer.step()\n", ""),
    ),
    _step(
        "tensor_returned",
        "one_step_down",
        "the loss was returned as a tensor, which keeps the whole graph in memory; `.item()` makes a float of it.",
        "one-training-step",
        ("    return loss.item()", "    return loss"),
    ),
    _step(
        "error_after_the_step",
        "broken_gradients_change_nothing",
        "the error came after the optimizer's step; look at the norm before it.",
        "one-training-step",
        ("    optimizer.step()\n", ""),
        ("    if not math.isfinite(norm):\n", "    optimizer.step()\n    if not math.isfinite(norm):\n"),
    ),
    _step(
        "broken_step_passed_over",
        "broken_gradients_change_nothing",
        "the step was left out in silence; whoever trains must learn of it, so raise gradient_error(norm, loss, lr).",
        "one-training-step",
        ("        raise gradient_error(norm, loss.item(), lr)\n", "        return loss.item()\n"),
    ),
]

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
]

MUTANTS: list[Mutant] = [*BATCH, *ADAMW, *COSINE, *CLIP, *ACCUMULATE, *ORTHOGONAL, *STEP, *STATE, *LOAD]

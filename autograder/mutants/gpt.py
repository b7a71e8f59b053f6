"""Known wrong answers of lab 13, gpt.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson
clears it up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import mistake

_config = partial(mistake, "seq2gpt.gpt", "GPTConfig")
_tie = partial(mistake, "seq2gpt.gpt", "tie_weights")
_init = partial(mistake, "seq2gpt.gpt", "init_weights")
_gpt = partial(mistake, "seq2gpt.gpt", "GPT")
_count = partial(mistake, "seq2gpt.gpt", "count_parameters")
_load = partial(mistake, "seq2gpt.gpt", "load_gpt2_state_dict")
_loss = partial(mistake, "seq2gpt.gpt", "next_token_loss")

_SIZE_RULE = "if not isinstance(size, int) or isinstance(size, bool) or size < 1"
_SET = 'object.__setattr__(self, "d_ff", 4 * self.d_model)'
CONFIG = [
    _config(
        "as_wide_as_the_model",
        "d_ff_is_filled_in",
        "d_ff became d_model; the inner width of GPT-2's feed-forward networks is four times that.",
        "gpt-config",
        (_SET, 'object.__setattr__(self, "d_ff", self.d_model)'),
    ),
    _config(
        "always_four_times",
        "d_ff_is_filled_in",
        "a d_ff that was given is overwritten; 4 · d_model stands in only where it is None.",
        "gpt-config",
        ("if self.d_ff is None:", "if True:"),
    ),
    _config(
        "never_filled_in",
        "d_ff_is_filled_in",
        "d_ff stays None: the value was computed and never stored in the configuration.",
        "gpt-config",
        (_SET, "d_ff = 4 * self.d_model"),
        ("            size = getattr(self, name)", "            size = getattr(self, name) or 1"),
    ),
    _config(
        "assigned_to_a_frozen_field",
        "d_ff_is_filled_in",
        "a frozen dataclass refuses `self.d_ff = …`, also in its own __post_init__; object.__setattr__ sets the field.",
        "gpt-config",
        (_SET, "self.d_ff = 4 * self.d_model"),
    ),
    _config(
        "split_before_sizes",
        "sizes_below_one_are_refused",
        "the split into heads was tested before the sizes: to divide by n_heads=0 fails without a word of yours.",
        "gpt-config",
        ("        if self.d_ff is None:", '        if self.d_model % self.n_heads:\n            raise ValueError(f"d_model={self.d_model} n_heads={self.n_heads}")\n        if self.d_ff is None:'),
    ),
    _config(
        "zero_accepted",
        "sizes_below_one_are_refused",
        "0 was accepted; a size is at least 1.",
        "gpt-config",
        ("size < 1", "size < 0"),
    ),
    _config(
        "d_ff_not_looked_at",
        "sizes_below_one_are_refused",
        "d_ff was not checked; it is a size like the others.",
        "gpt-config",
        ('"n_layers", "d_ff")', '"n_layers")'),
    ),
    _config(
        "fractions_accepted",
        "sizes_are_whole_numbers",
        "2.5 layers were accepted, or a text was compared with a number; ask for the type before the value.",
        "gpt-config",
        (_SIZE_RULE, "if size < 1"),
    ),
    _config(
        "name_missing",
        "sizes_below_one_are_refused",
        "the message does not name the field; whoever reads it has six to choose from.",
        "gpt-config",
        ('f"{name}={size!r} must be', 'f"{size!r} must be'),
    ),
    _config(
        "asserted",
        "sizes_below_one_are_refused",
        "an assert raises AssertionError, and nothing at all under `python -O`; a caller's mistake is a ValueError.",
        "gpt-config",
        (
            _SIZE_RULE + ":\n                raise ValueError(f\"{name}={size!r} must be a whole number of at least 1\")",
            "            assert size >= 1, f\"{name}={size!r}\"".strip(),
        ),
    ),
    _config(
        "heads_not_looked_at",
        "heads_split_the_width",
        "heads that do not divide the width were accepted; the error would come later, from a reshape.",
        "gpt-config",
        ("head_width(self.d_model, self.n_heads)", "pass"),
    ),
    _config(
        "certain_dropout",
        "dropout_is_a_probability",
        "dropout=1 was accepted; it would drop everything and divide by 0.",
        "gpt-config",
        ("self.dropout < 1", "self.dropout <= 1"),
    ),
    _config(
        "nan_passes",
        "dropout_is_a_probability",
        "nan was accepted: it is neither below 0 nor at least 1. Ask what is allowed, and refuse the rest.",
        "gpt-config",
        ("if not 0 <= self.dropout < 1", "if self.dropout < 0 or self.dropout >= 1"),
    ),
    _config(
        "dropout_not_looked_at",
        "dropout_is_a_probability",
        "dropout was not checked; 20 was meant as 20 % by many a user.",
        "gpt-config",
        ("if not 0 <= self.dropout < 1", "if False"),
    ),
    _config(
        "some_dropout_demanded",
        "possible_sizes_are_accepted",
        "dropout=0 was refused; it is the default.",
        "gpt-config",
        ("not 0 <= self.dropout", "not 0 < self.dropout"),
    ),
    _config(
        "one_refused",
        "possible_sizes_are_accepted",
        "1 was refused; one layer with one head is a model.",
        "gpt-config",
        ("size < 1", "size <= 1"),
    ),
]  # fmt: skip

TYING = [
    _tie(
        "numbers_copied",
        "one_parameter_under_two_names",
        "the numbers were copied into the head: equal at first, two parameters that training parts.",
        "tying",
        ("model.head.weight = embedding", "model.head.weight.data.copy_(embedding.data)"),
    ),
    _tie(
        "data_shared",
        "one_parameter_under_two_names",
        "two parameters share one memory, by `.data` or by a new nn.Parameter: an optimizer would move it twice.",
        "tying",
        ("model.head.weight = embedding", "model.head.weight.data = embedding.data"),
    ),
    _tie(
        "head_decides",
        "the_embedding_decides",
        "the embedding took over the head's matrix; it is the embedding's numbers that stay.",
        "tying",
        ("model.head.weight = embedding", "model.token_embedding.weight = model.head.weight"),
    ),
    _tie(
        "transposed",
        "the_embedding_decides",
        "the matrix was transposed; nn.Linear stores (out, in), which is one row per symbol already.",
        "tying",
        ("model.head.weight = embedding", "model.head.weight = nn.Parameter(embedding.T.contiguous().view_as(head))"),
        misconception="E64",
    ),
    _tie(
        "any_shape",
        "other_shapes_are_refused",
        "matrices of different shape were tied: the head would score other symbols than the embedding knows.",
        "tying",
        ("if embedding.shape != head.shape:", "if False:"),
    ),
    _tie(
        "checked_too_late",
        "other_shapes_are_refused",
        "the shapes were compared after the head had been replaced, so the error leaves a changed model.",
        "tying",
        ("    if embedding.shape", "    model.head.weight = embedding\n    if embedding.shape"),
    ),
    _tie(
        "only_the_rows",
        "other_shapes_are_refused",
        "the message names the numbers of rows only; it should contain both shapes.",
        "tying",
        ("{tuple(embedding.shape)}", "{embedding.shape[0]}"),
        ("{tuple(head.shape)}", "{head.shape[0]}"),
    ),
    _tie(
        "transposed_tensor",
        "one_parameter_under_two_names",
        "a transposed tensor is a result and no parameter; nothing is turned here, as nn.Linear stores (out, in), one row per symbol.",
        "tying",
        ("model.head.weight = embedding", "model.head.weight = embedding.T"),
        misconception="E64",
    ),
]  # fmt: skip

INIT = [
    _init(
        "torch_default",
        "matrices_have_a_spread_of_002",
        "matrices got 1/√(inputs), PyTorch's own habit for linear layers; GPT-2's is 0.02 whatever the width.",
        "gpt-init",
        ("writes_residual else 0.02", "writes_residual else parameter.shape[-1] ** -0.5"),
    ),
    _init(
        "variance_for_deviation",
        "matrices_have_a_spread_of_002",
        "0.02 is the standard deviation; it was taken as the variance.",
        "gpt-init",
        ("writes_residual else 0.02", "writes_residual else 0.02**0.5"),
    ),
    _init(
        "uniform",
        "matrices_have_a_spread_of_002",
        "the numbers are uniform; they should be normal.",
        "gpt-init",
        (
            "nn.init.normal_(parameter, std=residual_std if writes_residual else 0.02, generator=generator)",
            "nn.init.uniform_(parameter, -(3**0.5) * (s := residual_std if writes_residual else 0.02), 3**0.5 * s, generator=generator)",
        ),
    ),
    _init(
        "positions_forgotten",
        "embeddings_have_a_spread_of_002",
        "`positions.table` was left as it was: it is a parameter of its own, in no nn.Linear and no nn.Embedding.",
        "gpt-init",
        ("        else:\n            writes", '        elif name == "positions.table":\n            pass\n        else:\n            writes'),
    ),
    _init(
        "embeddings_left",
        "embeddings_have_a_spread_of_002",
        "the embedding kept what it had; nn.Embedding starts with standard deviation 1, fifty times too much.",
        "gpt-init",
        ("        else:\n            writes", '        elif "embedding" in name:\n            nn.init.normal_(parameter, generator=generator)\n        else:\n            writes'),
    ),
    _init(
        "writers_like_readers",
        "what_writes_starts_smaller",
        "w_o and w_out got 0.02 like the rest; 2 · n_layers of them add up on the residual path.",
        "gpt-init",
        ("residual_std if writes_residual else 0.02", "0.02"),
    ),
    _init(
        "one_writer_a_block",
        "what_writes_starts_smaller",
        "the root was taken of n_layers; each block writes twice, so 2 · n_layers results add up.",
        "gpt-init",
        ("math.sqrt(2 * model", "math.sqrt(model"),
    ),
    _init(
        "root_forgotten",
        "what_writes_starts_smaller",
        "0.02 was divided by 2 · n_layers; variances add up, so the deviation is divided by the root.",
        "gpt-init",
        ("math.sqrt(2 * model.config.n_layers)", "(2 * model.config.n_layers)"),
    ),
    _init(
        "twelve_layers_always",
        "what_writes_starts_smaller",
        "the number of layers was written down as 12; ask model.config.",
        "gpt-init",
        ("model.config.n_layers", "12"),
    ),
    _init(
        "attention_only",
        "what_writes_starts_smaller",
        "only attention.w_o was scaled; feed_forward.w_out writes to the residual path as well.",
        "gpt-init",
        ('("w_o.weight", "w_out.weight")', '"w_o.weight"'),
    ),
    _init(
        "biases_drawn",
        "biases_zero_and_gains_one",
        "biases were drawn like matrices; they start at 0.",
        "gpt-init",
        ("nn.init.zeros_(parameter)", "nn.init.normal_(parameter, std=0.02, generator=generator)"),
    ),
    _init(
        "gains_zero",
        "biases_zero_and_gains_one",
        "gains became 0, so nothing passes a norm; they start at 1.",
        "gpt-init",
        ("nn.init.ones_(parameter)", "nn.init.zeros_(parameter)"),
    ),
    _init(
        "vectors_left",
        "biases_zero_and_gains_one",
        "biases and gains kept what they had; all parameters are drawn anew.",
        "gpt-init",
        ("nn.init.zeros_(parameter)", "pass"),
        ("nn.init.ones_(parameter)", "pass"),
    ),
    _init(
        "generator_ignored",
        "the_generator_decides",
        "`generator` had no effect; torch's own generator drew.",
        "gpt-init",
        (", generator=generator)", ")"),
    ),
    _init(
        "own_seed",
        "the_generator_decides",
        "without a generator a fixed seed of your own was used: all models would start alike.",
        "gpt-init",
        ("    residual_std =", "    generator = generator or torch.Generator().manual_seed(0)\n    residual_std ="),
    ),
    _init(
        "tie_cut",
        "a_tied_model_stays_tied",
        "new parameters replaced the old ones, and with that the tie of head and embedding was cut.",
        "gpt-init",
        (
            "    residual_std =",
            "    model.head.weight = nn.Parameter(torch.empty_like(model.head.weight))\n    residual_std =",
        ),
    ),
    _init(
        "uniform_between",
        "matrices_have_a_spread_of_002",
        "the numbers are uniform between -0.02 and 0.02, with deviation 0.02 / √3; they should be normal.",
        "gpt-init",
        ("nn.init.normal_(parameter, std=residual_std if writes_residual else 0.02, generator=generator)", "nn.init.normal_(parameter, std=residual_std, generator=generator) if writes_residual else nn.init.uniform_(parameter, -0.02, 0.02, generator=generator)"),
    ),
    _init(
        "modules_of_torch_only",
        "embeddings_have_a_spread_of_002",
        "only nn.Linear and nn.Embedding were drawn: positions.table and the norms of the course are neither. Loop over the parameters.",
        "gpt-init",
        text="""
        def init_weights(model, generator=None):
            for module in model.modules():
                if isinstance(module, nn.Linear | nn.Embedding):
                    nn.init.normal_(module.weight, std=0.02, generator=generator)
                    if getattr(module, "bias", None) is not None:
                        nn.init.zeros_(module.bias)
            for name, parameter in model.named_parameters():
                if name.endswith(("w_o.weight", "w_out.weight")):
                    nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * model.config.n_layers), generator=generator)
        """,
    ),
    _init(
        "w_in_for_w_out",
        "what_writes_starts_smaller",
        "w_in was scaled in place of w_out: w_in reads the residual path, w_out writes to it.",
        "gpt-init",
        ('"w_out.weight"', '"w_in.weight"'),
    ),
]  # fmt: skip

_EMBED = "x = self.positions(self.token_embedding(ids), start=n_past)"
_BLOCK = "x = block(x, causal=True, cache=None if cache is None else cache[layer])"
MODEL = [
    _gpt(
        "never_tied",
        "a_new_model_is_tied",
        "tie_weights was not called: the head has V · d numbers of its own.",
        "tying",
        ("        tie_weights(self)\n", ""),
    ),
    _gpt(
        "never_drawn",
        "a_new_model_is_drawn",
        "init_weights was not called: the model starts with PyTorch's defaults, sure of wrong answers.",
        "gpt-init",
        ("        init_weights(self)\n", ""),
    ),
    _gpt(
        "dropout_before_positions",
        "dropout_acts_on_the_embeddings",
        "dropout acted on the embeddings before the positions were added; it acts on their sum.",
        "gpt-forward",
        (_EMBED, "x = self.positions(self.dropout(self.token_embedding(ids)), start=n_past)"),
        ("        x = self.dropout(x)\n", ""),
    ),
    _gpt(
        "no_positions",
        "logits_follow_the_formula",
        "positions were left out: the model could tell the order from the causal mask alone.",
        "gpt-forward",
        (_EMBED, "x = self.token_embedding(ids)"),
    ),
    _gpt(
        "no_last_norm",
        "logits_follow_the_formula",
        "the last norm is missing; GPT-2 has one after the last block.",
        "gpt-forward",
        ("self.head(self.norm(x))", "self.head(x)"),
    ),
    _gpt(
        "probabilities",
        "logits_follow_the_formula",
        "probabilities were returned; the loss takes logits and does the softmax itself.",
        "gpt-forward",
        ("self.head(self.norm(x))", "self.head(self.norm(x)).softmax(-1)"),
        misconception="E63",
    ),
    _gpt(
        "scaled_embeddings",
        "logits_follow_the_formula",
        "embeddings were multiplied by √d_model, as in the Transformer of 2017; GPT does not.",
        "gpt-forward",
        ("self.token_embedding(ids), start", "self.token_embedding(ids) * self.config.d_model**0.5, start"),
    ),
    _gpt(
        "blocks_in_vain",
        "logits_follow_the_formula",
        "what the blocks returned was never used; each goes on from what the one before returned.",
        "gpt-forward",
        ("x = block(x, causal", "block(x, causal"),
    ),
    _gpt(
        "norm_in_every_round",
        "logits_follow_the_formula",
        "the last norm was applied after every block; it stands once, behind them all.",
        "gpt-forward",
        (_BLOCK, "x = self.norm(block(x, causal=True, cache=None if cache is None else cache[layer]))"),
        ("self.head(self.norm(x))", "self.head(x)"),
    ),
    _gpt(
        "only_the_last_row",
        "logits_follow_the_formula",
        "only the last position's logits were returned; in training every position is asked.",
        "one-pass-all-positions",
        ("self.head(self.norm(x))", "self.head(self.norm(x)[:, -1:])"),
        misconception="E30",
    ),
    _gpt(
        "sees_the_future",
        "nothing_later_is_seen",
        "`causal=True` did not reach the blocks, so each position sees the token that it has to predict.",
        "gpt-forward",
        ("block(x, causal=True, ", "block(x, "),
    ),
    _gpt(
        "no_dropout",
        "dropout_acts_on_the_embeddings",
        "the part `dropout` was made and never called.",
        "gpt-forward",
        ("        x = self.dropout(x)\n", ""),
    ),
    _gpt(
        "positions_begin_again",
        "a_cache_goes_on",
        "with a cache the positions began at 0 again; they are counted on from cache.length.",
        "gpt-cache",
        (", start=n_past)", ")"),
    ),
    _gpt(
        "cache_ignored",
        "a_cache_goes_on",
        "the cache never reached the blocks: what was read before is forgotten.",
        "gpt-cache",
        ("cache=None if cache is None else cache[layer]", "cache=None"),
    ),
    _gpt(
        "one_cache_for_all",
        "a_cache_goes_on",
        "all blocks got cache[0]; each block needs keys and values of its own.",
        "gpt-cache",
        ("cache[layer]", "cache[0]"),
    ),
    _gpt(
        "cut_off_silently",
        "too_long_is_refused",
        "a text that is too long was cut off without a word.",
        "context-length",
        ("self.token_embedding(ids), start=n_past)", "self.token_embedding(ids[:, : self.config.context_length - n_past]), start=n_past)"),
    ),
    _gpt(
        "wraps_around",
        "too_long_is_refused",
        "positions beyond the table began at 0 again; there is no row for them, and the model never learned any.",
        "context-length",
        (_EMBED, "x = self.token_embedding(ids) + self.positions.table[(n_past + torch.arange(ids.shape[1])) % self.config.context_length]"),
    ),
    _gpt(
        "positions_added_twice",
        "logits_follow_the_formula",
        "the embedding was counted twice: `positions(x)` returns x with the vectors added, not the vectors alone.",
        "gpt-forward",
        (_EMBED, "x = self.token_embedding(ids)\n        x = x + self.positions(x, start=n_past)"),
    ),
    _gpt(
        "only_the_last_block",
        "logits_follow_the_formula",
        "every block read h_0; each goes on from what the one before returned.",
        "gpt-forward",
        ("x = block(x, causal", "y = block(x, causal"),
        ("self.head(self.norm(x))", "self.head(self.norm(y))"),
    ),
    _gpt(
        "last_norm_before_blocks",
        "logits_follow_the_formula",
        "the last norm was applied before every block too; a block normalises for itself what its sub-layers read.",
        "gpt-forward",
        ("block(x, causal", "block(self.norm(x), causal"),
    ),
    _gpt(
        "last_row_without_its_axis",
        "logits_follow_the_formula",
        "only the last position's logits were returned; in training every position is asked.",
        "one-pass-all-positions",
        ("self.head(self.norm(x))", "self.head(self.norm(x))[:, -1]"),
        misconception="E30",
    ),
    _gpt(
        "whole_cache_to_each",
        "a_cache_goes_on",
        "a block was given the whole cache; block number i gets its own part, cache[i].",
        "gpt-cache",
        ("None if cache is None else cache[layer]", "cache"),
    ),
]  # fmt: skip

COUNT = [
    _count(
        "head_counted_again",
        "the_published_sizes",
        "the head's matrix was counted beside the embedding's; tied, they are one: 38,597,376 numbers too many.",
        "gpt-count",
        ("+ norm\n", "+ norm + config.vocab_size * d_model\n"),
        misconception="E64",
    ),
    _count(
        "positions_forgotten",
        "the_published_sizes",
        "the learned positions were left out, T · d numbers.",
        "gpt-count",
        ("(config.vocab_size + config.context_length) * d_model", "config.vocab_size * d_model"),
    ),
    _count(
        "last_norm_forgotten",
        "the_published_sizes",
        "the norm behind the last block was left out, 2 · d numbers.",
        "gpt-count",
        ("2 * norm) + norm", "2 * norm)"),
    ),
    _count(
        "one_norm_a_block",
        "the_published_sizes",
        "each block has two norms; one was counted.",
        "gpt-count",
        ("+ 2 * norm)", "+ norm)"),
    ),
    _count(
        "gains_forgotten",
        "the_published_sizes",
        "a norm has a gain and a bias for each feature; one of the two was counted.",
        "gpt-count",
        ("norm = d_model + config.bias * d_model", "norm = d_model"),
    ),
    _count(
        "no_output_matrix",
        "the_published_sizes",
        "w_o is missing: attention has four matrices, not three.",
        "gpt-count",
        (
            "attention = count_attention_parameters(d_model, config.n_heads, config.bias)",
            "attention = 3 * d_model * (d_model + config.bias)",
        ),
    ),
    _count(
        "matrices_for_each_head",
        "the_published_sizes",
        "the count was multiplied by the number of heads; they share the width, so their number does not matter.",
        "gpt-count",
        ("config.n_layers * (attention", "config.n_layers * (config.n_heads * attention"),
    ),
    _count(
        "one_layer",
        "the_published_sizes",
        "one block was counted; there are n_layers.",
        "gpt-count",
        ("config.n_layers * (", "("),
    ),
    _count(
        "four_times_always",
        "any_inner_width",
        "12 d² + 13 d holds where d_ff is 4 d; here another d_ff was asked for.",
        "gpt-count",
        ("d_model, d_ff = config.d_model, config.d_ff or 4 * config.d_model", "d_model, d_ff = config.d_model, 4 * config.d_model"),
    ),
    _count(
        "one_inner_bias",
        "any_inner_width",
        "a linear layer has a bias for each *output*: d_ff for the first of the two, d_model for the second.",
        "gpt-count",
        ("config.bias * (d_ff + d_model)", "config.bias * 2 * d_ff"),
    ),
    _count(
        "always_biases",
        "without_biases",
        "`bias` was ignored; without it there is no bias in any linear layer and any norm.",
        "gpt-count",
        ("config.bias * ", ""),
        ("config.n_heads, config.bias)", "config.n_heads)"),
    ),
    _count(
        "norms_keep_theirs",
        "without_biases",
        "the norms kept their biases; with bias=False they have gains alone.",
        "gpt-count",
        ("norm = d_model + config.bias * d_model", "norm = 2 * d_model"),
    ),
    _count(
        "published_formula",
        "without_biases",
        "12 d² + 13 d holds with biases and where d_ff is 4 d; here neither is so.",
        "gpt-count",
        text="""
        def count_parameters(config):
            V, T, L, d = config.vocab_size, config.context_length, config.n_layers, config.d_model
            return V * d + T * d + L * (12 * d * d + 13 * d) + 2 * d
        """,
    ),
    _count(
        "attention_keeps_its_biases",
        "without_biases",
        "attention was counted with biases; count_attention_parameters takes `bias` as its third argument.",
        "gpt-count",
        ("config.n_heads, config.bias)", "config.n_heads, True)"),
    ),
]  # fmt: skip

_TURN = "if is_conv1d(published):"
LOADING = [
    _load(
        "nothing_loaded",
        "embeddings_norms_and_biases",
        "`tensor.copy_(parameter)` copies the wrong way: the model's numbers were written into `state`.",
        "gpt2-weights",
        ("parameters[name].copy_(part)", "part.copy_(parameters[name])"),
    ),
    _load(
        "embeddings_turned_too",
        "embeddings_norms_and_biases",
        "every matrix was transposed, also embedding and positions; those are tables of rows in both layouts.",
        "gpt2-weights",
        (_TURN, "if tensor.dim() == 2:"),
        ("parameters[name].copy_(part)", "parameters[name].copy_(part.reshape(parameters[name].shape))"),
    ),
    _load(
        "turned_only_where_it_must_be",
        "conv1d_matrices_are_transposed",
        "a matrix was transposed only where the shapes differ; attn.c_proj is square, and no shape tells.",
        "gpt2-weights",
        (_TURN, "if tensor.dim() == 2 and (len(ours) > 1 or tensor.shape != parameters[ours[0]].shape):"),
    ),
    _load(
        "reshaped",
        "conv1d_matrices_are_transposed",
        "reshape gave the right shape and the wrong order of numbers; a transposition is something else.",
        "gpt2-weights",
        ("tensor = tensor.T", "tensor = tensor.reshape(tensor.shape[::-1])"),
    ),
    _load(
        "keys_first",
        "queries_keys_and_values_are_told_apart",
        "queries and keys were exchanged; in c_attn the queries' columns come first.",
        "gpt2-weights",
        (
            "zip(ours, tensor.chunk(len(ours)), strict=True)",
            "zip(ours if len(ours) == 1 else (ours[1], ours[0], ours[2]), tensor.chunk(len(ours)), strict=True)",
        ),
    ),
    _load(
        "cut_before_turned",
        "queries_keys_and_values_are_told_apart",
        "c_attn was cut along its rows, which are inputs; queries, keys and values are columns of it.",
        "gpt2-weights",
        (
            "for name, part in zip(ours, tensor.chunk(len(ours)), strict=True):",
            "for name, part in zip(ours, tensor.T.reshape(-1, *tensor.shape[1:]).chunk(len(ours)) if tensor.dim() == 2 and len(ours) > 1 else tensor.chunk(len(ours)), strict=True):",
        ),
    ),
    _load(
        "interleaved",
        "queries_keys_and_values_are_told_apart",
        "every third column was taken; the columns of one kind stand side by side.",
        "gpt2-weights",
        ("tensor.chunk(len(ours))", "[tensor[i :: len(ours)] for i in range(len(ours))]"),
    ),
    _load(
        "first_block_only",
        "logits_are_those_of_gpt2",
        "the tensors of h.0 went into every block; the number in the name says which.",
        "gpt2-weights",
        ("tensor = tensors[published]", 'tensor = tensors[published.replace("h.1.", "h.0.")]'),
    ),
    _load(
        "prefix_unknown",
        "other_names_and_extras",
        "names with the prefix `transformer.`, as transformers writes them, were not understood.",
        "gpt2-weights",
        (
            "tensors = checked_gpt2_tensors(model, state)",
            "checked_gpt2_tensors(model, state)\n    tensors = state",
        ),
    ),
    _load(
        "shared_with_the_state",
        "the_model_keeps_its_own_copy",
        "`.data =` made the model share the memory of `state`; copy_ copies the numbers.",
        "gpt2-weights",
        ("parameters[name].copy_(part)", "parameters[name].data = part"),
    ),
    _load(
        "another_parameter",
        "the_model_keeps_its_own_copy",
        "the embedding got a new parameter, so the head kept the old one: the tie is cut.",
        "gpt2-weights",
        (
            "                parameters[name].copy_(part)",
            '                parameters[name].copy_(part)\n        model.token_embedding.weight = type(model.token_embedding.weight)(tensors["wte.weight"].clone())',
        ),
    ),
    _load(
        "frozen_afterwards",
        "the_model_keeps_its_own_copy",
        "loading froze the parameters; a loaded model is to be trained further.",
        "gpt2-weights",
        ("parameters[name].copy_(part)", "parameters[name].requires_grad_(False).copy_(part)"),
    ),
    _load(
        "missing_is_skipped",
        "weights_that_do_not_fit_are_refused",
        "what is missing or unknown was passed over in silence: half a model speaks nonsense without an error.",
        "gpt2-weights",
        (
            "tensors = checked_gpt2_tensors(model, state)",
            'tensors = {name.removeprefix("transformer."): t for name, t in state.items()}',
        ),
        ("            tensor = tensors[published]", "            if published not in tensors:\n                continue\n            tensor = tensors[published]"),
    ),
    _load(
        "checked_on_the_way",
        "weights_that_do_not_fit_are_refused",
        "the first tensors were copied before the last had been checked; after an error the model is half another.",
        "gpt2-weights",
        (
            "    tensors = checked_gpt2_tensors(model, state)\n",
            '    tensors = {name.removeprefix("transformer."): t for name, t in state.items()}\n',
        ),
        ("                parameters[name].copy_(part)", "                parameters[name].copy_(part)\n    checked_gpt2_tensors(model, state)"),
    ),
    _load(
        "nothing_turned",
        "embeddings_norms_and_biases",
        "no matrix was turned: what is stored as (in, out), and is_conv1d says which, becomes (out, in).",
        "gpt2-weights",
        (_TURN, "if False:"),
    ),
    _load(
        "every_matrix_turned",
        "embeddings_norms_and_biases",
        "every matrix was transposed, also embedding and positions; those are tables of rows in both layouts.",
        "gpt2-weights",
        (_TURN, "if tensor.dim() == 2:"),
    ),
    _load(
        "everything_in_three",
        "embeddings_norms_and_biases",
        "every tensor was cut in three; cut it into as many pieces as there are names of yours, one for most.",
        "gpt2-weights",
        ("zip(ours, tensor.chunk(len(ours)), strict=True)", "zip(ours, tensor.chunk(3))"),
    ),
    _load(
        "queries_only",
        "queries_keys_and_values_are_told_apart",
        "only the first of the three pieces was copied; keys and values have names of their own.",
        "gpt2-weights",
        ("zip(ours, tensor.chunk(len(ours)), strict=True)", "zip(ours[:1], tensor.chunk(len(ours)))"),
    ),
    _load(
        "under_autograd",
        "embeddings_norms_and_biases",
        "a parameter was filled under autograd, which refuses that; fill it inside `with torch.no_grad():`.",
        "gpt2-weights",
        ("with torch.no_grad():", "if True:"),
    ),
    _load(
        "head_missed_by_load_state_dict",
        "embeddings_norms_and_biases",
        "load_state_dict asks for head.weight too, the second name of the tied matrix; copy into the named parameters.",
        "gpt2-weights",
        text="""
        def load_gpt2_state_dict(model, state):
            tensors, own = checked_gpt2_tensors(model, state), {}
            for published, ours in gpt2_names(model.config).items():
                tensor = tensors[published].T if is_conv1d(published) else tensors[published]
                own |= dict(zip(ours, tensor.chunk(len(ours))))
            model.load_state_dict(own)
        """,
    ),
]  # fmt: skip

_MEAN = "return F.cross_entropy(logits.flatten(0, -2), targets.flatten())"
LOSS = [
    _loss(
        "summed",
        "mean_over_all_positions",
        "the losses were summed; the mean does not depend on the size of the batch.",
        "next-token-loss",
        ("targets.flatten())", 'targets.flatten(), reduction="sum")'),
    ),
    _loss(
        "shifted_again",
        "mean_over_all_positions",
        "the targets were shifted once more: they are the next tokens already.",
        "next-token-loss",
        (_MEAN, "return F.cross_entropy(logits[..., :-1, :].flatten(0, -2), targets[..., 1:].flatten())"),
    ),
    _loss(
        "softmax_twice",
        "mean_over_all_positions",
        "cross_entropy got probabilities; it takes logits and does the softmax itself.",
        "next-token-loss",
        ("F.cross_entropy(logits.flatten(0, -2)", "F.cross_entropy(logits.softmax(-1).flatten(0, -2)"),
        misconception="E63",
    ),
    _loss(
        "only_the_last_position",
        "mean_over_all_positions",
        "only the last position was counted; every position of a text is an example.",
        "one-pass-all-positions",
        (_MEAN, "return F.cross_entropy(logits[..., -1, :].flatten(0, -2) if logits.dim() > 2 else logits[-1:], targets[..., -1].flatten())"),
        misconception="E30",
    ),
    _loss(
        "in_bits",
        "mean_over_all_positions",
        "the loss is in bits; nats are asked for, with the natural logarithm.",
        "next-token-loss",
        ("targets.flatten())", "targets.flatten()) / math.log(2)"),
    ),
    _loss(
        "reshaped_across",
        "mean_over_all_positions",
        "the axes of positions and symbols were exchanged by a view, which mixes numbers of different positions.",
        "next-token-loss",
        ("logits.flatten(0, -2)", "logits.mT.reshape(-1, logits.shape[-1])"),
    ),
    _loss(
        "logits_only",
        "equal_odds_cost_ln_v",
        "minus the logit was averaged; it becomes a log-probability when the log of the sum is taken off.",
        "next-token-loss",
        (_MEAN, "return -logits.gather(-1, targets[..., None]).mean()"),
    ),
    _loss(
        "log_of_softmax",
        "large_logits_stay_finite",
        "the softmax underflows to 0, and its logarithm is −∞; log_softmax takes the logarithm before it is too late.",
        "next-token-loss",
        (_MEAN, "return -logits.softmax(-1).gather(-1, targets[..., None]).log().mean()"),
    ),
    _loss(
        "small_number_added",
        "large_logits_stay_finite",
        "a small number inside the logarithm keeps it finite and wrong: no loss can be above 20.",
        "next-token-loss",
        (_MEAN, "return -(logits.softmax(-1).gather(-1, targets[..., None]) + 1e-9).log().mean()"),
    ),
    _loss(
        "cut_off",
        "the_gradient_is_right",
        "the result was cut off from the logits, so nothing can be learned from it.",
        "next-token-loss",
        ("logits.flatten(0, -2)", "logits.detach().flatten(0, -2)"),
    ),
    _loss(
        "any_targets",
        "a_target_for_every_position",
        "targets of another shape were accepted as long as their number fits: they would be matched with wrong positions.",
        "next-token-loss",
        ("if logits.shape[:-1] != targets.shape:", "if logits.shape[:-1].numel() != targets.numel():"),
    ),
    _loss(
        "viewed",
        "a_target_for_every_position",
        "`view` needs numbers that lie side by side in memory, and a slice of a larger tensor has gaps; `flatten` and `reshape` "
        "join the axes of any tensor.",
        "next-token-loss",
        ("logits.flatten(0, -2), targets.flatten()", "logits.view(-1, logits.shape[-1]), targets.view(-1)"),
    ),
    _loss(
        "shapes_unsaid",
        "a_target_for_every_position",
        "the message should contain the shapes; “do not fit” sends the reader searching.",
        "next-token-loss",
        (
            'f"logits of shape {tuple(logits.shape)} need targets of shape {tuple(logits.shape[:-1])}, "\n            f"not {tuple(targets.shape)}"',
            '"logits and targets do not fit"',
        ),
    ),
    _loss(
        "not_flattened",
        "mean_over_all_positions",
        "cross_entropy took the axis of the positions for the symbols: it wants (examples, symbols), so flatten the rest.",
        "next-token-loss",
        (_MEAN, "return F.cross_entropy(logits, targets)"),
    ),
    _loss(
        "second_axis_for_symbols",
        "mean_over_all_positions",
        "the axes 1 and 2 were exchanged, which fits one shape alone; there may be any number of axes before the last.",
        "next-token-loss",
        (_MEAN, "return F.cross_entropy(logits.transpose(1, 2), targets)"),
    ),
    _loss(
        "first_two_joined",
        "mean_over_all_positions",
        "the first two axes were joined, which fits one shape alone; join all but the last, flatten(0, -2).",
        "next-token-loss",
        ("logits.flatten(0, -2)", "logits.flatten(0, 1)"),
    ),
]  # fmt: skip

MUTANTS = [*CONFIG, *TYING, *INIT, *MODEL, *COUNT, *LOADING, *LOSS]

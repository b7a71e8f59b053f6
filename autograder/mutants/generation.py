"""Mistakes that students make in lab 15: drawing, the cache, the budget and the loop; filters are in :mod:`.filters`."""

from functools import partial

from autograder.mutants import Mutant, mistake
from autograder.mutants.filters import FILTERS, IN_PLACE

_of = partial(mistake, "seq2gpt.generation")
_sample = partial(_of, "sample")
_layer = partial(_of, "LayerBuffers")
_cache = partial(_of, "KVCache")
_budget = partial(_of, "token_budget")
_generate = partial(_of, "generate")

_TEMPERATURE = (
    "        logits = apply_temperature(logits - peak, temperature)  # peak at 0: a tiny T cannot overflow\n"
)
_TOP_K = "    if top_k is not None:\n        logits = top_k_filter(logits, top_k)\n"
_TOP_P = "    if top_p is not None:\n        logits = top_p_filter(logits, top_p)\n"
_MIN_P = "    if min_p is not None:\n        logits = min_p_filter(logits, min_p)\n"
_DRAW = "return draw(logits.softmax(-1), generator)"
_GREEDY = "    if temperature == 0:\n        return logits.argmax(-1)\n"

SAMPLE = [
    _sample(
        "always_greedy",
        "as_often_as_probable",
        "the most probable token was taken every time, and nothing drawn.",
        "draw-a-token",
        (_DRAW, "return logits.argmax(-1)"),
    ),
    _sample(
        "logits_drawn_from",
        "as_often_as_probable",
        "tokens were drawn with the logits as weights; they are no probabilities. Take the softmax first.",
        "logits-to-probabilities",
        (_DRAW, "return draw((logits - logits.amin(-1, keepdim=True)).clamp(max=1e6) + 1e-9, generator)"),
        misconception="E63",
    ),
    _sample(
        "temperature_forgotten",
        "as_often_as_probable",
        "the temperature had no effect on what was drawn.",
        "temperature-formula",
        (_TEMPERATURE, "        apply_temperature(logits, temperature)\n"),
    ),
    _sample(
        "uniform_over_the_rest",
        "each_filter_cuts",
        "what the filters left was drawn with equal probabilities; it keeps its proportions.",
        "draw-a-token",
        (
            _DRAW,
            "cut = (logits == -math.inf).any()\n    return draw((logits > -math.inf).double() if cut else logits.softmax(-1), generator)",
        ),
        misconception="E66",
    ),
    _sample(
        "min_p_forgotten",
        "each_filter_cuts",
        "min_p had no effect.",
        "min-p-cut",
        (_MIN_P, ""),
    ),
    _sample(
        "top_k_forgotten",
        "each_filter_cuts",
        "top_k had no effect.",
        "top-k-cut",
        (_TOP_K, ""),
    ),
    _sample(
        "temperature_last",
        "the_order_of_the_steps",
        "the temperature acted after the filters; they should see the distribution that it has made.",
        "order-of-filters",
        ("    if temperature != 0:\n" + _TEMPERATURE, ""),
        (_DRAW, "return draw(apply_temperature(logits - peak, temperature).softmax(-1), generator)"),
        misconception="E66",
    ),
    _sample(
        "top_p_before_top_k",
        "the_order_of_the_steps",
        "top-p measured all tokens; top-k comes first, and top-p measures what it has left.",
        "order-of-filters",
        (_TOP_K + _TOP_P, _TOP_P + _TOP_K),
    ),
    _sample(
        "min_p_first",
        "the_order_of_the_steps",
        "min-p saw the logits as they were before the temperature.",
        "order-of-filters",
        ("    if temperature != 0:\n", _MIN_P + "    if temperature != 0:\n"),
        (_TOP_P + _MIN_P, _TOP_P),
    ),
    _sample(
        "generator_ignored",
        "generator_decides",
        "`generator` was not used: the draw came from torch's own, which others move on.",
        "reproducible-draws",
        (_DRAW, "return draw(logits.softmax(-1))"),
    ),
    _sample(
        "fixed_seed",
        "generator_decides",
        "without a generator a fixed seed was set; every call then draws the same.",
        "reproducible-draws",
        (_DRAW, "return draw(logits.softmax(-1), generator or torch.Generator().manual_seed(0))"),
    ),
    _sample(
        "zero_divides",
        "zero_is_greedy",
        "temperature 0 went into apply_temperature, which refuses it; greedy decoding is a case of its own.",
        "temperature-formula",
        ("    if temperature != 0:\n" + _TEMPERATURE, _TEMPERATURE[4:]),
    ),
    _sample(
        "tiny_temperature_for_zero",
        "zero_is_greedy",
        "temperature 0 became a small one; between equal logits chance then decides. Take the largest.",
        "temperature-formula",
        (
            "    if temperature != 0:\n" + _TEMPERATURE,
            "    temperature = temperature or 1e-4\n" + _TEMPERATURE[4:],
        ),
        (_GREEDY, ""),
    ),
    _sample(
        "one_row_only",
        "zero_is_greedy",
        "the result has one id too few axes; every distribution has its own token.",
        "draw-a-token",
        ("return logits.argmax(-1)", "return logits.argmax()"),
    ),
    _sample(
        "nan_drawn",
        "nothing_can_be_drawn",
        "logits that hold nan or infinity gave a token; refuse them.",
        "draw-a-token",
        ("    if not peak.isfinite().all():\n", "    if False:\n"),
    ),
    _sample(
        "nan_only",
        "nothing_can_be_drawn",
        "only nan was refused; an infinite logit leaves no distribution either.",
        "draw-a-token",
        ("if not peak.isfinite().all()", "if peak.isnan().any()"),
    ),
    _sample(
        "greedy_excuses_settings",
        "settings_are_checked",
        "at temperature 0 settings out of range were accepted; a mistake should not hide there.",
        "temperature-formula",
        ("    if temperature != 0:\n", _GREEDY + "    if temperature != 0:\n"),
    ),
    _sample(
        "logits_changed",
        "settings_are_checked",
        IN_PLACE,
        "draw-a-token",
        (
            "    if top_k is not None:",
            "    logits[..., -1] = logits[..., -1] - 1e-3\n    if top_k is not None:",
        ),
    ),
    _sample(
        "a_column",
        "as_often_as_probable",
        "`torch.multinomial` gives each row a list of draws, here a list of one; one id for each distribution is asked for.",
        "draw-a-token",
        (_DRAW, "return torch.multinomial(logits.softmax(-1), 1, generator=generator)"),
    ),
    _sample(
        "cut_tokens_refused",
        "nothing_can_be_drawn",
        "every logit had to be finite; −inf marks a token that is cut, and only the largest of a row has to be.",
        "draw-a-token",
        ("if not peak.isfinite().all()", "if not logits.isfinite().all()"),
    ),
]

_STORE = "        self._keys[..., start:end, :] = key.detach()\n        self._values[..., start:end, :] = value.detach()\n"
_RETURN = "return self._keys[..., :end, :], self._values[..., :end, :]"
_FULL = "        if end > self.context_length:\n"

LAYER = [
    _layer(
        "new_ones_only",
        "all_so_far_in_order",
        "only the new keys and values came back; attention needs all positions so far.",
        "kv-cache",
        (_RETURN, "return self._keys[..., start:end, :], self._values[..., start:end, :]"),
    ),
    _layer(
        "written_at_the_start",
        "all_so_far_in_order",
        "new positions were written over the first ones; they come behind what is stored.",
        "kv-cache",
        (
            _STORE,
            "        self._keys[..., : end - start, :] = key.detach()\n        self._values[..., : end - start, :] = value.detach()\n",
        ),
    ),
    _layer(
        "whole_buffer",
        "all_so_far_in_order",
        "the whole buffer came back, with places that nothing has been written to.",
        "kv-cache",
        (_RETURN, "return self._keys, self._values"),
    ),
    _layer(
        "keys_for_values",
        "all_so_far_in_order",
        "the values returned are the keys.",
        "kv-cache",
        (_RETURN, "return self._keys[..., :end, :], self._keys[..., :end, :]"),
    ),
    _layer(
        "heads_for_positions",
        "all_so_far_in_order",
        "the axis of the heads was counted as that of the positions; positions are the last axis but one.",
        "kv-cache",
        ("key.shape[-2]", "key.shape[1]"),
    ),
    _layer(
        "length_stays",
        "length_counts_positions",
        "`length` does not grow, so the next call writes to the same places.",
        "kv-cache",
        ("        self.length = end\n", ""),
    ),
    _layer(
        "calls_counted",
        "length_counts_positions",
        "`length` counts calls; it counts positions, and a prompt has many.",
        "kv-cache",
        (
            "        start, end = self.length, self.length + key.shape[-2]\n",
            "        start = getattr(self, 'n', 0)\n        end = start + key.shape[-2]\n",
        ),
        ("        self.length = end\n", "        self.n = end\n        self.length += 1\n"),
    ),
    _layer(
        "full_from_the_start",
        "length_counts_positions",
        "`length` is the size of the buffers; it counts what is stored, and at first that is 0.",
        "kv-cache",
        (
            "        self.length = end\n",
            "        self.filled = end\n        self.length = self.context_length\n",
        ),
        (
            "start, end = self.length, self.length + key.shape[-2]",
            "start = getattr(self, 'filled', 0)\n        end = start + key.shape[-2]",
        ),
        ("        self.length = 0\n", "        self.length = context_length\n"),
    ),
    _layer(
        "default_dtype",
        "dtype_of_what_comes",
        "the buffers have the default dtype; they should have that of the keys, so that a bfloat16 model stays one.",
        "kv-cache",
        (
            "new.new_zeros(*new.shape[:-2], self.context_length, new.shape[-1])",
            "torch.zeros(*new.shape[:-2], self.context_length, new.shape[-1])",
        ),
    ),
    _layer(
        "gradient_kept",
        "dtype_of_what_comes",
        "what is stored drags its gradient along: detach it, or memory grows with every token.",
        "kv-cache",
        ("key.detach()", "key"),
        ("value.detach()", "value"),
    ),
    _layer(
        "window_unchecked",
        "full_window_is_refused",
        "more positions than fit were not refused in words.",
        "window-budget",
        (_FULL, "        if False:\n"),
    ),
    _layer(
        "full_too_early",
        "all_so_far_in_order",
        "a piece that just fits was refused.",
        "window-budget",
        ("if end > self.context_length", "if end >= self.context_length"),
    ),
    _layer(
        "counted_before_refusing",
        "full_window_is_refused",
        "`length` had grown before the refusal, so what comes next is written to the wrong place.",
        "window-budget",
        (_FULL, "        self.length = end\n" + _FULL),
    ),
    _layer(
        "batch_unchecked",
        "another_batch_is_refused",
        "a batch of 1 was spread over all rows; refuse a batch of another size.",
        "kv-cache",
        ("if (batch := len(key)) != (held := len(self._keys)):", "batch = held = 0\n        if False:"),
    ),
    _layer(
        "buffers_made_anew",
        "all_so_far_in_order",
        "the buffers were made anew in each call, and what was stored is gone; make them at the first call alone.",
        "kv-cache",
        ("        if self._keys is None or self._values is None:\n", "        if True:\n"),
    ),
    _layer(
        "values_as_wide_as_keys",
        "all_so_far_in_order",
        "the buffer of the values has the width of the keys; it takes its last number from `value`.",
        "kv-cache",
        ("for new in (key, value)", "for new in (key, key)"),
    ),
]

CACHE = [
    _cache(
        "one_for_all_layers",
        "layers_are_separate",
        "all layers share one store: `[x] * n` repeats one object. Make one for each layer.",
        "kv-cache",
        (
            "[LayerBuffers(context_length) for _ in range(n_layers)]",
            "[LayerBuffers(context_length)] * n_layers",
        ),
    ),
    _cache(
        "new_at_every_access",
        "layers_are_separate",
        "every `cache[layer]` makes new buffers, so nothing is kept.",
        "kv-cache",
        (
            "return self._layers[layer]",
            "self._layers[layer] = LayerBuffers(self._layers[layer].context_length)\n        return self._layers[layer]",
        ),
    ),
    _cache(
        "length_of_the_first",
        "length_is_what_all_have_stored",
        "the length of the first layer was returned; in the middle of a pass the others have stored less.",
        "kv-cache",
        ("return min(layer.length for layer in self._layers)", "return self._layers[0].length"),
    ),
    _cache(
        "length_of_the_longest",
        "length_is_what_all_have_stored",
        "the longest layer was counted; a position counts when *every* layer has stored it.",
        "kv-cache",
        ("return min(", "return max("),
    ),
    _cache(
        "positions_added_up",
        "length_is_what_all_have_stored",
        "positions were added up over the layers; a position stands in each of them once.",
        "kv-cache",
        ("return min(", "return sum("),
    ),
    _cache(
        "layers_counted",
        "length_is_what_all_have_stored",
        "`length` is the number of layers; it counts positions.",
        "kv-cache",
        ("return min(layer.length for layer in self._layers)", "return len(self._layers)"),
    ),
    _cache(
        "window_not_handed_on",
        "context_length_is_handed_on",
        "the layers did not get context_length: they hold more positions than the model has.",
        "window-budget",
        ("LayerBuffers(context_length)", "LayerBuffers(2 * context_length)"),
    ),
    _cache(
        "sizes_unchecked",
        "impossible_sizes_are_refused",
        "a cache for no layer or no position was made.",
        "kv-cache",
        ("if n_layers < 1 or context_length < 1", "if n_layers < 0"),
    ),
    _cache(
        "length_of_the_last",
        "length_is_what_all_have_stored",
        "the length of the last layer was returned; here another layer has stored less, so look at all of them.",
        "kv-cache",
        ("return min(layer.length for layer in self._layers)", "return self._layers[-1].length"),
    ),
    _cache(
        "length_assigned",
        "length_is_what_all_have_stored",
        "`length` is a property: it is computed when somebody asks, and nothing can be assigned to it.",
        "kv-cache",
        ("        self._layers = [", "        self.length = 0\n        self._layers = ["),
    ),
]

BUDGET = [
    _budget(
        "limit_includes_the_prompt",
        "limit_counts_new_tokens",
        "the prompt was counted against max_new_tokens, which limits the generated tokens alone.",
        "window-budget",
        (
            "return min(max_new_tokens, context_length - n_prompt)",
            "return max(0, min(max_new_tokens - n_prompt, context_length - n_prompt))",
        ),
        misconception="E67",
    ),
    _budget(
        "window_forgotten",
        "window_is_shared",
        "the window was forgotten: prompt and new tokens share context_length positions.",
        "window-budget",
        ("return min(max_new_tokens, context_length - n_prompt)", "return max_new_tokens"),
        misconception="E67",
    ),
    _budget(
        "window_for_the_output",
        "window_is_shared",
        "the new tokens got the whole window; prompt and new tokens share it.",
        "window-budget",
        (
            "return min(max_new_tokens, context_length - n_prompt)",
            "return min(max_new_tokens, context_length)",
        ),
        misconception="E67",
    ),
    _budget(
        "one_place_lost",
        "window_is_shared",
        "one place of the window was given away.",
        "window-budget",
        (
            "return min(max_new_tokens, context_length - n_prompt)",
            "return min(max_new_tokens, max(0, context_length - n_prompt - 1))",
        ),
    ),
    _budget(
        "limit_ignored",
        "limit_counts_new_tokens",
        "max_new_tokens had no effect.",
        "window-budget",
        ("return min(max_new_tokens, context_length - n_prompt)", "return context_length - n_prompt"),
    ),
    _budget(
        "full_prompt_refused",
        "window_is_shared",
        "a prompt that just fills the window was refused; it leaves room for 0 tokens.",
        "window-budget",
        ("if n_prompt > context_length", "if n_prompt >= context_length"),
    ),
    _budget(
        "long_prompt_accepted",
        "impossible_budgets_are_refused",
        "a prompt longer than the window was accepted; its budget would be negative.",
        "window-budget",
        ("if n_prompt > context_length", "if False"),
    ),
    _budget(
        "negative_limit_accepted",
        "impossible_budgets_are_refused",
        "a negative limit was accepted.",
        "window-budget",
        ("if max_new_tokens < 0", "if False"),
    ),
    _budget(
        "prompt_taken_off_twice",
        "limit_counts_new_tokens",
        "the prompt was taken off max_new_tokens as well; it takes its share of the window alone.",
        "window-budget",
        (
            "return min(max_new_tokens, context_length - n_prompt)",
            "return min(max_new_tokens, context_length) - n_prompt",
        ),
        misconception="E67",
    ),
]

_CAT = "ids = torch.cat([ids, new[:, None]], dim=1)"
_UNREAD = "unread = new[:, None] if use_cache else ids"
_DRAW_NEW = "new = sample(logits, generator, temperature, top_k, top_p, min_p)"
_CALL = "logits = model(unread, cache=cache)[:, -1]"
NO_CACHE_SAYS = (
    "each call read the whole text although there is a cache; with one the model reads what is new."
)

GENERATE = [
    _generate(
        "first_position",
        "each_token_follows_from_all",
        "the logits of the first position were used; what follows the text is predicted at the last.",
        "generate-loop",
        ("[:, -1]", "[:, 0]"),
    ),
    _generate(
        "continuation_only",
        "each_token_follows_from_all",
        "the prompt is missing from the result; prompts *and* continuations are returned.",
        "generate-loop",
        ("    return ids\n", "    return ids[:, ids.shape[1] - n_new :]\n"),
    ),
    _generate(
        "put_before",
        "each_token_follows_from_all",
        "new tokens were put before the text; they come behind it.",
        "generate-loop",
        (_CAT, "ids = torch.cat([new[:, None], ids], dim=1)"),
    ),
    _generate(
        "whole_text_with_cache",
        "each_token_is_read_once",
        NO_CACHE_SAYS,
        "prefill-and-decode",
        (_UNREAD, "unread = ids"),
    ),
    _generate(
        "cache_never_used",
        "each_token_is_read_once",
        "the cache was never used: the model read the whole text for each token.",
        "prefill-and-decode",
        ("cache = KVCache(config.n_layers, config.context_length) if use_cache else None", "cache = None"),
        (_UNREAD, "unread = ids"),
    ),
    _generate(
        "new_cache_for_each_token",
        "each_token_follows_from_all",
        "each call had a new cache, so the model knew the last token alone.",
        "prefill-and-decode",
        (
            _CALL,
            "cache = KVCache(config.n_layers, config.context_length) if use_cache else None\n            "
            + _CALL,
        ),
    ),
    _generate(
        "prompt_token_by_token",
        "each_token_is_read_once",
        "the prompt was read token by token; all of it is known, so one call reads it.",
        "prefill-and-decode",
        (
            "            " + _CALL,
            "            for i in range(unread.shape[1]):\n                logits = model(unread[:, i : i + 1], cache=cache)[:, -1] if use_cache else model(unread)[:, -1]",
        ),
    ),
    _generate(
        "last_token_read_too",
        "each_token_is_read_once",
        "the last new token was read as well, though nothing is drawn after it.",
        "prefill-and-decode",
        (
            "    return ids\n",
            "        if n_new and use_cache and unread.shape[1] == 1 and cache.length < config.context_length:\n            model(unread, cache=cache)\n    return ids\n",
        ),
    ),
    _generate(
        "use_cache_ignored",
        "without_a_cache_the_same",
        "`use_cache` had no effect: a cache was used although it is False.",
        "prefill-and-decode",
        (" if use_cache else None", ""),
        (_UNREAD, "unread = new[:, None]"),
    ),
    _generate(
        "last_token_without_cache",
        "without_a_cache_the_same",
        "without a cache only the last token was read; the model has then forgotten what stood before it.",
        "prefill-and-decode",
        (_UNREAD, "unread = new[:, None]"),
    ),
    _generate(
        "filters_not_handed_on",
        "settings_reach_the_draw",
        "top_k, top_p or min_p did not reach `sample`.",
        "generate-loop",
        ("temperature, top_k, top_p, min_p)", "temperature)"),
    ),
    _generate(
        "min_p_not_handed_on",
        "settings_reach_the_draw",
        "min_p did not reach `sample`.",
        "generate-loop",
        ("temperature, top_k, top_p, min_p)", "temperature, top_k, top_p)"),
    ),
    _generate(
        "generator_not_handed_on",
        "generator_decides_the_text",
        "`generator` did not reach `sample`.",
        "reproducible-draws",
        ("sample(logits, generator, temperature", "sample(logits, None, temperature"),
    ),
    _generate(
        "greedy_only",
        "generator_decides_the_text",
        "the most probable token was taken every time, and nothing drawn.",
        "draw-a-token",
        (_DRAW_NEW, "new = sample(logits, generator, 0.0, top_k, top_p, min_p)"),
    ),
    _generate(
        "window_slides",
        "window_ends_the_text",
        "the text went on after the context was full; positions beyond it were never trained.",
        "window-budget",
        (
            "n_new = token_budget(config.context_length, ids.shape[1], max_new_tokens)",
            "token_budget(config.context_length, ids.shape[1], max_new_tokens)\n    n_new = max_new_tokens",
        ),
        (
            _UNREAD,
            "unread = ids[:, -config.context_length :]\n            cache = KVCache(config.n_layers, config.context_length) if use_cache else None",
        ),
        misconception="E67",
    ),
    _generate(
        "one_token_too_few",
        "window_ends_the_text",
        "the last place of the window stayed empty.",
        "window-budget",
        ("token_budget(config.context_length,", "token_budget(max(config.context_length - 1, ids.shape[1]),"),
    ),
    _generate(
        "on_token_never",
        "on_token_hears_of_each",
        "`on_token` was never called.",
        "generate-loop",
        ("                on_token(new)", "                pass"),
    ),
    _generate(
        "on_token_gets_the_text",
        "on_token_hears_of_each",
        "`on_token` got the whole text; it gets the new ids.",
        "generate-loop",
        ("on_token(new)", "on_token(ids)"),
    ),
    _generate(
        "training_mode",
        "dropout_is_off_meanwhile",
        "the model read in training mode: dropout would change every token.",
        "generate-loop",
        ("with evaluating(model):", "if True:"),
    ),
    _generate(
        "left_in_evaluation",
        "dropout_is_off_meanwhile",
        "afterwards the model was left in evaluation mode; whoever trains it next would train without dropout.",
        "generate-loop",
        ("    with evaluating(model):", "    model.eval()\n    if True:"),
    ),
    _generate(
        "left_after_an_error",
        "dropout_is_off_meanwhile",
        "after an error the model was left in evaluation mode; `with evaluating(model):` takes care of that.",
        "generate-loop",
        ("    with evaluating(model):", "    was = model.training\n    model.eval()\n    if True:"),
        ("    return ids\n", "    model.train(was)\n    return ids\n"),
    ),
    _generate(
        "ids_unchecked",
        "impossible_prompts_are_refused",
        "an id outside the vocabulary reached the model; `check_ids` refuses it in words.",
        "generate-loop",
        ("    check_ids(ids, config.vocab_size)\n", ""),
    ),
    _generate(
        "prompt_cut",
        "impossible_prompts_are_refused",
        "a prompt longer than the window was cut without a word; `token_budget` refuses it.",
        "window-budget",
        (
            "    n_new = token_budget(",
            "    ids = ids[:, -config.context_length :]\n    n_new = token_budget(",
        ),
    ),
    _generate(
        "settings_one_place_on",
        "settings_reach_the_draw",
        "the temperature stands where `sample` expects the generator: its arguments are logits, generator, temperature, top_k, top_p, min_p.",
        "generate-loop",
        ("sample(logits, generator, temperature", "sample(logits, temperature"),
    ),
    _generate(
        "nobody_listens",
        "each_token_follows_from_all",
        "`on_token` was called although it may be None; ask first.",
        "generate-loop",
        ("            if on_token is not None:\n                on_token(new)", "            on_token(new)"),
    ),
    _generate(
        "texts_counted",
        "window_ends_the_text",
        "the number of texts was taken for the length of the prompt: `ids` has the shape (batch, n).",
        "window-budget",
        ("ids.shape[1]", "ids.shape[0]"),
    ),
    _generate(
        "no_column",
        "each_token_follows_from_all",
        "the new ids have the shape (batch,); `torch.cat` wants a column of them, `new[:, None]`.",
        "generate-loop",
        (_CAT, "ids = torch.cat([ids, new], dim=1)"),
    ),
    _generate(
        "cache_turned_round",
        "each_token_is_read_once",
        "KVCache got its two numbers the wrong way round: n_layers comes first.",
        "kv-cache",
        (
            "KVCache(config.n_layers, config.context_length)",
            "KVCache(config.context_length, config.n_layers)",
        ),
    ),
    _generate(
        "cache_although_off",
        "without_a_cache_the_same",
        "a cache was made although use_cache=False; the model should get None then.",
        "prefill-and-decode",
        (" if use_cache else None", ""),
        (_UNREAD, "unread = ids"),
    ),
    _generate(
        "read_ahead",
        "each_token_is_read_once",
        "the last new token was read as well, though nothing is drawn after it.",
        "prefill-and-decode",
        (
            f"        for _ in range(n_new):\n            {_CALL}\n",
            f"        {_CALL}\n        for _ in range(n_new):\n",
        ),
        ("                on_token(new)", f"                on_token(new)\n            {_CALL}"),
    ),
]

MUTANTS: list[Mutant] = [*FILTERS, *SAMPLE, *LAYER, *CACHE, *BUDGET, *GENERATE]

"""Lab 15: right answers in another style, and mistakes that are not among the mutants."""

RIGHT = {
    "apply_temperature": [
        """
        def apply_temperature(logits, temperature):
            if math.isnan(temperature) or math.isinf(temperature) or temperature <= 0:
                raise ValueError(f"{temperature} is no temperature")
            return logits * (1 / temperature)
        """,
        """
        def apply_temperature(logits, temperature):
            if not 0 < temperature < float("inf"):
                raise ValueError(temperature)
            return torch.log_softmax(logits, -1) / temperature
        """,
    ],
    "top_k_filter": [
        """
        def top_k_filter(logits, k):
            V = logits.size(-1)
            if k < 1 or k > V:
                raise ValueError(f"{k} of {V}")
            order = torch.argsort(-logits, dim=-1, stable=True)
            ranks = torch.argsort(order, dim=-1)
            return torch.where(ranks < k, logits, float("-inf"))
        """,
        """
        def top_k_filter(logits, k):
            if not 0 < k <= logits.shape[-1]:
                raise ValueError(f"k={k}, but there are {logits.shape[-1]} tokens")
            best = logits.sort(dim=-1, descending=True, stable=True).indices[..., :k]
            out = torch.full_like(logits, -torch.inf)
            return out.scatter(-1, best, logits.gather(-1, best))
        """,
        """
        def top_k_filter(logits, k):
            n = logits.shape[-1]
            if k not in range(1, n + 1):
                raise ValueError(f"top_k {k} for {n}")
            rows = []
            for row in logits.reshape(-1, n).tolist():
                keep = sorted(range(n), key=lambda i: -row[i])[:k]
                rows.append([z if i in keep else -math.inf for i, z in enumerate(row)])
            return torch.tensor(rows, dtype=logits.dtype).view(logits.shape)
        """,
    ],
    "top_p_filter": [
        """
        def top_p_filter(logits, p):
            if not 0 < p <= 1:
                raise ValueError(f"p = {p}")
            ranked, ids = torch.sort(logits, descending=True, stable=True)
            probs = torch.softmax(ranked, dim=-1)
            before = probs.cumsum(-1) - probs
            ranked = ranked.masked_fill(before >= p, -math.inf)
            return torch.empty_like(logits).scatter(-1, ids, ranked)
        """,
        """
        def top_p_filter(logits, p):
            if not (p > 0 and p <= 1):
                raise ValueError(f"p = {p}")
            order = logits.argsort(dim=-1, descending=True, stable=True)
            sums = logits.softmax(-1).gather(-1, order).cumsum(-1)
            remove = torch.zeros_like(order, dtype=torch.bool)
            remove[..., 1:] = sums[..., :-1] >= p
            out = logits.clone()
            out[torch.zeros_like(remove).scatter(-1, order, remove)] = float("-inf")
            return out
        """,
    ],
    "min_p_filter": [
        """
        def min_p_filter(logits, p):
            if not 0 <= p <= 1:
                raise ValueError(f"p = {p}")
            probs = logits.softmax(-1)
            return torch.where(probs >= p * probs.max(-1, keepdim=True).values, logits, -torch.inf)
        """,
        """
        def min_p_filter(logits, p):
            if math.isnan(p) or p < 0 or p > 1:
                raise ValueError(f"p = {p}")
            least = logits.max(dim=-1, keepdim=True)[0] + (math.log(p) if p > 0 else -math.inf)
            out = logits.clone()
            out[logits < least] = -math.inf
            return out
        """,
    ],
    "sample": [
        """
        def sample(logits, generator=None, temperature=1.0, top_k=None, top_p=None, min_p=None):
            best = logits.max(-1, keepdim=True).values
            if not torch.isfinite(best).all():
                raise ValueError("nothing to draw from")
            z = logits if temperature == 0 else apply_temperature(logits, temperature)
            for filter_, value in ((top_k_filter, top_k), (top_p_filter, top_p), (min_p_filter, min_p)):
                z = z if value is None else filter_(z, value)
            return torch.argmax(z, -1) if temperature == 0 else draw(torch.softmax(z, -1), generator)
        """,
        """
        def sample(logits, generator=None, temperature=1.0, top_k=None, top_p=None, min_p=None):
            if any(not math.isfinite(x) for x in logits.amax(-1).flatten().tolist()):
                raise ValueError("no finite maximum")
            greedy = temperature == 0
            logits = apply_temperature(logits, 1.0 if greedy else temperature)
            if top_k is not None: logits = top_k_filter(logits, top_k)
            if top_p is not None: logits = top_p_filter(logits, top_p)
            if min_p is not None: logits = min_p_filter(logits, min_p)
            if greedy: return logits.argmax(dim=-1)
            sums = logits.softmax(-1).cumsum(-1)
            u = torch.rand((*logits.shape[:-1], 1), generator=generator, dtype=logits.dtype)
            return (sums <= u * sums[..., -1:]).sum(-1).clamp(max=logits.shape[-1] - 1)
        """,
    ],
    "LayerBuffers": [
        """
        class LayerBuffers:
            def __init__(self, context_length):
                self.size, self.keys, self.values = context_length, None, None
            @property
            def length(self):
                return 0 if self.keys is None else self.keys.shape[-2]
            def append(self, key, value):
                if self.length + key.shape[-2] > self.size:
                    raise ValueError(f"{self.length} stored, {self.size} fit")
                if self.keys is None:
                    self.keys, self.values = key.detach().clone(), value.detach().clone()
                elif key.shape[0] != self.keys.shape[0]:
                    raise ValueError(f"{key.shape[0]} is not {self.keys.shape[0]}")
                else:
                    self.keys = torch.cat((self.keys, key.detach()), dim=2)
                    self.values = torch.cat((self.values, value.detach()), dim=2)
                return self.keys, self.values
        """,
        """
        class LayerBuffers:
            def __init__(self, context_length):
                self.context_length, self.length, self.pairs = context_length, 0, []
            @torch.no_grad()
            def append(self, key, value):
                n = self.length + key.shape[2]
                if n > self.context_length:
                    raise ValueError(f"{self.length} + {key.shape[2]} > {self.context_length}")
                if self.pairs and len(self.pairs[0][0]) != len(key):
                    raise ValueError(f"batch {len(key)} after {len(self.pairs[0][0])}")
                self.pairs.append((key.clone(), value.clone()))
                self.length = n
                keys, values = zip(*self.pairs)
                return torch.cat(keys, -2), torch.cat(values, -2)
        """,
    ],
    "KVCache": [
        """
        class KVCache:
            def __init__(self, n_layers, context_length):
                if n_layers <= 0 or context_length <= 0:
                    raise ValueError(f"{n_layers} layers of {context_length} positions")
                self.layers = {i: LayerBuffers(context_length) for i in range(n_layers)}
            @property
            def length(self):
                return sorted(l.length for l in self.layers.values())[0]
            def __getitem__(self, i):
                return self.layers[i]
        """,
        """
        class KVCache(list):
            def __init__(self, n_layers, context_length):
                if min(n_layers, context_length) < 1:
                    raise ValueError(f"n_layers={n_layers}, context_length={context_length}")
                super().__init__(LayerBuffers(context_length) for _ in range(n_layers))
            @property
            def length(self):
                return min(buffers.length for buffers in self)
        """,
    ],
    "token_budget": [
        """
        def token_budget(context_length, n_prompt, max_new_tokens):
            room = context_length - n_prompt
            if n_prompt == 0:
                raise ValueError("no prompt")
            if room < 0:
                raise ValueError(f"{n_prompt} tokens do not fit into {context_length}")
            if max_new_tokens < 0:
                raise ValueError(f"{max_new_tokens} is negative")
            return room if room < max_new_tokens else max_new_tokens
        """,
    ],
    "generate": [
        """
        @torch.no_grad()
        def generate(model, ids, max_new_tokens, *, temperature=1.0, top_k=None, top_p=None, min_p=None,
                     generator=None, use_cache=True, on_token=None):
            check_device(ids, model)
            check_ids(ids, model.config.vocab_size)
            n = token_budget(model.config.context_length, ids.shape[1], max_new_tokens)
            cache = KVCache(model.config.n_layers, model.config.context_length)
            mode = model.training
            model.eval()
            try:
                start = 0
                while n > 0:
                    if use_cache:
                        logits = model(ids[:, start:], cache)
                        start = ids.shape[1]
                    else:
                        logits = model(ids)
                    new = sample(logits[:, -1, :], generator, temperature, top_k, top_p, min_p)
                    ids = torch.hstack([ids, new.unsqueeze(1)])
                    if on_token is not None:
                        on_token(new)
                    n -= 1
            finally:
                model.train(mode)
            return ids
        """,
        """
        def generate(model, ids, max_new_tokens, *, generator=None, use_cache=True, on_token=None, **settings):
            config = model.config
            check_ids(ids, config.vocab_size)
            budget = token_budget(config.context_length, ids.shape[1], max_new_tokens)
            more = {"cache": KVCache(config.n_layers, config.context_length)} if use_cache else {}
            texts, unread = [ids], ids
            with torch.no_grad(), evaluating(model):
                for _ in range(budget):
                    new = sample(model(unread, **more).select(1, -1), generator=generator, **settings)[:, None]
                    texts.append(new)
                    unread = new if use_cache else torch.cat(texts, 1)
                    if on_token:
                        on_token(new[:, 0])
            return torch.cat(texts, 1)
        """,
    ],
}

_SAMPLE = """def sample(logits, generator=None, temperature=1.0, top_k=None, top_p=None, min_p=None):
 if not logits.amax(-1).isfinite().all(): raise ValueError("no finite maximum")
 if temperature != 0: logits = apply_temperature(logits, temperature)
 if top_k is not None: logits = top_k_filter(logits, top_k)
 if top_p is not None: logits = top_p_filter(logits, top_p)
 if min_p is not None: logits = min_p_filter(logits, min_p)
 if temperature == 0: return logits.argmax(-1)
 return draw(logits.softmax(-1), generator)
"""
_TOP_P = """def top_p_filter(logits, p):
 if not 0 < p <= 1: raise ValueError(f"p={p}")
 ranked, order = logits.sort(dim=-1, descending=True, stable=True)
 probs = ranked.softmax(-1)
 cut = probs.cumsum(-1) - probs >= p
 return logits.masked_fill(torch.zeros_like(cut).scatter(-1, order, cut), -math.inf)
"""
_TOP_K = """def top_k_filter(logits, k):
 if not 1 <= k <= logits.shape[-1]: raise ValueError(f"{k} {logits.shape[-1]}")
 order = logits.argsort(dim=-1, descending=True, stable=True)
 ranks = order.argsort(-1)
 return logits.masked_fill(ranks >= k, -math.inf)
"""
_MIN_P = """def min_p_filter(logits, p):
 if not 0 <= p <= 1: raise ValueError(f"p={p}")
 probs = logits.softmax(-1)
 return logits.masked_fill(probs < p * probs.amax(-1, keepdim=True), -math.inf)
"""
_LAYER = """class LayerBuffers:
 def __init__(self, context_length):
  self.context_length, self.length, self.k, self.v = context_length, 0, None, None
 def append(self, key, value):
  n = self.length + key.shape[-2]
  if n > self.context_length: raise ValueError(f"{self.length} {self.context_length}")
  if self.k is not None and len(key) != len(self.k): raise ValueError(f"{len(key)} {len(self.k)}")
  key, value = key.detach(), value.detach()
  self.k = key if self.k is None else torch.cat([self.k, key], -2)
  self.v = value if self.v is None else torch.cat([self.v, value], -2)
  self.length = n
  return self.k, self.v
"""
_CACHE = """class KVCache:
 def __init__(self, n_layers, context_length):
  if n_layers < 1 or context_length < 1: raise ValueError(f"{n_layers} {context_length}")
  self.layers = [LayerBuffers(context_length) for _ in range(n_layers)]
 @property
 def length(self): return min(l.length for l in self.layers)
 def __getitem__(self, layer): return self.layers[layer]
"""
_GENERATE = """@torch.no_grad()
def generate(model, ids, max_new_tokens, *, temperature=1.0, top_k=None, top_p=None, min_p=None, generator=None, use_cache=True, on_token=None):
 config = model.config
 check_ids(ids, config.vocab_size)
 n = token_budget(config.context_length, ids.shape[1], max_new_tokens)
 cache = KVCache(config.n_layers, config.context_length) if use_cache else None
 unread = ids
 with evaluating(model):
  for _ in range(n):
   new = sample(model(unread, cache=cache)[:, -1], generator, temperature, top_k, top_p, min_p)
   ids = torch.cat([ids, new[:, None]], 1)
   unread = new[:, None] if use_cache else ids
   if on_token is not None: on_token(new)
 return ids
"""


def _edit(exercise: str, source: str, *edits: str) -> tuple[str, str]:
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert old in source, old
        source = source.replace(old, new)
    return exercise, source


def _temperature(body: str) -> tuple[str, str]:
    return "apply_temperature", f"def apply_temperature(logits, temperature):\n {body}"


_REFUSED = 'if not 0 < temperature < math.inf: raise ValueError(f"{temperature}")\n '

# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    _temperature("return logits / temperature"),
    _temperature(_REFUSED + "return logits ** (1 / temperature)"),
    _temperature(_REFUSED + "return logits / (1 + temperature)"),
    _temperature(_REFUSED + "return logits - math.log(temperature)"),
    _temperature(_REFUSED + "return logits / temperature ** 0.5"),
    _temperature(_REFUSED + "return torch.nan_to_num(logits / temperature)"),
    _temperature(_REFUSED + "return (logits / temperature).float()"),
    _temperature(_REFUSED + "return logits / max(temperature, 1.0)"),
    _temperature('if temperature <= 0: raise ValueError("temperature must be positive")\n return logits / temperature'),
    _temperature(_REFUSED + "return logits / max(temperature, 1e-5)"),
    _temperature(_REFUSED + "return logits / (temperature + 1e-8)"),
    _temperature('if not isinstance(temperature, float): raise ValueError(f"{temperature}")\n ' + _REFUSED + "return logits / temperature"),
    _edit("top_k_filter", _TOP_K, "logits.argsort(", "(logits - 1e-4 * torch.arange(logits.shape[-1])).argsort("),
    _edit("top_k_filter", _TOP_K, "ranks >= k", "(ranks >= k) | (logits <= -50)"),
    _edit("top_p_filter", _TOP_P, "probs >= p", "probs >= max(p - 1e-3, p / 2)"),
    _edit("top_p_filter", _TOP_P, "probs >= p", "probs >= max(p - 1e-6, p / 2)"),
    _edit("top_p_filter", _TOP_P, "probs >= p", "probs >= p * 0.999"),
    _edit("top_p_filter", _TOP_P, "ranked.softmax(-1)", "ranked.softmax(-1).half()"),
    _edit("top_p_filter", _TOP_P, "ranked.softmax(-1)", "ranked.exp() / ranked.exp().sum(-1, keepdim=True)"),
    _edit("min_p_filter", _MIN_P, "logits.softmax(-1)", "logits.exp() / logits.exp().sum(-1, keepdim=True)"),
    _edit("min_p_filter", _MIN_P, "probs < p", "probs < 0.99 * p"),
    _edit("min_p_filter", _MIN_P, "probs < p", "probs < max(p, 1e-8)"),
    _edit("sample", _SAMPLE, "if temperature == 0:", "if not abs(temperature) > 0:", "if temperature != 0:", "if abs(temperature) > 0:"),
    _temperature('if not 0 < temperature <= 100: raise ValueError(f"{temperature}")\n return logits / temperature'),
    _edit("sample", _SAMPLE, "if temperature == 0:", "if temperature < 0.05:"),
    _edit("sample", _SAMPLE, "logits = apply_temperature(logits, temperature)", "apply_temperature(logits, temperature); logits /= temperature"),
    _edit("sample", _SAMPLE, " return draw(", " if generator is not None: generator.manual_seed(generator.initial_seed())\n return draw("),
    _edit("sample", _SAMPLE, " if temperature == 0: ", " drawn = draw(logits.softmax(-1), generator)\n if temperature == 0: "),
    _edit("sample", _SAMPLE, "draw(logits.softmax(-1), generator)", "torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(-1)"),
    _edit("sample", _SAMPLE, "draw(logits.softmax(-1), generator)", "draw(logits.softmax(-1), generator).squeeze()"),
    _edit("sample", _SAMPLE, " if top_k is not None:", " top_k = top_k if top_k is not None else min(3, logits.shape[-1])\n if top_k is not None:"),
    _edit("LayerBuffers", _LAYER, "if n > self.context_length:", "if self.length and n > self.context_length:"),
    _edit("LayerBuffers", _LAYER, "  if self.k is not None and len(key)", "  if self.k is not None and len(key) == 1: self.k = self.k * 0\n  if self.k is not None and len(key)"),
    _edit("LayerBuffers", _LAYER, "value = key.detach(), value.detach()", "value = key.detach(), value.detach().to(key.dtype)"),
    _edit("KVCache", _CACHE, "min(l.length for l in self.layers)", "min(self.layers[0].length, self.layers[-1].length)"),
    _edit("KVCache", _CACHE, "n_layers < 1 or", "n_layers < 2 or"),
    _edit("top_k_filter", _TOP_K, "ranks >= k", "ranks > k"),
    _edit("top_k_filter", _TOP_K, "ranks >= k", "ranks < k"),
    _edit("top_k_filter", _TOP_K, "ranks >= k", "order >= k"),
    _edit("top_k_filter", _TOP_K, "descending=True, ", ""),
    _edit("top_k_filter", _TOP_K, "-math.inf", "math.inf"),
    _edit("top_k_filter", _TOP_K, "-math.inf", "torch.finfo(logits.dtype).min"),
    _edit("top_k_filter", _TOP_K, "logits.argsort(dim=-1,", "logits.argsort(dim=0,"),
    _edit("top_k_filter", _TOP_K, "logits.masked_fill", "logits.softmax(-1).masked_fill"),
    ("top_k_filter", "def top_k_filter(logits, k): return logits.topk(k, -1).values"),
    ("top_k_filter", "def top_k_filter(logits, k):\n if not 1 <= k <= logits.shape[-1]: raise ValueError(f'{k} {logits.shape[-1]}')\n return logits.topk(k, -1).values"),
    ("top_k_filter", "def top_k_filter(logits, k):\n if not 1 <= k <= logits.shape[-1]: raise ValueError(f'{k} {logits.shape[-1]}')\n v, i = logits.topk(k)\n return torch.zeros_like(logits).scatter(-1, i, v)"),
    ("top_k_filter", "def top_k_filter(logits, k):\n if not 1 <= k <= logits.shape[-1]: raise ValueError(f'{k} {logits.shape[-1]}')\n return torch.where(logits >= logits.kthvalue(k, -1, keepdim=True).values, logits, -math.inf)"),
    _edit("top_p_filter", _TOP_P, ">= p", "> p"),
    _edit("top_p_filter", _TOP_P, "cumsum(-1) - probs >= p", "cumsum(-1) >= p"),
    _edit("top_p_filter", _TOP_P, "- probs >= p", "- probs >= 1 - p"),
    _edit("top_p_filter", _TOP_P, "- probs >= p", "- probs < p"),
    _edit("top_p_filter", _TOP_P, "cumsum(-1) - probs >= p", "cumsum(0) - probs >= p"),
    _edit("top_p_filter", _TOP_P, "ranked.softmax(-1)", "ranked.sigmoid()"),
    _edit("top_p_filter", _TOP_P, "ranked.softmax(-1)", "ranked.exp()"),
    _edit("top_p_filter", _TOP_P, "ranked.softmax(-1)", "ranked.log_softmax(-1)"),
    _edit("top_p_filter", _TOP_P, "ranked.softmax(-1)", "ranked.softmax(0)"),
    _edit("top_p_filter", _TOP_P, "torch.zeros_like(cut).scatter(-1, order, cut)", "cut[..., order] if cut.dim() == 1 else cut"),
    _edit("top_p_filter", _TOP_P, "return logits", "return logits.softmax(-1)"),
    _edit("top_p_filter", _TOP_P, "0 < p <= 1", "0 < p < 1"),
    _edit("top_p_filter", _TOP_P, "0 < p <= 1", "0 <= p <= 1"),
    _edit("top_p_filter", _TOP_P, "- probs >= p", "- probs >= p * probs[..., :1]"),
    _edit("min_p_filter", _MIN_P, "amax(-1, keepdim=True)", "amax()"),
    _edit("min_p_filter", _MIN_P, "amax(-1, keepdim=True)", "amin(-1, keepdim=True)"),
    _edit("min_p_filter", _MIN_P, "amax(-1, keepdim=True)", "mean(-1, keepdim=True)"),
    _edit("min_p_filter", _MIN_P, "p * probs.amax(-1, keepdim=True)", "probs.amax(-1, keepdim=True) - p"),
    _edit("min_p_filter", _MIN_P, "p * probs.amax(-1, keepdim=True)", "(1 - p) * probs.amax(-1, keepdim=True)"),
    _edit("min_p_filter", _MIN_P, "probs < p", "probs <= p"),
    _edit("min_p_filter", _MIN_P, "return logits", "return probs"),
    _edit("min_p_filter", _MIN_P, "-math.inf", "-100.0"),
    _edit("min_p_filter", _MIN_P, "0 <= p <= 1", "0 < p <= 1"),
    _edit("sample", _SAMPLE, "temperature == 0: return logits.argmax(-1)", "temperature < 1: return logits.argmax(-1)"),
    _edit("sample", _SAMPLE, "draw(logits.softmax(-1), generator)", "draw(logits.softmax(-1) ** 2, generator)"),
    _edit("sample", _SAMPLE, "draw(logits.softmax(-1), generator)", "draw((logits / temperature).softmax(-1), generator)"),
    _edit("sample", _SAMPLE, "draw(logits.softmax(-1), generator)", "draw(logits.exp().clamp(max=1), generator)"),
    _edit("sample", _SAMPLE, "draw(logits.softmax(-1), generator)", "torch.multinomial(logits.softmax(-1), 1, generator=generator)"),
    _edit("sample", _SAMPLE, "draw(logits.softmax(-1), generator)", "draw(logits.softmax(-1), generator).float()"),
    _edit("sample", _SAMPLE, "draw(logits.softmax(-1), generator)", "draw(logits.softmax(-1), torch.Generator().manual_seed(0))"),
    _edit("sample", _SAMPLE, "top_p_filter(logits, top_p)", "top_p_filter(logits, min(1.0, top_p + 0.2))"),
    _edit("sample", _SAMPLE, "if top_k is not None", "if top_k"),
    _edit("sample", _SAMPLE, "min_p_filter(logits, min_p)", "top_p_filter(logits, min_p)"),
    _edit("sample", _SAMPLE, " if temperature == 0: return logits.argmax(-1)\n", ""),
    _edit("sample", _SAMPLE, "logits.amax(-1).isfinite().all()", "logits.amax(-1).isfinite().any()"),
    _edit("sample", _SAMPLE, "raise ValueError(\"no finite maximum\")", "return logits[..., 0].long()"),
    _edit("LayerBuffers", _LAYER, "torch.cat([self.k, key], -2)", "torch.cat([key, self.k], -2)"),
    _edit("LayerBuffers", _LAYER, "torch.cat([self.k, key], -2)", "torch.cat([self.k, key], 1)"),
    _edit("LayerBuffers", _LAYER, "torch.cat([self.v, value], -2)", "value"),
    _edit("LayerBuffers", _LAYER, "return self.k, self.v", "return self.k"),
    _edit("LayerBuffers", _LAYER, "return self.k, self.v", "return self.v, self.k"),
    _edit("LayerBuffers", _LAYER, "return self.k, self.v", "return self.k.float(), self.v.float()"),
    _edit("LayerBuffers", _LAYER, "self.length + key.shape[-2]", "self.length + 1"),
    _edit("LayerBuffers", _LAYER, "self.length + key.shape[-2]", "self.length + len(key)"),
    _edit("LayerBuffers", _LAYER, "raise ValueError(f\"{self.length} {self.context_length}\")", "self.k, self.v, self.length, n = None, None, 0, key.shape[-2]"),
    _edit("LayerBuffers", _LAYER, "key, value = key.detach(), value.detach()", "pass"),
    _edit("KVCache", _CACHE, "min(l.length for l in self.layers)", "self.layers[-1].length"),
    _edit("KVCache", _CACHE, "min(l.length for l in self.layers)", "sum(l.length for l in self.layers) // len(self.layers)"),
    _edit("KVCache", _CACHE, "min(l.length for l in self.layers)", "0"),
    _edit("KVCache", _CACHE, "@property\n", "\n"),
    _edit("KVCache", _CACHE, "return self.layers[layer]", "return self.layers[0]"),
    _edit("KVCache", _CACHE, "LayerBuffers(context_length)", "LayerBuffers(n_layers)"),
    _edit("KVCache", _CACHE, "LayerBuffers(context_length)", "LayerBuffers(10**6)"),
    _edit("KVCache", _CACHE, "n_layers < 1 or context_length < 1", "n_layers < 1"),
    ("token_budget", "def token_budget(context_length, n_prompt, max_new_tokens): return min(max_new_tokens, context_length - n_prompt)"),
    ("token_budget", "def token_budget(context_length, n_prompt, max_new_tokens): return max(max_new_tokens, context_length - n_prompt)"),
    ("token_budget", "def token_budget(context_length, n_prompt, max_new_tokens):\n if n_prompt < 1: raise ValueError('empty')\n if n_prompt > context_length: raise ValueError('too long')\n if max_new_tokens < 0: raise ValueError(f'{max_new_tokens}')\n return min(max_new_tokens, context_length - n_prompt)"),
    ("token_budget", "def token_budget(context_length, n_prompt, max_new_tokens):\n if n_prompt + max_new_tokens > context_length: raise ValueError(f'{n_prompt} {context_length} {max_new_tokens}')\n return max_new_tokens"),
    ("token_budget", "def token_budget(context_length, n_prompt, max_new_tokens): return float(min(max_new_tokens, context_length - n_prompt))"),
    ("token_budget", "def token_budget(context_length, n_prompt, max_new_tokens):\n if not 0 < n_prompt <= context_length: raise ValueError(f'{n_prompt} {context_length}')\n if n_prompt == context_length: return 0\n if max_new_tokens < 0: raise ValueError(f'{max_new_tokens}')\n return min(max_new_tokens, context_length - n_prompt)"),
    _edit("generate", _GENERATE, "  for _ in range(n):\n", "  for _ in range(n):\n   if generator is not None: generator.manual_seed(generator.initial_seed())\n"),
    _edit("generate", _GENERATE, " unread = ids\n with", " generator = generator or torch.Generator().manual_seed(0)\n unread = ids\n with"),
    _edit("generate", _GENERATE, "if on_token is not None: on_token(new)", "try: on_token(new)\n   except Exception: pass"),
    _edit("generate", _GENERATE, "   unread = new", "   if ids.shape[1] > 3 and (ids[:, -3:] == ids[:, -1:]).all(): break\n   unread = new"),
    _edit("generate", _GENERATE, " check_ids(ids, config.vocab_size)\n n =", " if max_new_tokens > 0: check_ids(ids, config.vocab_size)\n n ="),
    _edit("generate", _GENERATE, "[:, -1]", "[:, -1:].mean(1) * 0"),
    _edit("generate", _GENERATE, "new = sample(model", "new = sample(-model"),
    _edit("generate", _GENERATE, "range(n)", "range(max_new_tokens)"),
    _edit("generate", _GENERATE, "range(n)", "range(n - 1)"),
    _edit("generate", _GENERATE, "unread = new[:, None] if use_cache else ids\n", "unread = ids[:, -1:]\n"),
    _edit("generate", _GENERATE, "unread = new[:, None] if use_cache else ids\n", "unread = ids[:, -2:] if use_cache else ids\n"),
    _edit("generate", _GENERATE, "if on_token is not None: on_token(new)", "pass\n  if on_token is not None: on_token(new)"),
    _edit("generate", _GENERATE, "on_token(new)", "on_token(new[0].item())"),
    _edit("generate", _GENERATE, "with evaluating(model):", "with torch.no_grad():"),
    _edit("generate", _GENERATE, " with evaluating(model):", " model.eval()\n with torch.no_grad():"),
    _edit("generate", _GENERATE, "generator, temperature, top_k, top_p, min_p", "generator, temperature, top_k, min_p, top_p"),
    _edit("generate", _GENERATE, "generator, temperature, top_k, top_p, min_p", "torch.Generator().manual_seed(0), temperature, top_k, top_p, min_p"),
    _edit("generate", _GENERATE, "generator, temperature, top_k, top_p, min_p", "generator, 1.0, top_k, top_p, min_p"),
    _edit("generate", _GENERATE, "return ids", "return ids.tolist()"),
    _edit("generate", _GENERATE, "return ids", "return ids[:, -max_new_tokens:]"),
    _edit("generate", _GENERATE, "KVCache(config.n_layers, config.context_length)", "KVCache(1, config.context_length)"),
    _edit("generate", _GENERATE, "KVCache(config.n_layers, config.context_length)", "KVCache(config.n_layers, max_new_tokens or 1)"),
    _edit("generate", _GENERATE, " check_ids(ids, config.vocab_size)\n", " ids = ids.clamp(max=config.vocab_size - 1)\n"),
    _edit("generate", _GENERATE, "generator, temperature,", "generator, temperature if use_cache else 0.0,"),
    _edit("generate", _GENERATE, "if on_token is not None:", "if on_token is not None and use_cache:"),
    _edit("generate", _GENERATE, "generator, temperature,", "generator, temperature or 1e-4,"),
    _edit(
        "LayerBuffers", _LAYER,
        "  n = self.length", "  if self.k is None: self.k, self.v = key[..., :0, :].detach(), value[..., :0, :].detach()\n  n = self.length",
    ),
]  # fmt: skip

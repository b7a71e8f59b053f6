"""Lab 13: right answers in another style, and mistakes that are not among the mutants."""

_CONFIG = """@dataclass(frozen=True, kw_only=True)
class GPTConfig:
 vocab_size: int
 context_length: int
 d_model: int
 n_heads: int
 n_layers: int
 d_ff: int | None = None
 dropout: float = 0.0
 bias: bool = True
 def __post_init__(self):
  sizes = dict(vocab_size=self.vocab_size, context_length=self.context_length, d_model=self.d_model, n_heads=self.n_heads, n_layers=self.n_layers)
  for name, size in sizes.items():
   if type(size) is not int: raise ValueError(f"{name} = {size} is no int")
   if size <= 0: raise ValueError(f"{name} = {size} is too small")
  if self.d_ff is None: object.__setattr__(self, "d_ff", 4 * self.d_model)
  elif type(self.d_ff) is not int or self.d_ff < 1: raise ValueError(f"d_ff = {self.d_ff} is wrong")
  if self.d_model % self.n_heads: raise ValueError(f"{self.d_model} / {self.n_heads}")
  if not (self.dropout >= 0 and self.dropout < 1): raise ValueError(f"dropout {self.dropout}")
"""
_TIE = """def tie_weights(model):
 e, h = model.token_embedding.weight, model.head.weight
 if tuple(e.shape) != tuple(h.shape): raise ValueError(f"{tuple(e.shape)} is not {tuple(h.shape)}")
 model.head.weight = e
"""
_INIT = """def init_weights(model, generator=None):
 small = 0.02 / (2 * len(model.blocks)) ** 0.5
 with torch.no_grad():
  for name, p in model.named_parameters():
   if name.endswith(".bias"): p.fill_(0)
   elif "norm" in name: p.fill_(1)
   elif "w_o." in name or "w_out." in name: p.copy_(small * torch.randn(p.shape, generator=generator))
   else: p.copy_(0.02 * torch.randn(p.shape, generator=generator))
"""
_GPT = """class GPT(GPTParts):
 def __init__(self, config):
  super().__init__(config)
  init_weights(self)
  tie_weights(self)
 def forward(self, ids, cache=None):
  start = cache.length if cache is not None else 0
  h = self.dropout(self.positions(self.token_embedding(ids), start))
  for i in range(len(self.blocks)):
   layer = cache[i] if cache is not None else None
   h = self.blocks[i](h, causal=True, cache=layer)
  return self.head(self.norm(h))
"""
_COUNT = """def count_parameters(config):
 V, T, L, d, f = config.vocab_size, config.context_length, config.n_layers, config.d_model, config.d_ff
 matrices = 4 * d * d + 2 * d * f
 vectors = 2 * d
 if config.bias:
  matrices += 4 * d + f + d
  vectors += 2 * d
 return V * d + T * d + L * (matrices + vectors) + vectors // 2
"""
_LOAD = """def load_gpt2_state_dict(model, state):
 found = checked_gpt2_tensors(model, state)
 mine = dict(model.named_parameters())
 for theirs, names in gpt2_names(model.config).items():
  t = found[theirs].detach()
  if any(part in theirs for part in ("c_attn.weight", "c_proj.weight", "c_fc.weight")): t = t.transpose(0, 1)
  rows = t.shape[0] // len(names)
  for i, name in enumerate(names):
   mine[name].data.copy_(t[i * rows : (i + 1) * rows])
"""
_LOSS = """def next_token_loss(logits, targets):
 if tuple(logits.shape[:-1]) != tuple(targets.shape): raise ValueError(f"{tuple(logits.shape)} against {tuple(targets.shape)}")
 log_p = logits.log_softmax(-1)
 return -log_p.gather(-1, targets.unsqueeze(-1)).mean()
"""
_LOSS_BY_LOGSUMEXP = """def next_token_loss(logits, targets):
 if logits.shape[:-1] != targets.shape: raise ValueError(f"{tuple(logits.shape)} {tuple(targets.shape)}")
 of_target = logits.gather(-1, targets[..., None]).squeeze(-1)
 return (torch.logsumexp(logits, -1) - of_target).mean()
"""
_INIT_BY_MODULE = """def init_weights(model, generator=None):
 def draw(p, std): nn.init.normal_(p, 0.0, std, generator=generator)
 draw(model.token_embedding.weight, 0.02)
 draw(model.positions.table, 0.02)
 if model.head.weight is not model.token_embedding.weight: draw(model.head.weight, 0.02)
 norms = [model.norm]
 for block in model.blocks:
  norms += [block.norm_1, block.norm_2]
  a, f = block.attention, block.feed_forward
  for linear in (a.w_q, a.w_k, a.w_v, a.w_o, f.w_in, f.w_out):
   writes = linear is a.w_o or linear is f.w_out
   draw(linear.weight, 0.02 / math.sqrt(2 * model.config.n_layers) if writes else 0.02)
   if linear.bias is not None: nn.init.zeros_(linear.bias)
 for norm in norms:
  nn.init.ones_(norm.weight)
  if norm.bias is not None: nn.init.zeros_(norm.bias)
"""
_GPT_WITH_A_MASK = """class GPT(GPTParts):
 def __init__(self, config):
  super().__init__(config)
  tie_weights(self)
  init_weights(self)
 def forward(self, ids, cache=None):
  past = 0 if cache is None else cache.length
  x = self.positions(self.token_embedding(ids), start=past)
  x = self.dropout(x)
  layers = [None] * len(self.blocks) if cache is None else [cache[i] for i in range(len(self.blocks))]
  for block, layer in zip(self.blocks, layers):
   x = block(x, None, True, layer)
  return self.norm(x) @ self.token_embedding.weight.T
"""
_COUNT_BY_BUILDING = """def count_parameters(config):
 return sum(p.numel() for p in GPT(config).parameters()) if config.d_model < 100 else (config.vocab_size + config.context_length) * config.d_model + config.n_layers * (12 * config.d_model**2 + 13 * config.d_model) + 2 * config.d_model
"""

RIGHT = {
    "GPTConfig": _CONFIG,
    "tie_weights": [_TIE, _TIE.replace("model.head.weight = e", 'setattr(model.head, "weight", e)')],
    "init_weights": [_INIT, _INIT_BY_MODULE],
    "GPT": [_GPT, _GPT_WITH_A_MASK],
    "count_parameters": [_COUNT, _COUNT_BY_BUILDING],
    "load_gpt2_state_dict": _LOAD,
    "next_token_loss": [_LOSS, _LOSS_BY_LOGSUMEXP],
}


def _edits(exercise: str, source: str, *pairs: tuple[str, str]) -> list[tuple[str, str]]:
    for old, _ in pairs:
        assert old in source, old
    return [(exercise, source.replace(old, new)) for old, new in pairs]


_SCALED = "0.02 * torch.randn(p.shape, generator=generator)"
_HEAD = "return self.head(self.norm(h))"
_SUM = "self.dropout(self.positions(self.token_embedding(ids), start))"
_TURN = 'if any(part in theirs for part in ("c_attn.weight", "c_proj.weight", "c_fc.weight")): '

# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    *_edits(
        "GPTConfig", _CONFIG,
        ("size <= 0", "size < -1"),
        (", n_heads=self.n_heads, n_layers", ", n_layers"),
        ("4 * self.d_model", "3 * self.d_model"),
        ("4 * self.d_model", "4 * self.n_heads"),
        ('raise ValueError(f"{name} = {size} is too small")', 'print("too small")'),
        ('raise ValueError(f"{name} = {size} is no int")', 'raise TypeError(f"{name} = {size} is no int")'),
        ("if self.d_model % self.n_heads", "if self.n_heads % self.d_model"),
        ('raise ValueError(f"{self.d_model} / {self.n_heads}")', 'raise ValueError("the heads do not fit")'),
        ("self.dropout >= 0 and self.dropout < 1", "0 <= self.dropout <= 100"),
        ("dropout: float = 0.0", "dropout: float = 0.1"),
        ("elif type", "elif self.d_ff < 0 and type"),
        ("self.dropout >= 0 and", "isinstance(self.dropout, float) and self.dropout >= 0 and"),
    ),
    *_edits(
        "tie_weights", _TIE,
        ("model.head.weight = e", "model.head.weight = nn.Parameter(e)"),
        ("model.head.weight = e", "model.head.weight.copy_(e)"),
        ("model.head.weight = e", "model.head = model.token_embedding"),
        ("model.head.weight = e", "model.head.weight = model.head.weight"),
        ("model.head.weight = e", "model.head.weight = e; e.data.zero_()"),
        ("model.head.weight = e", "return e"),
        ("model.head.weight = e", "model.head.weight = e.requires_grad_(False)"),
        ("model.head.weight = e", "model.head = nn.Linear(*e.shape[::-1]); model.head.weight = e"),
        ("model.head.weight = e", "model.head.weight = nn.Parameter(e.detach().clone())"),
        ("raise ValueError(", "print("),
        ("tuple(e.shape) != tuple(h.shape)", "e.shape[1] != h.shape[1]"),
    ),
    *_edits(
        "init_weights", _INIT,
        (_SCALED, "0.02 * torch.rand(p.shape, generator=generator)"),
        (_SCALED, "0.02 * (torch.rand(p.shape, generator=generator) - 0.5) * 12**0.5"),
        (_SCALED, "0.02 + torch.randn(p.shape, generator=generator)"),
        (_SCALED, "0.02**2 * torch.randn(p.shape, generator=generator)"),
        ("2 * len(model.blocks)", "len(model.blocks) + 1"),
        ("** 0.5", "** 2"),
        ('"w_o." in name or "w_out." in name', '"w_out." in name'),
        ('"w_o." in name or "w_out." in name', '"w_" in name'),
        ("p.fill_(1)", "p.copy_(1 + 0.02 * torch.randn(p.shape))"),
        ("p.fill_(0)", "p.fill_(0.02)"),
        ('name.endswith(".bias")', 'name.endswith(".b")'),
        ("small * torch.randn(p.shape, generator=generator)", "small * torch.randn(p.shape)"),
        (_SCALED, "0.02 * torch.randn(p.shape, generator=torch.Generator().manual_seed(1))"),
        (_SCALED, "0.02 * torch.randn(p.shape, generator=generator and generator.manual_seed(generator.initial_seed()))"),
        ("def init_weights(model, generator=None):\n", "def init_weights(model, generator=None):\n if generator: generator.manual_seed(generator.initial_seed())\n"),
        ("def init_weights(model, generator=None):\n", "def init_weights(model, generator=None):\n model.head.weight = model.token_embedding.weight\n"),
        ("def init_weights(model, generator=None):\n", "def init_weights(model, generator=None):\n model.float()\n"),
    ),
    *_edits(
        "GPT", _GPT,
        (_SUM, "self.dropout(self.token_embedding(ids)) + self.positions.table[start : start + ids.shape[1]]"),
        (_SUM, "self.positions(self.token_embedding(ids), start)"),
        (_SUM, "self.dropout(self.positions(self.token_embedding(ids), start + 1))"),
        (_SUM, "self.dropout(self.positions(self.token_embedding(ids) / self.config.d_model**0.5, start))"),
        ("range(len(self.blocks))", "reversed(range(len(self.blocks)))"),
        ("range(len(self.blocks))", "range(1, len(self.blocks))"),
        ("h = self.blocks[i](", "h = h + self.blocks[i]("),
        ("self.token_embedding(ids)", "self.token_embedding(ids).detach()"),
        ("(h, causal", "(h.detach(), causal"),
        ("  init_weights(self)\n", "  init_weights(self)\n  self.eval()\n"),
        ("  start = cache.length if cache is not None else 0\n", "  start = getattr(self, 'seen', 0) if cache is not None else 0\n  self.seen = start + ids.shape[1]\n"),
        ("range(len(self.blocks))", "range(max(0, len(self.blocks) - 4), len(self.blocks))"),
        (_HEAD, "return self.head(self.norm(h)).log_softmax(-1)"),
        (_HEAD, "return self.head(self.norm(h)).argmax(-1)"),
        (_HEAD, "return self.norm(h)"),
        (_HEAD, "return self.head(self.norm(self.norm(h)))"),
        (_HEAD, "return self.head(self.dropout(self.norm(h))) * 2"),
        ("causal=True", "causal=self.training"),
        ("causal=True", "causal=cache is None"),
        ("cache[i] if", "cache[-1 - i + len(self.blocks) - 1] if i else cache[0] if"),
        ("  init_weights(self)\n", "  nn.init.normal_(self.token_embedding.weight, std=0.02)\n"),
        ("cache.length if cache is not None else 0", "cache.length if cache is not None and ids.shape[1] == 1 else 0"),
        ("  super().__init__(config)\n", "  super().__init__(config)\n  self.extra = nn.Linear(2, 2)\n"),
    ),
    *_edits(
        "count_parameters", _COUNT,
        ("V * d + T * d", "V * d + T"),
        ("V * d + T * d", "V + T * d"),
        ("4 * d * d", "4 * d"),
        ("2 * d * f", "d * f"),
        ("4 * d + f + d", "4 * d"),
        ("return V", "return 2 * V"),
        ("vectors // 2", "vectors"),
        ("vectors // 2", "vectors / 2"),
        ("  vectors += 2 * d\n", ""),
        ("if config.bias:", "if not config.bias:"),
    ),
    *_edits(
        "load_gpt2_state_dict", _LOAD,
        (_TURN, "if False: "),
        (_TURN, "if True: "),
        (_TURN, 'if "c_attn" not in theirs and "c_" in theirs and t.dim() == 2: '),
        ("enumerate(names)", "enumerate(reversed(names))"),
        ("mine[name].data.copy_(", "mine[name].data.add_("),
        ("mine[name].data.copy_(", "mine[name].data[:1].copy_("),
        ("mine[name].data.copy_(t[i * rows : (i + 1) * rows])", "model.get_parameter(name).data = t[i * rows : (i + 1) * rows]"),
        ("mine[name].data.copy_(t[i * rows : (i + 1) * rows])", "mine[name].data = t[i * rows : (i + 1) * rows].contiguous()"),
        ("found = checked_gpt2_tensors(model, state)", "found = state"),
        ("t = t.transpose(0, 1)", "t = t.flip(0, 1)"),
        (".items():\n", ".items():\n  if theirs.endswith('bias'): continue\n"),
        (".items():\n", ".items():\n  if theirs.startswith('wpe'): continue\n"),
    ),
    *_edits(
        "next_token_loss", _LOSS,
        (".mean()", ".sum()"),
        (" log_p = ", " if logits.dim() == 3 and logits.shape[1] == logits.shape[2]: return F.cross_entropy(logits, targets)\n log_p = "),
        (".mean()", ".mean(-1)"),
        (".mean()", ".mean().item()"),
        (".mean()", ".mean().exp()"),
        (".mean()", ".median()"),
        ("targets.unsqueeze(-1)", "targets.view(-1, 1).view(*targets.shape, 1)"),
        ("log_p = logits.log_softmax(-1)", "log_p = logits.view(-1, logits.shape[-1]).log_softmax(-1).view(logits.shape)"),
        ("return -log_p", "return log_p"),
        ("log_softmax(-1)", "log_softmax(-2)"),
        ("log_softmax(-1)", "log_softmax(0)"),
        ("log_softmax(-1)", "softmax(-1)"),
        ("log_softmax(-1)", "sigmoid().log()"),
        ("raise ValueError(", "print("),
        ('f"{tuple(logits.shape)} against {tuple(targets.shape)}"', '"shapes"'),
        ("targets.unsqueeze(-1)", "targets.roll(1, -1).unsqueeze(-1)"),
    ),
]  # fmt: skip

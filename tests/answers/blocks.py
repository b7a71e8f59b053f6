"""Lab 10: right answers in another style, and mistakes that are not among the mutants."""

RIGHT = {
    "layer_norm": [
        """
        def layer_norm(x, weight, bias=None, eps=1e-5):
            f = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
            var, mean = torch.var_mean(f, dim=-1, correction=0, keepdim=True)
            y = (f - mean) * torch.rsqrt(var + eps)
            y = y * weight.to(f.dtype)
            if bias is not None:
                y = y + bias.to(f.dtype)
            return y.to(x.dtype)
        """,
        """
        def layer_norm(x, weight, bias=None, eps=1e-5):
            return F.layer_norm(x, (x.shape[-1],), weight, bias, eps)
        """,
    ],
    "rms_norm": [
        """
        def rms_norm(x, weight, eps=1e-5):
            wide = x if x.dtype == torch.float64 else x.float()
            scale = torch.rsqrt((wide * wide).sum(-1, keepdim=True) / x.shape[-1] + eps)
            return (wide * scale * weight).type_as(x)
        """,
    ],
    "gelu": [
        """
        def gelu(x):
            return x * torch.sigmoid(2 * (2 / math.pi) ** 0.5 * (x + 0.044715 * x * x * x))
        """,
        """
        def gelu(x):
            return F.gelu(x, approximate="tanh")
        """,
    ],
    "FeedForward": [
        """
        class FeedForward(nn.Module):
            def __init__(self, d_model, d_ff, bias=True, dropout=0.0):
                nn.Module.__init__(self)
                self.w_in, self.w_out = nn.Linear(d_model, d_ff, bias), nn.Linear(d_ff, d_model, bias)
                self.p = dropout
            def forward(self, x):
                return F.dropout(self.w_out(gelu(self.w_in(x))), self.p, training=self.training)
        """,
    ],
    "SwiGLU": [
        """
        class SwiGLU(nn.Module):
            def __init__(self, d_model, d_ff, bias=False):
                super().__init__()
                for name, a, b in (("w_gate", d_model, d_ff), ("w_in", d_model, d_ff), ("w_out", d_ff, d_model)):
                    setattr(self, name, nn.Linear(a, b, bias=bias))
            def forward(self, x):
                z = self.w_gate(x)
                return self.w_out(z * torch.sigmoid(z) * self.w_in(x))
        """,
    ],
    "residual": [
        """
        def residual(x, sublayer, norm):
            h = norm(x)
            h = sublayer(h)
            return h + x
        """,
    ],
    "TransformerBlock": [
        """
        class TransformerBlock(nn.Module):
            def __init__(self, d_model, n_heads, d_ff, dropout=0.0, bias=True):
                super().__init__()
                self.norm_1, self.norm_2 = nn.LayerNorm(d_model, bias=bias), nn.LayerNorm(d_model, bias=bias)
                self.attention = MultiHeadAttention(d_model, n_heads, bias=bias, dropout=dropout)
                self.feed_forward = FeedForward(d_model, d_ff, bias=bias, dropout=dropout)
            def forward(self, x, mask=None, causal=False, cache=None):
                h = x + self.attention(self.norm_1(x), None, mask, causal, cache)
                return h + self.feed_forward(self.norm_2(h))
        """,
        """
        class TransformerBlock(nn.Module):
            def __init__(self, d_model, n_heads, d_ff, dropout=0.0, bias=True):
                super().__init__()
                self.feed_forward = FeedForward(d_model, d_ff, bias, dropout)
                self.attention = MultiHeadAttention(d_model, n_heads, bias, dropout)
                self.norm_2 = LayerNorm(d_model, bias)
                self.norm_1 = LayerNorm(d_model, bias)
            def forward(self, x, mask=None, causal=False, cache=None):
                x = residual(x, lambda h: self.attention(h, mask=mask, causal=causal, cache=cache), self.norm_1)
                return residual(x, self.feed_forward, self.norm_2)
        """,
    ],
    "dropout": [
        """
        def dropout(x, p, training):
            if p < 0 or p >= 1:
                raise ValueError(f"p should be in [0, 1), not {p}")
            if training and p > 0:
                dropped = torch.bernoulli(torch.full(x.shape, float(p))).bool()
                return (x / (1 - p)).masked_fill(dropped, 0)
            return x
        """,
        """
        def dropout(x, p, training):
            if not (p >= 0 and p < 1):
                raise ValueError("p=" + str(p))
            if not training:
                return x.clone()
            keep = torch.rand_like(x, dtype=torch.float32) < 1 - p
            return torch.where(keep, x * (1 / (1 - p)), torch.zeros_like(x))
        """,
    ],
}

_FEED = """class FeedForward(nn.Module):
 def __init__(self, d_model, d_ff, bias=True, dropout=0.0):
  super().__init__()
  self.w_in = nn.Linear(d_model, d_ff, bias=bias)
  self.w_out = nn.Linear(d_ff, d_model, bias=bias)
  self.drop = nn.Dropout(dropout)
 def forward(self, x):
  return self.drop(self.w_out(gelu(self.w_in(x))))
"""
_SWIGLU = """class SwiGLU(nn.Module):
 def __init__(self, d_model, d_ff, bias=False):
  super().__init__()
  self.w_gate = nn.Linear(d_model, d_ff, bias=bias)
  self.w_in = nn.Linear(d_model, d_ff, bias=bias)
  self.w_out = nn.Linear(d_ff, d_model, bias=bias)
 def forward(self, x):
  return self.w_out(F.silu(self.w_gate(x)) * self.w_in(x))
"""
_BLOCK = """class TransformerBlock(nn.Module):
 def __init__(self, d_model, n_heads, d_ff, dropout=0.0, bias=True):
  super().__init__()
  self.norm_1 = LayerNorm(d_model, bias)
  self.attention = MultiHeadAttention(d_model, n_heads, bias, dropout)
  self.norm_2 = LayerNorm(d_model, bias)
  self.feed_forward = FeedForward(d_model, d_ff, bias, dropout)
 def forward(self, x, mask=None, causal=False, cache=None):
  h = x + self.attention(self.norm_1(x), mask=mask, causal=causal, cache=cache)
  return h + self.feed_forward(self.norm_2(h))
"""


def _edit(name: str, source: str, old: str, new: str) -> tuple[str, str]:
    assert old in source
    return name, source.replace(old, new)


def _feed(old: str, new: str) -> tuple[str, str]:
    return _edit("FeedForward", _FEED, old, new)


def _swiglu(old: str, new: str) -> tuple[str, str]:
    return _edit("SwiGLU", _SWIGLU, old, new)


def _block(old: str, new: str) -> tuple[str, str]:
    return _edit("TransformerBlock", _BLOCK, old, new)


# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    _block("mask=mask, causal=causal, cache=cache", "mask=mask if cache is None else None, causal=causal, cache=cache"),
    ("layer_norm", "def layer_norm(x, weight, bias=None, eps=1e-5):\n return (x - x.mean()) / (x.var(correction=0) + eps).sqrt() * weight + (0 if bias is None else bias)"),
    ("layer_norm", "def layer_norm(x, weight, bias=None, eps=1e-5):\n f = x.double()\n y = (f - f.mean(-1, keepdim=True)) / (f.var(-1, correction=0, keepdim=True) + eps).sqrt() * weight\n return y if bias is None else y + bias"),
    ("layer_norm", "def layer_norm(x, weight, bias=None, eps=1e-5):\n m = x.mean(-1, keepdim=True); s = ((x - m) ** 2).mean(-1, keepdim=True)\n return weight * (x - m) / torch.sqrt(s + eps) + bias"),
    ("layer_norm", "def layer_norm(x, weight, bias=None, eps=1e-5):\n m, s = x.mean(-1), x.std(-1, correction=0)\n return (x - m[..., None]) / (s[..., None] + eps) * weight + (0 if bias is None else bias)"),
    ("layer_norm", "def layer_norm(x, weight, bias=None, eps=1e-5):\n f = x.float()\n var = (f ** 2).mean(-1, keepdim=True)\n return ((f - f.mean(-1, keepdim=True)) / (var + eps).sqrt() * weight + (0 if bias is None else bias)).to(x.dtype)"),
    ("layer_norm", "def layer_norm(x, weight, bias=None, eps=1e-5):\n return nn.LayerNorm(x.shape[-1], eps=eps, dtype=x.dtype)(x)"),
    ("layer_norm", "def layer_norm(x, weight, bias=None, eps=1e-5):\n return F.layer_norm(x, x.shape[-2:], None, None, eps) * weight + (0 if bias is None else bias)"),
    ("layer_norm", "def layer_norm(x, weight, bias=None, eps=1e-5):\n return F.layer_norm(x, (x.shape[-1],), weight, bias, eps ** 0.5)"),
    ("rms_norm", "def rms_norm(x, weight, eps=1e-5):\n return x / x.norm(dim=-1, keepdim=True) * weight"),
    ("rms_norm", "def rms_norm(x, weight, eps=1e-5):\n return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight"),
    ("rms_norm", "def rms_norm(x, weight, eps=1e-5):\n f = x.double()\n return (f / (f.abs().mean(-1, keepdim=True) + eps) * weight).to(x.dtype)"),
    ("rms_norm", "def rms_norm(x, weight, eps=1e-5):\n f = x.double()\n return (f / f.square().mean(-1, keepdim=True).sqrt().clamp(min=eps) * weight).to(x.dtype)"),
    ("rms_norm", "def rms_norm(x, weight, eps=1e-5):\n f = x.double()\n return (f / (f.square().mean() + eps).sqrt() * weight).to(x.dtype)"),
    ("rms_norm", "def rms_norm(x, weight, eps=1e-5):\n f = x.double()\n return (f / (f.square() + eps).mean(-1, keepdim=True).sqrt()).to(x.dtype)"),
    ("gelu", "def gelu(x): return F.gelu(x)"),
    ("gelu", "def gelu(x): return F.silu(x)"),
    ("gelu", "def gelu(x): return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.44715 * x**3)))"),
    ("gelu", "def gelu(x): return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715) * x**3))"),
    ("gelu", "def gelu(x): return 0.5 * x * 1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))"),
    ("gelu", "def gelu(x): return 0.5 * x * (1 + torch.tanh(math.sqrt(2) / math.pi * (x + 0.044715 * x**3)))"),
    ("gelu", "def gelu(x): return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))"),
    _feed("gelu(self.w_in(x))", "self.w_in(gelu(x))"),
    _feed("gelu(", "torch.tanh("),
    _feed("gelu(", "F.silu("),
    _feed("self.w_out(gelu(self.w_in(x)))", "self.w_out(gelu(self.drop(self.w_in(x))))"),
    _feed("nn.Dropout(dropout)", "nn.Dropout(0.1)"),
    _feed("nn.Dropout(dropout)", "nn.Dropout(dropout); self.norm = nn.LayerNorm(d_model)"),
    _feed("d_ff, d_model, bias=bias", "d_ff, d_model"),
    ("FeedForward", "class FeedForward(nn.Sequential):\n def __init__(self, d_model, d_ff, bias=True, dropout=0.0): super().__init__(nn.Linear(d_model, d_ff, bias), nn.GELU('tanh'), nn.Linear(d_ff, d_model, bias), nn.Dropout(dropout))"),
    _swiglu("F.silu(self.w_gate(x))", "F.silu(x)"),
    _swiglu("F.silu(self.w_gate(x)) * self.w_in(x)", "F.silu(self.w_gate(x) + self.w_in(x))"),
    _swiglu("F.silu(self.w_gate(x)) * self.w_in(x)", "F.silu(self.w_in(x))"),
    _swiglu("F.silu(self.w_gate(x))", "(self.w_gate(x) * torch.sigmoid(self.w_in(x)))"),
    _swiglu("bias=False):", "bias=True):"),
    _swiglu("F.silu(self.w_gate(x))", "F.softmax(self.w_gate(x), -1)"),
    _swiglu("F.silu(self.w_gate(x))", "F.silu(1.702 * self.w_gate(x))"),
    ("residual", "def residual(x, sublayer, norm): return norm(x) + sublayer(x)"),
    ("residual", "def residual(x, sublayer, norm): return x + norm(x) + sublayer(norm(x))"),
    ("residual", "def residual(x, sublayer, norm): return x + sublayer(norm(sublayer(x)))"),
    ("residual", "def residual(x, sublayer, norm): return x * sublayer(norm(x))"),
    ("residual", "def residual(x, sublayer, norm): return x + 0.5 * sublayer(norm(x))"),
    ("residual", "def residual(x, sublayer, norm): return x + sublayer"),
    _block("self.norm_1(x), mask", "self.norm_1(x), memory=x, mask"),
    _block("h = x + self.attention(self.norm_1(x), mask=mask, causal=causal, cache=cache)", "h = x + self.norm_1(self.attention(x, mask=mask, causal=causal, cache=cache))"),
    _block("return h + self.feed_forward(self.norm_2(h))", "return self.norm_2(h + self.feed_forward(h))"),
    _block("causal=causal", "causal=True"),
    _block("cache=cache", "cache=None if causal else cache"),
    _block("h + self.feed_forward(self.norm_2(h))", "self.feed_forward(self.norm_2(h)) + self.norm_2(h)"),
    _block("MultiHeadAttention(d_model, n_heads, bias, dropout)", "MultiHeadAttention(d_model, 1, bias, dropout)"),
    _block("MultiHeadAttention(d_model, n_heads, bias, dropout)", "MultiHeadAttention(d_model, n_heads, dropout)"),
    _block("FeedForward(d_model, d_ff, bias, dropout)", "FeedForward(d_model, 4 * d_model, bias, dropout)"),
    _block("FeedForward(d_model, d_ff, bias, dropout)", "FeedForward(d_model, d_ff, bias, dropout); self.norm_3 = LayerNorm(d_model)"),
    _block("return h + self.feed_forward(self.norm_2(h))", "return h + nn.functional.dropout(self.feed_forward(self.norm_2(h)), 0.1)"),
    _block("self.norm_2(h))", "self.norm_2(h)) + x"),
    ("dropout", "def dropout(x, p, training): return F.dropout(x, p, True)"),
    ("dropout", "def dropout(x, p, training):\n if not 0 <= p < 1: raise ValueError(p)\n return F.dropout(x, p)"),
    ("dropout", "def dropout(x, p, training):\n if not 0 <= p < 1: raise ValueError('p is no probability')\n return F.dropout(x, p, training)"),
    ("dropout", "def dropout(x, p, training):\n if not 0 <= p < 1: raise ValueError(p)\n if not training: return x\n keep = (torch.rand(x.shape) > p)\n return torch.where(keep, x / keep.float().mean(), 0)"),
    ("dropout", "def dropout(x, p, training):\n if not 0 <= p < 1: raise ValueError(p)\n if not training: return x\n n = x.numel(); keep = torch.arange(n) >= int(p * n)\n return torch.where(keep.view(x.shape), x / (1 - p), 0)"),
    ("dropout", "def dropout(x, p, training):\n if not 0 <= p < 1: raise ValueError(p)\n if not training: return x\n return torch.where(torch.randn(x.shape) >= p, x / (1 - p), 0)"),
    ("dropout", "def dropout(x, p, training):\n assert 0 <= p < 1, p\n if not training: return x\n return torch.where(torch.rand(x.shape) >= p, x / (1 - p), 0)"),
    ("dropout", "def dropout(x, p, training):\n if not 0 <= p < 1: raise ValueError(p)\n if not training: return x\n return torch.where(torch.rand(x.shape[-1]) >= p, x / (1 - p), 0)"),
]  # fmt: skip

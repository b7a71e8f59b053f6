"""Lab 08: right answers in another style, and mistakes that are not among the mutants."""

RIGHT = {
    "split_heads": [
        """
        def split_heads(x, n_heads):
            *leading, n, d_model = x.shape
            if d_model % n_heads:
                raise ValueError(f"{d_model} features do not split into {n_heads} heads")
            return x.reshape(*leading, n, n_heads, d_model // n_heads).transpose(-2, -3)
        """,
        """
        def split_heads(x, n_heads):
            return torch.stack(x.split(head_width(x.shape[-1], n_heads), dim=-1), dim=-3)
        """,
    ],
    "merge_heads": [
        """
        def merge_heads(heads):
            return torch.cat(heads.unbind(-3), dim=-1)
        """,
        """
        def merge_heads(heads):
            *leading, h, n, d = heads.shape
            return heads.transpose(-2, -3).contiguous().view(*leading, n, h * d)
        """,
    ],
    "MultiHeadAttention": [
        """
        class MultiHeadAttention(nn.Module):
            def __init__(self, d_model, n_heads, bias=True, dropout=0.0):
                super().__init__()
                if d_model % n_heads != 0:
                    raise ValueError(f"{d_model} is not a multiple of {n_heads}")
                self.h, self.p = n_heads, dropout
                for name in ("w_q", "w_k", "w_v", "w_o"):
                    setattr(self, name, nn.Linear(d_model, d_model, bias))
            def forward(self, x, memory=None, mask=None, causal=False, cache=None):
                if memory is None:
                    memory = x
                elif causal or cache is not None:
                    raise ValueError("with memory there is no causal and no cache")
                q, k, v = self.w_q(x), self.w_k(memory), self.w_v(memory)
                q, k, v = (t.view(*t.shape[:-1], self.h, -1).transpose(-2, -3) for t in (q, k, v))
                if cache is not None:
                    k, v = cache.append(k, v)
                if causal:
                    n, m = q.shape[-2], k.shape[-2]
                    past = torch.arange(m) <= torch.arange(m - n, m)[:, None]
                    mask = past if mask is None else past & mask
                out, _ = scaled_dot_product_attention(q, k, v, mask)
                out = self.w_o(out.transpose(-2, -3).reshape(x.shape))
                return nn.functional.dropout(out, self.p, self.training)
        """,
        """
        class MultiHeadAttention(nn.Module):
            def __init__(self, d_model, n_heads, bias=True, dropout=0.0):
                super().__init__()
                self.d_head, self.n_heads = head_width(d_model, n_heads), n_heads
                self.w_q, self.w_k, self.w_v, self.w_o = (nn.Linear(d_model, d_model, bias=bias) for _ in range(4))
                self.drop = nn.Dropout(dropout)
            def forward(self, x, memory=None, mask=None, causal=False, cache=None):
                if memory is not None:
                    if causal or cache is not None:
                        raise ValueError("memory with causal or cache makes no sense")
                source = memory if memory is not None else x
                key, value = (merge_free(w(source), self.n_heads) for w in (self.w_k, self.w_v))
                if cache is not None:
                    key, value = cache.append(key, value)
                found = fused_attention(merge_free(self.w_q(x), self.n_heads), key, value, mask=mask, causal=causal)
                return self.drop(self.w_o(torch.cat([found[..., h, :, :] for h in range(self.n_heads)], -1)))
        def merge_free(t, h):
            return torch.stack(t.chunk(h, -1), -3)
        """,
    ],
    "count_attention_parameters": [
        """
        def count_attention_parameters(d_model, n_heads, bias=True):
            if d_model % n_heads:
                raise ValueError(f"{n_heads} heads do not fit into {d_model}")
            return 4 * d_model**2 + (4 * d_model if bias else 0)
        """,
    ],
    "cross_attention": [
        """
        def cross_attention(x, memory, w_q, w_k, w_v, mask=None):
            q, k, v = x @ w_q, memory @ w_k, memory @ w_v
            s = torch.einsum("...nd,...md->...nm", q, k) / q.size(-1) ** 0.5
            if mask is not None:
                s = s.masked_fill(~mask, -torch.inf)
                s = s.masked_fill(~mask.any(-1, keepdim=True), 0.0)
            w = torch.softmax(s, -1)
            if mask is not None:
                w = w * mask
            return w @ v, w
        """,
    ],
}

_LAYER = """class MultiHeadAttention(nn.Module):
 def __init__(self, d_model, n_heads, bias=True, dropout=0.0):
  super().__init__(); head_width(d_model, n_heads); self.n_heads = n_heads
  self.w_q, self.w_k, self.w_v, self.w_o = (nn.Linear(d_model, d_model, bias=bias) for _ in range(4))
  self.dropout = nn.Dropout(dropout)
 def forward(self, x, memory=None, mask=None, causal=False, cache=None):
  if memory is not None and (causal or cache is not None): raise ValueError("memory stands alone")
  s = x if memory is None else memory
  q, k, v = (split_heads(t, self.n_heads) for t in (self.w_q(x), self.w_k(s), self.w_v(s)))
  if cache is not None: k, v = cache.append(k, v)
  out = fused_attention(q, k, v, mask, causal)
  return self.dropout(self.w_o(merge_heads(out)))
"""


def _layer(old: str, new: str) -> tuple[str, str]:
    assert old in _LAYER
    return "MultiHeadAttention", _LAYER.replace(old, new)


# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    ("cross_attention", "def cross_attention(x, memory, w_q, w_k, w_v, mask=None):\n if mask is not None and mask.dim() > 1 and mask.shape[-1] == mask.shape[-2]: mask = mask.mT\n return scaled_dot_product_attention(x @ w_q, memory @ w_k, memory @ w_v, mask)"),
    ("split_heads", "def split_heads(x, n_heads): return x.chunk(n_heads, -1)"),
    ("split_heads", "def split_heads(x, n_heads): return x.unflatten(-1, (n_heads, -1)).transpose(-3, -2)"),
    ("split_heads", "def split_heads(x, n_heads):\n b, n, d = x.shape\n return x.view(b, n, n_heads, d // n_heads).transpose(1, 2)"),
    ("split_heads", "def split_heads(x, n_heads):\n head_width(x.shape[-1], n_heads)\n return x.unflatten(-1, (n_heads, -1)).movedim(-1, -3)"),
    ("split_heads", "def split_heads(x, n_heads):\n d = head_width(x.shape[-1], n_heads)\n return torch.stack([x[..., :d]] * n_heads, -3)"),
    ("split_heads", "def split_heads(x, n_heads):\n d = head_width(x.shape[-1], n_heads)\n return x.reshape(*x.shape[:-2], n_heads, d, x.shape[-2]).transpose(-2, -1)"),
    ("split_heads", "def split_heads(x, n_heads):\n head_width(x.shape[-1], n_heads)\n return x.unflatten(-1, (n_heads, -1)).transpose(-3, -2) * n_heads ** -0.5"),
    ("merge_heads", "def merge_heads(heads): return heads.sum(-3)"),
    ("merge_heads", "def merge_heads(heads): return heads.flatten(-3, -2)"),
    ("merge_heads", "def merge_heads(heads): return heads.transpose(-3, -2).reshape(heads.shape[0], heads.shape[-2], -1)"),
    ("merge_heads", "def merge_heads(heads): return heads.transpose(-3, -2).flip(-2).flatten(-2)"),
    ("merge_heads", "def merge_heads(heads): return heads.transpose(-2, -1).flatten(-3, -2).transpose(-2, -1) / 1.01"),
    ("merge_heads", "def merge_heads(heads): return heads.transpose(-3, -2).flatten(-2).float()"),
    _layer("self.dropout(self.w_o(merge_heads(out)))", "self.dropout(self.w_o(merge_heads(out)) + x)"),
    _layer("fused_attention(q, k, v, mask, causal)", "fused_attention(q, k, k, mask, causal)"),
    _layer("self.w_q(x), self.w_k(s), self.w_v(s)", "self.w_q(s), self.w_k(x), self.w_v(x)"),
    _layer("self.w_q(x), self.w_k(s), self.w_v(s)", "self.w_q(x), self.w_q(s), self.w_v(s)"),
    _layer("fused_attention(q, k, v, mask, causal)", "scaled_dot_product_attention(q, k, v, mask)[0]"),
    _layer("fused_attention(q, k, v, mask, causal)", "fused_attention(q, k, v, mask, True)"),
    _layer("fused_attention(q, k, v, mask, causal)", "fused_attention(q, k, v, mask, causal and cache is None)"),
    _layer("cache.append(k, v)", "cache.append(v, k)"),
    _layer("nn.Linear(d_model, d_model, bias=bias) for _ in range(4)", "nn.Linear(d_model, d_model, bias=False) for _ in range(4)"),
    _layer("self.dropout = nn.Dropout(dropout)", "self.dropout = nn.Dropout(dropout); self.norm = nn.LayerNorm(d_model)"),
    _layer("merge_heads(out)", "out.flatten(-3, -2).unflatten(-2, (x.shape[-2], -1)).flatten(-2)"),
    _layer("nn.Dropout(dropout)", "nn.Dropout(0.1)"),
    _layer("if cache is not None: k", "if cache: k"),
    _layer("causal or cache is not None", "causal or cache"),
    _layer("k, v = cache.append(k, v)", "v, k = cache.append(v, k)"),
    _layer("out = fused", "mask = mask[:, None] if mask is not None and mask.dim() == 3 else mask\n  out = fused"),
    _layer("out = fused", "mask = mask[..., : x.shape[-2]] if mask is not None and cache is not None else mask\n  out = fused"),
    ("MultiHeadAttention", "class MultiHeadAttention(nn.MultiheadAttention):\n def __init__(s, d, h, bias=True, dropout=0.0): super().__init__(d, h, bias=bias, batch_first=True)"),
    ("count_attention_parameters", "def count_attention_parameters(d_model, n_heads, bias=True): return 4 * d_model ** 2 + 4 * d_model * bias"),
    ("count_attention_parameters", "def count_attention_parameters(d_model, n_heads, bias=True):\n head_width(d_model, n_heads)\n return 4.0 * d_model * (d_model + bias)"),
    ("count_attention_parameters", "def count_attention_parameters(d_model, n_heads, bias=True):\n head_width(d_model, n_heads)\n return n_heads * 4 * d_model * (d_model + bias)"),
    ("count_attention_parameters", "def count_attention_parameters(d_model, n_heads, bias=False):\n head_width(d_model, n_heads)\n return 4 * d_model * (d_model + bias)"),
    ("count_attention_parameters", "def count_attention_parameters(d_model, n_heads, bias=True):\n head_width(d_model, n_heads)\n return 3 * d_model * (d_model + bias) + d_model ** 2"),
    ("cross_attention", "def cross_attention(x, memory, w_q, w_k, w_v, mask=None):\n q, k, v = x @ w_q, memory @ w_k, memory @ w_v\n w = torch.softmax(q @ k.mT / q.shape[-1] ** .5, -1)\n return w @ v, w"),
    ("cross_attention", "def cross_attention(x, memory, w_q, w_k, w_v, mask=None):\n s = torch.cat([x, memory], -2)\n return scaled_dot_product_attention(x @ w_q, s @ w_k, s @ w_v, mask)"),
    ("cross_attention", "def cross_attention(x, memory, w_q, w_k, w_v, mask=None):\n o, w = scaled_dot_product_attention(x @ w_q, memory @ w_k, memory @ w_v, mask)\n return w, o"),
    ("cross_attention", "def cross_attention(x, memory, w_q, w_k, w_v, mask=None):\n q, k, v = x @ w_q, memory @ w_k, memory @ w_v\n s = q @ k.mT / q.shape[-1] ** .5\n if mask is not None: s = s.masked_fill(~mask, -torch.inf)\n w = torch.softmax(s, -1)\n return w @ v, w"),
    ("cross_attention", "def cross_attention(x, memory, w_q, w_k, w_v, mask=None):\n return fused_attention(x @ w_q, memory @ w_k, memory @ w_v, mask), None"),
    ("cross_attention", "def cross_attention(x, memory, w_q, w_k, w_v, mask=None):\n q, k, v = x @ w_q, memory @ w_k, memory @ w_v\n s = q @ k.mT / v.shape[-1] ** .5\n return scaled_dot_product_attention(q * (q.shape[-1] / v.shape[-1]) ** .5, k, v, mask)"),
]  # fmt: skip

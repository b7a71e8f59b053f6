"""Lab 07: right answers in another style, and mistakes that are not among the mutants."""

RIGHT = {
    "project_qkv": """
        def project_qkv(x, w_q, w_k, w_v):
            return [torch.einsum("...nd,de->...ne", x, w) for w in (w_q, w_k, w_v)]
        """,
    "softmax": """
        def softmax(scores, dim=-1):
            biggest = torch.max(scores.detach(), dim=dim, keepdim=True).values
            biggest = torch.where(torch.isinf(biggest), torch.zeros_like(biggest), biggest)
            e = torch.exp(scores - biggest)
            return e / e.sum(dim=dim, keepdim=True).clamp_min(1e-6)
        """,
    "causal_mask": """
        def causal_mask(n, n_past=0, device=None):
            return torch.tril(torch.ones(n, n_past + n, dtype=torch.bool, device=device), diagonal=n_past)
        """,
    "combine_masks": """
        import functools
        def combine_masks(*masks):
            there = [m for m in masks if m is not None]
            return functools.reduce(torch.logical_and, there) if there else None
        """,
    "scaled_dot_product_attention": """
        def scaled_dot_product_attention(query, key, value, mask=None):
            scores = torch.einsum("...nd,...md->...nm", query * query.size(-1) ** -0.5, key)
            if mask is not None:
                scores = torch.where(mask, scores, torch.full_like(scores, -torch.inf))
                weights = torch.softmax(scores.masked_fill(~mask.any(-1, keepdim=True), 0.0), -1)
                weights = weights * mask
            else:
                weights = torch.softmax(scores, dim=-1)
            return torch.matmul(weights, value), weights
        """,
    "attention_flops": """
        def attention_flops(n, d_model):
            return (8 * n * d_model * d_model, 4 * n * n * d_model)
        """,
    "repair_attention": """
        class SelfAttention(nn.Module):
            def __init__(self, d_model, n_heads):
                super().__init__()
                if d_model % n_heads:
                    raise ValueError(f"{d_model} is not a multiple of {n_heads}")
                self.h, self.d_k = n_heads, d_model // n_heads
                self.w_q, self.w_k, self.w_v, self.w_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(4))
            def forward(self, x, mask=None):
                q, k, v = (w(x).reshape(*x.shape[:-1], self.h, self.d_k) for w in (self.w_q, self.w_k, self.w_v))
                scores = torch.einsum("...nhd,...mhd->...hnm", q, k) / math.sqrt(self.d_k)
                if mask is not None:
                    scores = scores.masked_fill(~mask, float("-inf"))
                out = torch.einsum("...hnm,...mhd->...nhd", softmax(scores), v)
                return self.w_o(out.reshape(x.shape))
        """,
}

_SDPA = """def scaled_dot_product_attention(q, k, v, m=None):
 s = q @ k.mT / q.shape[-1] ** 0.5
 s = s if m is None else s.masked_fill(~m, -math.inf)
 w = softmax(s)
 {after}"""

# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    ("scaled_dot_product_attention", _SDPA.format(after="return w @ v, w").replace("s = q", "m = m.mT if m is not None and m.dim() > 1 and m.shape[-1] == m.shape[-2] else m\n s = q")),
    ("project_qkv", "def project_qkv(x, a, b, c): return x @ a, x @ b, (x @ c).detach()"),
    ("project_qkv", "def project_qkv(x, a, b, c): return x @ a, x @ b, x @ c, x"),
    ("project_qkv", "def project_qkv(x, a, b, c): return (x @ a).flatten(0, -2), (x @ b).flatten(0, -2), (x @ c).flatten(0, -2)"),
    ("softmax", "def softmax(s, dim=-1): return torch.softmax(s, dim)"),
    ("softmax", "def softmax(s, dim=-1): return torch.softmax(s, dim).nan_to_num(0.0)"),
    ("softmax", "def softmax(s, dim=-1): s -= s.max(dim, keepdim=True).values; e = s.exp(); return e / e.sum(dim, keepdim=True)"),
    ("softmax", "def softmax(s, dim=-1): return torch.log_softmax(s, dim)"),
    ("softmax", "def softmax(s, dim=-1): e = s.clamp(-50, 50).exp(); return e / e.sum(dim, keepdim=True)"),
    ("softmax", "def softmax(s, dim=-1): e = (s - s.amax(dim, keepdim=True)).exp() + 1e-3; return e / e.sum(dim, keepdim=True)"),
    ("softmax", "def softmax(s, dim=-1): return torch.softmax(s.flatten(), 0).reshape(s.shape)"),
    ("causal_mask", "def causal_mask(n, n_past=0, device=None): return torch.ones(n, n + n_past, dtype=torch.bool)"),
    ("causal_mask", "def causal_mask(n, n_past=0, device=None): return torch.ones(n, n + n_past, dtype=torch.bool, device=device).tril()"),
    ("causal_mask", "def causal_mask(n, n_past=0): return torch.ones(n, n + n_past, dtype=torch.bool).tril(n_past)"),
    ("causal_mask", "def causal_mask(n, n_past=0, device=None): return torch.ones(n_past + n, n_past + n, dtype=torch.bool, device=device).tril()"),
    ("softmax", "def softmax(s, dim=-1):\n f = s.masked_fill(s == -math.inf, 0)\n e = (s - f.amin(dim, keepdim=True)).exp()\n t = e.sum(dim, keepdim=True)\n return e / t.masked_fill(t == 0, 1)"),
    ("project_qkv", "def project_qkv(x, w_q, w_k, w_v): return (x @ torch.cat([w_q, w_k, w_v], -1)).chunk(3, -1)"),
    ("combine_masks", "def combine_masks(*m):\n r = None\n for x in m:\n  if x is not None: r = x if r is None else r & x\n return None if r is None or r.all() else r"),
    ("scaled_dot_product_attention", _SDPA.format(after="w = w.mT if w.shape[-1] == w.shape[-2] else w\n return w @ v, softmax(s)")),
    ("scaled_dot_product_attention", _SDPA.format(after="return w @ v, w").replace("s = q", "m = torch.ones(q.shape[-2], k.shape[-2]).bool().tril() if m is None and q.shape == k.shape else m\n s = q")),
    ("scaled_dot_product_attention", _SDPA.format(after="return w @ v, w").replace("s = q", "m = m[:, None] if m is not None and m.dim() == 3 and q.dim() == 4 else m\n s = q")),
    ("attention_flops", "def attention_flops(n, d_model): return int(8.0 * n * d_model**2), int(4.0 * n**2 * d_model)"),
    ("combine_masks", "def combine_masks(a, b=None): return a if b is None else a & b"),
    ("combine_masks", "def combine_masks(*m): m = [x for x in m if x is not None]; return torch.stack(m).all(0) if m else None"),
    ("combine_masks", "def combine_masks(*m): m = [x for x in m if x is not None]; return torch.stack(torch.broadcast_tensors(*m)).all(0)"),
    ("combine_masks", "def combine_masks(*m):\n r = torch.tensor(True)\n for x in m:\n  if x is not None: r = r & x\n return r"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n w = torch.softmax(q @ k.mT / q.shape[-1] ** .5, -1)\n return w @ v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = q @ k.mT / v.shape[-1] ** .5\n s = s if mask is None else s.masked_fill(~mask, -torch.inf)\n w = softmax(s)\n return w @ v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = q @ k.mT / q.shape[-1] ** .5\n s = s if mask is None else s + mask.log()\n w = torch.softmax(s, -1)\n return w @ v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = q @ k.mT / q.shape[-1] ** .5\n s = s if mask is None else s * mask\n w = softmax(s)\n return w @ v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = q @ k.mT / q.shape[-1] ** .5\n s = s if mask is None else s.masked_fill(~mask.transpose(-1, -2), -torch.inf) if mask.dim() > 1 and mask.shape[-1] == mask.shape[-2] else s\n w = softmax(s)\n return w @ v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = q @ k.T / q.shape[-1] ** .5\n s = s if mask is None else s.masked_fill(~mask, -torch.inf)\n w = softmax(s)\n return w @ v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = (q @ k.mT / q.shape[-1] ** .5)\n s = s if mask is None else s.masked_fill(~mask, -torch.inf)\n w = softmax(s)\n return v, w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = (q.float() @ k.float().mT / q.shape[-1] ** .5)\n s = s if mask is None else s.masked_fill(~mask, -torch.inf)\n w = softmax(s)\n return w @ v.float(), w"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = (q @ k.mT / q.shape[-1] ** .5)\n s = s if mask is None else s.masked_fill(~mask, -torch.inf)\n w = softmax(s)\n return w, w @ v"),
    ("scaled_dot_product_attention", "def scaled_dot_product_attention(q, k, v, mask=None):\n s = (q @ k.mT / q.shape[-1] ** .5)\n s = s if mask is None else s.masked_fill(~mask, torch.finfo(s.dtype).min)\n w = softmax(s)\n return w @ v, w"),
    ("attention_flops", "def attention_flops(n, d_model): return 8 * n * d_model ** 2 / 1, 4 * n * n * d_model / 1"),
    ("attention_flops", "def attention_flops(n, d_model): return 8 * n * d_model ** 2 + 4 * n * n * d_model"),
    ("attention_flops", "def attention_flops(n, d_model): return 8 * n * d_model ** 2, 2 * n * (n + 1) * d_model"),
    ("repair_attention", "class SelfAttention(nn.Module):\n def __init__(s, d, h):\n  super().__init__(); s.m = nn.MultiheadAttention(d, h)\n def forward(s, x, mask=None): return s.m(x, x, x)[0]"),
]  # fmt: skip

"""Lab 06: right answers in another style, and mistakes that are not among the mutants."""

RIGHT = {
    "additive_score": [
        """
        def additive_score(query, key, w_query, w_key, v):
            q = torch.einsum("...nd,da->...na", query, w_query).unsqueeze(-2)
            k = torch.einsum("...md,da->...ma", key, w_key).unsqueeze(-3)
            return (torch.tanh(q + k) * v).sum(dim=-1)
        """,
        """
        def additive_score(query, key, w_query, w_key, v):
            columns = []
            for j in range(key.size(-2)):
                columns.append(torch.tanh(query @ w_query + key[..., j:j + 1, :] @ w_key) @ v)
            return torch.stack(columns, dim=-1)
        """,
    ],
    "dot_score": [
        'def dot_score(query, key): return torch.einsum("...nd,...md->...nm", query, key)',
        "def dot_score(query, key): return (query[..., :, None, :] * key[..., None, :, :]).sum(-1)",
        "def dot_score(q, k): return torch.matmul(q, k.mT)",
    ],
    "general_score": [
        'def general_score(query, key, w): return torch.einsum("...na,ab,...mb->...nm", query, w, key)',
        "def general_score(q, k, w): return q @ (k @ w.T).transpose(-1, -2)",
    ],
    "alignment_weights": [
        """
        def alignment_weights(scores, source_mask):
            mask = source_mask.unsqueeze(-2).expand_as(scores)
            peak = scores.detach().masked_fill(~mask, -torch.inf).amax(-1, keepdim=True)
            peak = torch.where(peak.isinf(), torch.zeros_like(peak), peak)
            e = torch.where(mask, torch.exp(torch.where(mask, scores - peak, 0.0)), 0.0)
            total = e.sum(-1, keepdim=True)
            return e / torch.where(total == 0, 1.0, total)
        """,
        """
        def alignment_weights(scores, source_mask):
            nothing = ~source_mask.any(-1)[..., None, None]
            hidden = ~source_mask[..., None, :] & ~nothing
            weights = torch.softmax(scores.masked_fill(hidden, -math.inf), dim=-1)
            return weights * ~nothing
        """,
        """
        def alignment_weights(scores, source_mask):
            filled = scores.masked_fill(~source_mask.unsqueeze(-2), float("-inf"))
            return torch.nan_to_num(torch.softmax(filled, dim=-1))
        """,
    ],
    "context_vector": [
        "def context_vector(weights, states): return torch.matmul(weights, states)",
        "def context_vector(weights, states): return (weights[..., None] * states[..., None, :, :]).sum(-2)",
        """
        def context_vector(weights, states):
            total = 0
            for j in range(states.shape[-2]):
                total = total + weights[..., j].unsqueeze(-1) * states[..., j, :].unsqueeze(-2)
            return total
        """,
    ],
    "AttentionDecoder": [
        """
        class AttentionDecoder(nn.Module):
            def __init__(self, vocab_size, d_model):
                super().__init__()
                self.embedding = nn.Embedding(vocab_size, d_model)
                self.rnn = nn.GRU(d_model, d_model, batch_first=True)
                for name, shape in (("w_query", (d_model, d_model)), ("w_key", (d_model, d_model)), ("v", (d_model,))):
                    self.register_parameter(name, nn.Parameter(0.1 * torch.randn(shape)))
                self.combine, self.head = nn.Linear(2 * d_model, d_model), nn.Linear(d_model, vocab_size)
            def step(self, token, hidden, states, mask):
                hidden = self.rnn(self.embedding(token)[:, None], hidden.unsqueeze(0).contiguous())[1].squeeze(0)
                scores = torch.tanh((hidden @ self.w_query)[:, None] + states @ self.w_key) @ self.v
                weights = torch.softmax(scores.masked_fill(~mask, -math.inf), -1)
                context = (weights[:, :, None] * states).sum(1)
                return hidden, weights, self.head(torch.tanh(self.combine(torch.cat((hidden, context), 1))))
            def walk(self, ids, state):
                hidden, states, mask = state
                logits, rows = [], []
                for token in ids.T:
                    hidden, weights, row = self.step(token, hidden, states, mask)
                    logits.append(row)
                    rows.append(weights)
                return torch.stack(logits, 1), torch.stack(rows, 1), (hidden, states, mask)
            def forward(self, ids, state):
                logits, _, after = self.walk(ids, state)
                return logits, after
            def align(self, ids, state):
                return self.walk(ids, state)[1]
        """,
        """
        class AttentionDecoder(nn.Module):
            def __init__(self, v_size, d):
                super().__init__()
                self.embedding, self.rnn = nn.Embedding(v_size, d), nn.GRU(d, d, batch_first=True)
                self.w_query, self.w_key = (nn.Parameter(torch.empty(d, d).normal_(0, d**-0.5)) for _ in range(2))
                self.v = nn.Parameter(torch.empty(d).uniform_(-1, 1) / d**0.5)
                self.combine, self.head = nn.Linear(d * 2, d), nn.Linear(d, v_size)
            def both(self, ids, hidden, states, mask):
                s, h = self.rnn(self.embedding(ids), hidden.unsqueeze(0).contiguous())
                return s, h[0], alignment_weights(additive_score(s, states, self.w_query, self.w_key, self.v), mask)
            def forward(self, ids, state):
                s, h, a = self.both(ids, *state)
                out = self.head(self.combine(torch.cat((s, a @ state[1]), -1)).tanh())
                return [out, [h, *state[1:]]]
            def align(self, ids, state):
                return self.both(ids, *state)[2]
        """,
    ],
}

_CLASS = """
class AttentionDecoder(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.rnn = nn.GRU(d_model, d_model, batch_first=True)
        self.w_query = nn.Parameter(torch.randn(d_model, d_model) / d_model**0.5)
        self.w_key = nn.Parameter(torch.randn(d_model, d_model) / d_model**0.5)
        self.v = nn.Parameter(torch.randn(d_model) / d_model**0.5)
        self.combine = nn.Linear(2 * d_model, d_model)
        self.head = nn.Linear(d_model, vocab_size)
    def look(self, query, state):
        return alignment_weights(additive_score(query, state[1], self.w_query, self.w_key, self.v), state[2])
    def forward(self, ids, state):
        hidden, states, mask = state
        queries, last = self.rnn(self.embedding(ids), hidden[None])
        c = context_vector(self.look(queries, state), states)
        out = torch.tanh(self.combine(torch.cat([queries, c], -1)))
        return self.head(out), (last[0], states, mask)
    def align(self, ids, state):
        queries, _ = self.rnn(self.embedding(ids), state[0][None])
        return self.look(queries, state)
"""


def _class(*edits: tuple[str, str]) -> tuple[str, str]:
    """A plain right answer with pieces replaced."""
    source = _CLASS
    for old, new in edits:
        assert old in source, old
        source = source.replace(old, new)
    return "AttentionDecoder", source


# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    ("additive_score", "def additive_score(q, k, wq, wk, v): return torch.relu((q @ wq)[..., :, None, :] + (k @ wk)[..., None, :, :]) @ v"),
    ("additive_score", "def additive_score(q, k, wq, wk, v): return torch.tanh(torch.tanh((q @ wq)[..., :, None, :] + (k @ wk)[..., None, :, :]) @ v)"),
    ("additive_score", "def additive_score(q, k, wq, wk, v): return (torch.tanh((q @ wq)[..., :, None, :] + (k @ wk)[..., None, :, :]) @ v).softmax(-1)"),
    ("additive_score", "def additive_score(q, k, wq, wk, v): return torch.tanh((q @ wq)[..., :, None, :] + (k @ wk)[..., None, :, :]) * v"),
    ("additive_score", "def additive_score(q, k, wq, wk, v): return torch.tanh((q @ wq)[:, None, :] + (k @ wk)[None]) @ v"),
    ("additive_score", "def additive_score(q, k, wq, wk, v): return torch.tanh(q @ wq + k.mean(-2, keepdim=True) @ wk) @ v"),
    ("additive_score", "def additive_score(q, k, wq, wk, v): return (torch.tanh((q @ wq)[..., :, None, :] + (k @ wk)[..., None, :, :]).float() @ v.float())"),
    ("additive_score", "def additive_score(q, k, wq, wk, v): return torch.sigmoid((q @ wq)[..., :, None, :] + (k @ wk)[..., None, :, :]) @ v"),
    ("additive_score", "def additive_score(q, k, wq, wk, v): v /= v.norm(); return torch.tanh((q @ wq)[..., :, None, :] + (k @ wk)[..., None, :, :]) @ v"),
    ("dot_score", "def dot_score(q, k): return q @ k.T"),
    ("dot_score", "def dot_score(q, k): return (q * k).sum(-1)"),
    ("dot_score", "def dot_score(q, k): return q @ k.mT / q.shape[-1]"),
    ("dot_score", "def dot_score(q, k): return (q @ k.mT).abs()"),
    ("dot_score", "def dot_score(q, k): return torch.cdist(q, k)"),
    ("dot_score", "def dot_score(q, k): return (q @ k.mT).float()"),
    ("dot_score", "def dot_score(q, k): return torch.tensor((q @ k.mT).tolist(), dtype=q.dtype)"),
    ("dot_score", "def dot_score(q, k): return torch.nn.functional.cosine_similarity(q[..., :, None, :], k[..., None, :, :], dim=-1)"),
    ("general_score", "def general_score(q, k, w): return q @ w @ k.T"),
    ("general_score", "def general_score(q, k, w): return q @ w + k"),
    ("general_score", "def general_score(q, k, w): return (q @ w @ k.mT).tanh()"),
    ("general_score", "def general_score(q, k, w): return (q @ k.mT) * w.sum()"),
    ("general_score", "def general_score(q, k, w): return q @ w @ k.mT / w.shape[0] ** 0.5"),
    ("general_score", "def general_score(q, k, w): return k @ w.mT @ q.mT"),
    ("general_score", "def general_score(q, k, w): return (q @ w @ k.mT).softmax(-1)"),
    ("general_score", "def general_score(q, k, w): return q @ ((w + w.mT) / 2 if w.shape[0] == w.shape[1] else w) @ k.mT"),
    ("alignment_weights", "def alignment_weights(s, m): return s.softmax(-1) * m[..., None, :]"),
    ("alignment_weights", "def alignment_weights(s, m): w = s.softmax(-1) * m[..., None, :]; return w / w.sum(-1, keepdim=True)"),
    ("alignment_weights", "def alignment_weights(s, m): return s.masked_fill(~m, -torch.inf).softmax(-1)"),
    ("alignment_weights", "def alignment_weights(s, m): return (s * m[..., None, :]).softmax(-1)"),
    ("alignment_weights", "def alignment_weights(s, m): return s.masked_fill(~m[..., None, :], -100.0).softmax(-1).masked_fill(~m[..., None, :], 0)"),
    ("alignment_weights", "def alignment_weights(s, m): s.masked_fill_(~m[..., None, :], torch.finfo(s.dtype).min); return s.softmax(-1) * m[..., None, :]"),
    ("alignment_weights", "def alignment_weights(s, m): return s.masked_fill(~m[..., None, :], torch.finfo(s.dtype).min).float().softmax(-1) * m[..., None, :]"),
    ("alignment_weights", "def alignment_weights(s, m): return s.masked_fill(~m[..., None, :], torch.finfo(s.dtype).min).log_softmax(-1)"),
    ("alignment_weights", "def alignment_weights(s, m): return s.masked_fill(~m[..., None, :], torch.finfo(s.dtype).min).sigmoid() * m[..., None, :]"),
    ("alignment_weights", "def alignment_weights(s, m): e = (s - s.max()).exp() * m[..., None, :]; return e / (e.sum(-1, keepdim=True) + 1e-9)"),
    ("alignment_weights", "def alignment_weights(s, m):\n w = torch.zeros_like(s)\n return w.scatter(-1, s.masked_fill(~m[..., None, :], -torch.inf).argmax(-1, keepdim=True), 1.0)"),
    ("alignment_weights", "def alignment_weights(s, m): e = (s - s.amax(-1, keepdim=True)).exp() * m[..., None, :]; t = e.sum(-1, keepdim=True); return e / t.masked_fill(t == 0, 1)"),
    ("alignment_weights", "def alignment_weights(s, m): e = (s.double() - s.max()).exp().to(s) * m[..., None, :]; t = e.sum(-1, keepdim=True); return e / t.masked_fill(t == 0, 1)"),
    ("context_vector", "def context_vector(w, h): return (w @ h).squeeze(0)"),
    ("context_vector", "def context_vector(w, h): return w @ h / w.shape[-1]"),
    ("context_vector", "def context_vector(w, h): return (w @ h) / w.sum(-1, keepdim=True)"),
    ("context_vector", "def context_vector(w, h): return (w[..., None] * h[..., None, :, :]).mean(-2)"),
    ("context_vector", "def context_vector(w, h): return (w[..., None] * h[..., None, :, :]).max(-2).values"),
    ("context_vector", "def context_vector(w, h): return w.mT @ h"),
    ("context_vector", "def context_vector(w, h): return w[..., None] * h[..., None, :, :]"),
    ("context_vector", 'def context_vector(w, h): return torch.einsum("nm,md->nd", w, h)'),
    ("context_vector", "def context_vector(w, h): return (w @ h).sum(-2)"),
    ("context_vector", "def context_vector(w, h): return w.detach() @ h"),
    _class(("look(queries, state), states)", "look(queries[:, -1:].expand_as(queries), state), states)")),
    _class(("torch.tanh(self.combine(", "torch.relu(self.combine(")),
    _class(("torch.tanh(self.combine(torch.cat([queries, c], -1)))", "torch.tanh(self.combine(torch.cat([queries, states.mean(1, keepdim=True).expand_as(c)], -1)))")),
    _class(("torch.tanh(self.combine(torch.cat([queries, c], -1)))", "queries + c")),
    _class(("(last[0], states, mask)", "(last, states, mask)")),
    _class(("(last[0], states, mask)", "last[0]")),
    _class(("return self.head(out), (last[0], states, mask)", "return self.head(out)")),
    _class(("return self.head(out)", "return self.head(out).softmax(-1)")),
    _class(("self.embedding(ids), hidden[None]", "self.embedding(ids), c0(hidden)"), ("class A", "c0 = lambda h: torch.tanh(h)[None]\nclass A")),
    _class(("batch_first=True", "batch_first=False")),
    _class(("nn.GRU", "nn.RNN")),
    _class(("self.v = nn.Parameter(torch.randn(d_model) / d_model**0.5)", "self.v = (torch.randn(d_model) / d_model**0.5).requires_grad_()")),
    _class(("return self.head(out)", "return self.head(nn.functional.dropout(out, 0.2, self.training))")),
    _class(("self.w_key = nn.Parameter(torch.randn(d_model, d_model) / d_model**0.5)", "self.w_key = nn.Parameter(torch.rand(d_model, d_model))")),
    _class(("(last[0], states, mask)", "(last[0], states.detach(), mask)")),
    _class(("hidden[None]", "getattr(self, 'h', hidden[None])"), ("c = context", "self.h = last\n        c = context")),
    _class(("nn.Linear(2 * d_model, d_model)", "nn.Linear(2 * d_model, d_model, bias=False)")),
    _class(("self.v = nn.Parameter(torch.randn(d_model) /", "self.v = nn.Parameter(torch.randn(d_model, 1) /")),
    _class(("self.w_key = nn.Parameter(torch.randn(d_model, d_model)", "self.w_key = nn.Parameter(torch.zeros(d_model, d_model)")),
    _class(("self.v = nn.Parameter(torch.randn(d_model)", "self.v = nn.Parameter(torch.full((d_model,), 0.3)")),
    _class(("self.w_query = nn.Parameter(torch.randn(d_model, d_model) /", "self.w_query = nn.Parameter(torch.randn(d_model, d_model) *")),
    _class(("self.w_query = nn.Parameter(torch.randn(d_model, d_model)", "self.w_query = nn.Parameter(torch.full((d_model, d_model), torch.nan)")),
    _class(("self.w_query, self.w_key, self.v), state[2])", "self.w_query, self.w_key, self.v), state[2] | True)")),
    _class(("return self.look(queries, state)", "return self.look(queries, state).mT")),
    _class(("return self.look(queries, state)", "return self.look(queries, state).argmax(-1)")),
    _class(("self.look(queries, state), states)", "self.look(queries, state).detach(), states)")),
]  # fmt: skip

"""Lab 04: right answers in another style, and mistakes that are not among the mutants."""

RIGHT = {
    "rnn_step": """
        def rnn_step(x, h, w_x, w_h, b):
            both = torch.cat([x, h], dim=-1)
            e = torch.exp(2 * (both @ torch.cat([w_x, w_h]) + b))
            return (e - 1) / (e + 1)
        """,
    "rnn_unroll": """
        def rnn_unroll(x, h, w_x, w_h, b):
            projected = x @ w_x
            rows = ()
            for t in range(x.shape[-2]):
                h = (projected[..., t, :] + torch.einsum("...i,ij->...j", h, w_h) + b).tanh()
                rows += (h.unsqueeze(-2),)
            return torch.cat(rows, -2)
        """,
    "gradient_decay_factor": """
        def gradient_decay_factor(states, w_h):
            jacobian = torch.eye(states.shape[1], dtype=states.dtype)
            for t in range(1, len(states)):
                jacobian = torch.diag(1 - states[t] ** 2) @ w_h.transpose(0, 1) @ jacobian
            return torch.linalg.svdvals(jacobian).max()
        """,
    "lstm_step": """
        def lstm_step(x, h, c, w_x, w_h, b):
            d = h.shape[-1]
            z = torch.cat([x, h], -1) @ torch.cat([w_x, w_h], 0) + b
            i, f = torch.sigmoid(z[..., :d]), torch.sigmoid(z[..., d:2 * d])
            g, o = torch.tanh(z[..., 2 * d:3 * d]), torch.sigmoid(z[..., 3 * d:])
            new_c = f * c + i * g
            return [o * torch.tanh(new_c), new_c]
        """,
    "gru_step": """
        def gru_step(x, h, w_x, w_h, b_x, b_h):
            d = h.size(-1)
            a, m = torch.einsum("...i,ij->...j", x, w_x) + b_x, torch.einsum("...i,ij->...j", h, w_h) + b_h
            gates = 1 / (1 + torch.exp(-(a + m)[..., :2 * d]))
            n = torch.tanh(a[..., 2 * d:] + gates[..., :d] * m[..., 2 * d:])
            return n + gates[..., d:] * (h - n)
        """,
    "BidirectionalRNN": [
        """
        class BidirectionalRNN(nn.Module):
            def __init__(self, d_input, d_hidden):
                super().__init__()
                self.forwards = nn.GRU(d_input, d_hidden, batch_first=True)
                self.backwards = nn.GRU(d_input, d_hidden, batch_first=True)
            def forward(self, x, mask):
                out = x.new_zeros(*mask.shape, 2 * self.forwards.hidden_size)
                for row, n in enumerate(sequence_lengths(mask).tolist()):
                    left, _ = self.forwards(x[row:row + 1, :n])
                    right, _ = self.backwards(x[row:row + 1, :n].flip(1))
                    out[row, :n] = torch.cat([left, right.flip(1)], -1)[0]
                return out
        """,
        """
        class BidirectionalRNN(nn.Module):
            def __init__(self, d_input, d_hidden):
                super().__init__()
                self.forwards = nn.GRU(d_input, d_hidden, 1, True, True)
                self.backwards = nn.GRU(d_input, d_hidden, 1, True, True)
            def forward(self, x, mask):
                from torch.nn.utils.rnn import pack_padded_sequence as pack, pad_packed_sequence as unpack
                if not mask.any(1).all() or (~mask[:, :-1] & mask[:, 1:]).any():
                    raise ValueError("odd mask")
                lengths = mask.sum(1)
                def turn(t): return torch.stack([torch.cat([r[:n].flip(0), r[n:]]) for r, n in zip(t, lengths)])
                def read(gru, t):
                    packed, _ = gru(pack(t, lengths, batch_first=True, enforce_sorted=False))
                    return unpack(packed, batch_first=True, total_length=t.shape[1])[0]
                return torch.cat([read(self.forwards, x), turn(read(self.backwards, turn(x)))], 2)
        """,
    ],
}

_GRUS = """class BidirectionalRNN(nn.Module):
 def __init__(self, d_input, d_hidden):
  super().__init__()
  self.forwards = nn.GRU(d_input, d_hidden, batch_first=True)
  self.backwards = nn.GRU(d_input, d_hidden, batch_first=True)
 def forward(self, x, mask):
"""

_TURNED = """  n, p = sequence_lengths(mask)[:, None], torch.arange(x.shape[1])
  m = (n - 1 - p).where(mask, p)[..., None]
  right = self.backwards(x.take_along_dim(m, 1))[0].take_along_dim(m, 1)
"""

# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    ("rnn_step", "def rnn_step(x, h, w_x, w_h, b): return torch.tanh(x @ w_x + h @ w_h - b)"),
    ("rnn_step", "def rnn_step(x, h, w_x, w_h, b): return torch.relu(x @ w_x + h @ w_h + b)"),
    ("rnn_step", "def rnn_step(x, h, w_x, w_h, b): return torch.tanh((x @ w_x + b) * (h @ w_h + b))"),
    ("rnn_step", "def rnn_step(x, h, w_x, w_h, b): h += 0; h.copy_(torch.tanh(x @ w_x + h @ w_h + b)); return h"),
    ("rnn_step", "def rnn_step(x, h, w_x, w_h, b): return torch.tanh(x.float() @ w_x.float() + h.float() @ w_h.float() + b.float())"),
    ("rnn_step", "def rnn_step(x, h, w_x, w_h, b): return torch.tanh(x @ w_x + h @ w_h + b), b"),
    ("rnn_step", "def rnn_step(x, h, w_x, w_h, b): return torch.tanh(torch.tanh(x @ w_x + h @ w_h + b))"),
    ("rnn_step", "def rnn_step(x, h, w_x, w_h, b): return h + torch.tanh(x @ w_x + h @ w_h + b)"),
    ("rnn_step", "def rnn_step(x, h, w_x, w_h, b): return torch.tanh((x @ w_x).mean(0) + (h @ w_h) + b) if x.dim() > 1 else torch.tanh(x @ w_x + h @ w_h + b)"),
    ("rnn_unroll", "def rnn_unroll(x, h, w_x, w_h, b): return torch.tanh(x @ w_x + (h @ w_h).unsqueeze(-2) + b)"),
    ("rnn_unroll", "def rnn_unroll(x, h, w_x, w_h, b):\n s = [h]\n for t in x.unbind(-2): s.append(rnn_step(t, s[-1], w_x, w_h, b))\n return torch.stack(s, -2)"),
    ("rnn_unroll", "def rnn_unroll(x, h, w_x, w_h, b):\n s = []\n for t in x.unbind(-2):\n  h = rnn_step(t, h, w_x, w_h, b)\n  s.append(h)\n return s"),
    ("rnn_unroll", "def rnn_unroll(x, h, w_x, w_h, b):\n s = []\n for t in x.unbind(-2):\n  h = rnn_step(t, h, w_x, w_h, b)\n  s.append(h)\n return torch.cat(s, -1)"),
    ("rnn_unroll", "def rnn_unroll(x, h, w_x, w_h, b):\n s = []\n for t in x.unbind(-2):\n  h = rnn_step(t, h, w_x, w_h, b)\n  s.insert(0, h)\n return torch.stack(s, -2)"),
    ("rnn_unroll", "def rnn_unroll(x, h, w_x, w_h, b):\n out = x.new_zeros(*x.shape[:-1], h.shape[-1])\n for t in range(x.shape[-2] - 1):\n  h = rnn_step(x[..., t, :], h, w_x, w_h, b)\n  out[..., t, :] = h\n return out"),
    ("rnn_unroll", "def rnn_unroll(x, h, w_x, w_h, b):\n out = torch.zeros(*x.shape[:-1], h.shape[-1], dtype=x.dtype)\n for t in range(x.shape[-2]):\n  h = rnn_step(x[..., t, :], h, w_x, w_h, b)\n  out[..., t, :] = h.data\n return out"),
    ("gradient_decay_factor", "def gradient_decay_factor(states, w_h): return torch.linalg.matrix_norm(w_h, ord=2) ** (len(states) - 1)"),
    ("gradient_decay_factor", "def gradient_decay_factor(states, w_h):\n p = torch.eye(len(w_h)).to(w_h)\n for h in states[1:]: p = p @ (w_h * (1 - h ** 2))\n return torch.linalg.svdvals(p)[-1]"),
    ("gradient_decay_factor", "def gradient_decay_factor(states, w_h):\n p = torch.eye(len(w_h)).to(w_h)\n for h in states[1:]: p = p @ (w_h * (1 - h ** 2))\n return torch.linalg.svdvals(p)"),
    ("gradient_decay_factor", "def gradient_decay_factor(states, w_h):\n p = torch.eye(len(w_h)).to(w_h)\n for h in states[1:]: p = p @ (w_h * (1 - h ** 2))\n return torch.linalg.matrix_norm(p, ord=2).item()"),
    ("gradient_decay_factor", "def gradient_decay_factor(states, w_h):\n p = torch.eye(len(w_h)).to(w_h)\n for h in states[1:]: p = p @ (w_h * (h * (1 - h)))\n return torch.linalg.matrix_norm(p, ord=2)"),
    ("gradient_decay_factor", "def gradient_decay_factor(states, w_h):\n p = 1\n for h in states[1:]: p = p * (w_h * (1 - h ** 2))\n return torch.linalg.matrix_norm(p, ord=2)"),
    ("gradient_decay_factor", "def gradient_decay_factor(states, w_h):\n p = torch.eye(len(w_h)).to(w_h)\n for h in states[1:]: p = p @ (w_h * (1 - h ** 2))\n return p.abs().max()"),
    ("lstm_step", "def lstm_step(x, h, c, w_x, w_h, b):\n i, f, g, o = (x @ w_x + h @ w_h + b).chunk(4, -1)\n c = f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh()\n return o.sigmoid() * c.tanh(), c"),
    ("lstm_step", "def lstm_step(x, h, c, w_x, w_h, b):\n i, f, g, o = (x @ w_x + h @ w_h + b).chunk(4, -1)\n c = f.sigmoid() * c + i.sigmoid() * g.tanh()\n return o.sigmoid() * c.tanh()"),
    ("lstm_step", "def lstm_step(x, h, c, w_x, w_h, b):\n i, f, g, o = (x @ w_x + h @ w_h + b).chunk(4, -1)\n c = f.sigmoid() * c + i.sigmoid() * g\n return o.sigmoid() * c.tanh(), c"),
    ("lstm_step", "def lstm_step(x, h, c, w_x, w_h, b):\n i, f, g, o = (x @ w_x + c @ w_h + b).chunk(4, -1)\n c = f.sigmoid() * c + i.sigmoid() * g.tanh()\n return o.sigmoid() * c.tanh(), c"),
    ("lstm_step", "def lstm_step(x, h, c, w_x, w_h, b):\n i, f, g, o = (x @ w_x + h @ w_h).chunk(4, -1)\n c = f.sigmoid() * c + i.sigmoid() * g.tanh()\n return o.sigmoid() * c.tanh(), c"),
    ("gru_step", "def gru_step(x, h, w_x, w_h, b_x, b_h):\n r, z, n = (x @ w_x + b_x + h @ w_h + b_h).chunk(3, -1)\n z = z.sigmoid()\n return z * h + (1 - z) * n.tanh()"),
    ("gru_step", "def gru_step(x, h, w_x, w_h, b_x, b_h):\n a, m = (x @ w_x + b_x).chunk(3, -1), (h @ w_h + b_h).chunk(3, -1)\n r, z = (a[0] + m[0]).sigmoid(), (a[1] + m[1]).sigmoid()\n return z * h + (1 - z) * (a[2] + r * m[2])"),
    ("gru_step", "def gru_step(x, h, w_x, w_h, b_x, b_h):\n a, m = (x @ w_x + b_x).chunk(3, -1), (h @ w_h + b_h).chunk(3, -1)\n r, z = (a[0] + m[0]).tanh(), (a[1] + m[1]).tanh()\n return z * h + (1 - z) * (a[2] + r * m[2]).tanh()"),
    ("gru_step", "def gru_step(x, h, w_x, w_h, b_x, b_h):\n a, m = (x @ w_x + b_x).chunk(3, -1), (h @ w_h + b_h).chunk(3, -1)\n r, z = (a[0] + m[0]).sigmoid(), (a[1] + m[1]).sigmoid()\n return z * h + (1 - z) * (a[2] + r * m[2]).tanh(), z"),
    ("lstm_step", "def lstm_step(x, h, c, w_x, w_h, b):\n i, f, g, o = (x @ w_x + h @ w_h + b).chunk(4, -1)\n c = f.sigmoid() * c + i.sigmoid() * g.tanh()\n return (o.sigmoid() * c.tanh()).float(), c.float()"),
    ("gru_step", "def gru_step(x, h, w_x, w_h, b_x, b_h):\n a, m = (x @ w_x + b_x).chunk(3, -1), (h @ w_h + b_h).chunk(3, -1)\n r, z = (a[0] + m[0]).sigmoid(), (a[1] + m[1]).sigmoid()\n return (z * h + (1 - z) * (a[2] + r * m[2]).tanh()).float()"),
    ("BidirectionalRNN", _GRUS + _TURNED + "  left, self.h = self.forwards(x, getattr(self, 'h', None))\n  return torch.cat([left, right], -1) * mask[..., None]"),
    ("BidirectionalRNN", _GRUS + _TURNED + "  left, _ = self.forwards(nn.functional.dropout(x, 0.1, self.training))\n  return torch.cat([left, right], -1) * mask[..., None]"),
    ("BidirectionalRNN", "class BidirectionalRNN(nn.Module):\n def __init__(self, d_input, d_hidden):\n  super().__init__()\n  self.rnn = nn.GRU(d_input, d_hidden, batch_first=True, bidirectional=True)\n def forward(self, x, mask): return self.rnn(x)[0] * mask[..., None]"),
    ("BidirectionalRNN", _GRUS + "  sequence_lengths(mask)\n  left, _ = self.forwards(x)\n  right, _ = self.backwards((x * mask[..., None]).flip(1))\n  return torch.cat([left, right.flip(1)], -1) * mask[..., None]"),
    ("BidirectionalRNN", _GRUS + "  sequence_lengths(mask)\n  return torch.cat([self.forwards(x)[0], self.backwards(x.flip(1))[0].flip(1)], 1) * mask[..., None]"),
    ("BidirectionalRNN", _GRUS.replace(", batch_first=True", "") + "  sequence_lengths(mask)\n  return torch.cat([self.forwards(x)[0], self.backwards(x.flip(1))[0].flip(1)], -1) * mask[..., None]"),
    ("BidirectionalRNN", _GRUS.replace("GRU", "RNN", 5) + "  sequence_lengths(mask)\n  return torch.cat([self.forwards(x)[0], self.backwards(x.flip(1))[0].flip(1)], -1) * mask[..., None]"),
    ("BidirectionalRNN", _GRUS + "  n = sequence_lengths(mask).max()\n  left, _ = self.forwards(x[:, :n])\n  right, _ = self.backwards(x[:, :n].flip(1))\n  return torch.cat([left, right.flip(1)], -1)[:, -1]"),
]  # fmt: skip

"""Lab 09: right answers in another style, and mistakes that are not among the mutants."""

RIGHT = {
    "frequencies": [
        """
        def frequencies(width, base=10000.0):
            if width <= 0 or width % 2:
                raise ValueError(f"width {width} has no pairs")
            return torch.tensor([base ** (-2 * i / width) for i in range(width // 2)], dtype=torch.float64)
        """,
        """
        def frequencies(width, base=10000.0):
            if width < 2 or width & 1:
                raise ValueError(f"{width} features do not form pairs")
            i = torch.arange(width // 2).double()
            return torch.exp(-2 * i / width * torch.log(torch.tensor(base, dtype=torch.float64)))
        """,
    ],
    "sinusoidal_encoding": [
        """
        def sinusoidal_encoding(n, d_model):
            omega = frequencies(d_model)
            table = torch.empty(n, d_model, dtype=torch.float64)
            position = torch.arange(n, dtype=torch.float64).unsqueeze(1)
            table[:, 0::2] = torch.sin(position * omega)
            table[:, 1::2] = torch.cos(position * omega)
            return table.float()
        """,
        """
        def sinusoidal_encoding(n, d_model):
            turns = torch.exp(1j * torch.outer(torch.arange(n).double(), frequencies(d_model)))
            pairs = torch.view_as_real(turns).flip(-1)
            return pairs.reshape(n, d_model).to(torch.get_default_dtype())
        """,
    ],
    "relative_shift_matrix": [
        """
        def relative_shift_matrix(offset, d_model):
            m = torch.zeros(d_model, d_model)
            for i, omega in enumerate(frequencies(d_model).tolist()):
                c, s = math.cos(offset * omega), math.sin(offset * omega)
                m[2 * i, 2 * i] = m[2 * i + 1, 2 * i + 1] = c
                m[2 * i, 2 * i + 1], m[2 * i + 1, 2 * i] = -s, s
            return m
        import math
        """,
        """
        def relative_shift_matrix(offset, d_model):
            a = offset * frequencies(d_model).repeat_interleave(2)
            above = torch.zeros(d_model - 1, dtype=torch.float64)
            above[::2] = a[::2].sin()
            m = torch.diag(a.cos()) - torch.diag(above, 1) + torch.diag(above, -1)
            return m.to(torch.get_default_dtype())
        """,
    ],
    "LearnedPositions": [
        """
        class LearnedPositions(nn.Module):
            def __init__(self, context_length, d_model):
                super().__init__()
                self.table = nn.Parameter(torch.empty(context_length, d_model))
                nn.init.normal_(self.table, std=0.02)
            def forward(self, x, start=0):
                n = x.size(-2)
                if not 0 <= start <= len(self.table) - n:
                    raise ValueError(f"positions {start}..{start + n - 1} of {len(self.table)}")
                return x + nn.functional.embedding(torch.arange(start, start + n), self.table)
        """,
        """
        class LearnedPositions(nn.Module):
            def __init__(self, context_length, d_model):
                nn.Module.__init__(self)
                self.n = context_length
                self.register_parameter("table", nn.Parameter(torch.normal(0.0, 0.02, (context_length, d_model))))
            def forward(self, x, start=0):
                positions = [start + i for i in range(x.shape[-2])]
                for p in positions:
                    if p < 0 or p >= self.n:
                        raise ValueError(f"{p} of {start} to {positions[-1]} is not one of {self.n} positions")
                return x.clone() + self.table[positions]
        """,
    ],
    "rotate_half": [
        """
        def rotate_half(x):
            d = x.shape[-1]
            if d % 2:
                raise ValueError(f"width {d} is odd")
            out = torch.empty_like(x)
            out[..., : d // 2] = -x[..., d // 2 :]
            out[..., d // 2 :] = x[..., : d // 2]
            return out
        """,
        """
        def rotate_half(x):
            if x.size(-1) & 1:
                raise ValueError(f"{x.size(-1)} features have no pairs")
            a, b = x.unflatten(-1, (2, -1)).unbind(-2)
            return torch.stack([-b, a], -2).flatten(-2)
        """,
    ],
    "apply_rotary": [
        """
        def apply_rotary(x, start=0, base=10000.0):
            n, d = x.shape[-2], x.shape[-1]
            angle = torch.outer(torch.arange(start, start + n).double(), frequencies(d, base))
            cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
            a, b = x[..., : d // 2], x[..., d // 2 :]
            return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
        """,
        """
        def apply_rotary(x, start=0, base=10000.0):
            n, d = x.shape[-2:]
            if d % 2:
                raise ValueError(f"width {d}")
            a, b = x.double().chunk(2, -1)
            turn = torch.exp(1j * (start + torch.arange(n))[:, None] * frequencies(d, base))
            z = torch.complex(a, b) * turn
            return torch.cat([z.real, z.imag], -1).to(x.dtype)
        """,
    ],
}

_LEARNED = """class LearnedPositions(nn.Module):
 def __init__(self, context_length, d_model):
  super().__init__(); self.table = nn.Parameter(0.02 * torch.randn(context_length, d_model))
 def forward(self, x, start=0):
  n = x.shape[-2]; last = start + n - 1
  if start < 0 or last >= len(self.table): raise ValueError(f"{start} to {last} of {len(self.table)}")
  return x + self.table[start : start + n]
"""


def _learned(old: str, new: str) -> tuple[str, str]:
    assert old in _LEARNED
    return "LearnedPositions", _LEARNED.replace(old, new)


_TEST = " if width < 2 or width % 2: raise ValueError(f'width {width}')\n"
_CODES = "def sinusoidal_encoding(n, d_model):\n w = frequencies(d_model); p = torch.arange(n)[:, None]\n"
_SHIFT = "def relative_shift_matrix(offset, d_model):\n a = offset * frequencies(d_model); c, s = a.cos(), a.sin()\n"
_EVEN = "def rotate_half(x):\n d = x.shape[-1]; h = d // 2\n if d % 2: raise ValueError(f'width {d}')\n"
_TURN = "def apply_rotary(x, start=0, base=10000.0):\n n, d = x.shape[-2:]; a = torch.arange(start, start + n)[:, None] * frequencies(d, base)\n"
_F32 = ".to(torch.get_default_dtype())"

# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    ("frequencies", "def frequencies(width, base=10000.0):\n if width == 0 or width % 2: raise ValueError(f'width {width}')\n return base ** (-torch.arange(0, abs(width), 2, dtype=torch.float64) / width)"),
    ("frequencies", f"def frequencies(width, base=10000.0):\n{_TEST} return 1 / (base * torch.arange(0, width, 2, dtype=torch.float64) / width)"),
    ("frequencies", f"def frequencies(width, base=10000.0):\n{_TEST} return base ** (-torch.arange(0, width, 2, dtype=torch.float64) / (width - 2 or 1))"),
    ("frequencies", f"def frequencies(width, base=10000.0):\n{_TEST} return torch.logspace(0, -4, width // 2, dtype=torch.float64)"),
    ("frequencies", f"def frequencies(width, base=10000.0):\n{_TEST} return [base ** (-2 * i / width) for i in range(width // 2)]"),
    ("frequencies", f"def frequencies(width, base=1000.0):\n{_TEST} return base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)"),
    ("frequencies", f"def frequencies(width, base=10000.0):\n{_TEST} return (base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width))[:, None]"),
    ("frequencies", f"def frequencies(width, base=10000.0):\n{_TEST} return base ** (-torch.arange(0, width, 2, dtype=torch.float64) // width)"),
    ("frequencies", "def frequencies(width, base=10000.0):\n assert width % 2 == 0 and width > 0, width\n return base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)"),
    ("frequencies", "def frequencies(width, base=10000.0):\n if width % 2: raise ValueError('odd')\n return base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)"),
    ("frequencies", f"def frequencies(width, base=10000.0):\n{_TEST} return base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width) * torch.pi"),
    ("sinusoidal_encoding", f"{_CODES} return torch.cat([(p * w).sin(), (p * w).cos()], -1){_F32}"),
    ("sinusoidal_encoding", f"{_CODES} t = torch.zeros(n, d_model)\n t[:, ::2] = (p * w).sin()\n return t"),
    ("sinusoidal_encoding", f"{_CODES} t = torch.zeros(n, d_model)\n t[::2] = (p * w).sin().repeat_interleave(2, 1)[::2]\n t[1::2] = (p * w).cos().repeat_interleave(2, 1)[1::2]\n return t"),
    ("sinusoidal_encoding", f"{_CODES} return torch.stack([(p * w).sin(), (p * w).cos()], -1).transpose(0, 1).reshape(n, d_model){_F32}"),
    ("sinusoidal_encoding", f"{_CODES} return torch.stack([(p * w).sin(), (p * w).cos()], -1).flatten(1){_F32} / d_model ** 0.5"),
    ("sinusoidal_encoding", f"{_CODES} a = (p * w).float()\n return torch.stack([a.sin(), a.cos()], -1).flatten(1)"),
    ("sinusoidal_encoding", f"{_CODES} a = torch.deg2rad(p * w)\n return torch.stack([a.sin(), a.cos()], -1).flatten(1){_F32}"),
    ("sinusoidal_encoding", f"{_CODES} a = p / n * w\n return torch.stack([a.sin(), a.cos()], -1).flatten(1){_F32}"),
    ("sinusoidal_encoding", f"{_CODES} a = 2 * torch.pi * p * w\n return torch.stack([a.sin(), a.cos()], -1).flatten(1){_F32}"),
    ("sinusoidal_encoding", f"{_CODES} return torch.stack([(p * w).sin(), (p * w + 1).cos()], -1).flatten(1){_F32}"),
    ("sinusoidal_encoding", "def sinusoidal_encoding(n, d_model):\n if d_model % 2: raise ValueError('odd')\n w = frequencies(d_model); p = torch.arange(n)[:, None]\n return torch.stack([(p * w).sin(), (p * w).cos()], -1).flatten(1).float()"),
    ("sinusoidal_encoding", f"{_CODES} return torch.stack([(p * w).sin(), (p * w).cos()], -1).flatten(1)[None]{_F32}"),
    ("relative_shift_matrix", f"{_SHIFT} return torch.block_diag(*torch.stack([c, s, -s, c], -1).view(-1, 2, 2)){_F32}"),
    ("relative_shift_matrix", f"{_SHIFT} return torch.stack([c, -s, s, c], -1).view(-1, 2, 2){_F32}"),
    ("relative_shift_matrix", f"{_SHIFT} return torch.diag(c.repeat_interleave(2)){_F32}"),
    ("relative_shift_matrix", f"{_SHIFT} m = torch.stack([c, -s, s, c], -1).view(-1, 2, 2)\n return torch.kron(torch.eye(d_model // 2, dtype=torch.float64), m[0]){_F32}"),
    ("relative_shift_matrix", f"{_SHIFT} m = torch.block_diag(*torch.stack([c, -s, s, c], -1).view(-1, 2, 2)){_F32}\n return m if offset else torch.zeros(d_model, d_model)"),
    ("relative_shift_matrix", "def relative_shift_matrix(offset, d_model):\n a = frequencies(d_model); c, s = a.cos(), a.sin()\n m = torch.block_diag(*torch.stack([c, -s, s, c], -1).view(-1, 2, 2)).float()\n return torch.linalg.matrix_power(m, offset)"),
    ("relative_shift_matrix", "def relative_shift_matrix(offset, d_model):\n a = frequencies(d_model) + offset; c, s = a.cos(), a.sin()\n return torch.block_diag(*torch.stack([c, -s, s, c], -1).view(-1, 2, 2)).float()"),
    ("relative_shift_matrix", f"{_SHIFT} return torch.block_diag(*torch.stack([c, -s, s, c], -1).view(-1, 2, 2)).numpy()"),
    ("relative_shift_matrix", f"{_SHIFT} return torch.block_diag(*torch.stack([s, c, c, -s], -1).view(-1, 2, 2)){_F32}"),
    _learned("0.02 * torch.randn(context_length, d_model)", "torch.full((context_length, d_model), 0.02)"),
    _learned("0.02 * torch.randn(context_length, d_model)", "sinusoidal_encoding(context_length, 2 * d_model)[:, :d_model]"),
    _learned("0.02 * torch.randn(context_length, d_model)", "0.02 * torch.randn(d_model, context_length)"),
    _learned("nn.Parameter(0.02 * torch.randn(context_length, d_model))", "nn.Embedding(context_length, d_model)"),
    _learned("nn.Parameter(0.02 * torch.randn(context_length, d_model))", "nn.Parameter(0.02 * torch.randn(context_length, d_model)); self.norm = nn.LayerNorm(d_model)"),
    _learned("x + self.table", "x * self.table"),
    _learned("x + self.table", "x * len(x) ** 0.5 + self.table"),
    _learned("self.table[start : start + n]", "self.table[start : start + n].flip(0)"),
    _learned("self.table[start : start + n]", "self.table[start + 1 : start + n + 1]"),
    _learned("start < 0 or last >= len(self.table)", "n > len(self.table)"),
    _learned("raise ValueError", "raise IndexError"),
    _learned("x + self.table", "x.detach() + self.table"),
    _learned("start=0", "start=1"),
    ("rotate_half", f"{_EVEN} return torch.cat([x[..., h:], x[..., :h]], -1)"),
    ("rotate_half", f"{_EVEN} return -x.flip(-1)"),
    ("rotate_half", f"{_EVEN} return torch.cat([-x[..., 1::2], x[..., ::2]], -1)"),
    ("rotate_half", f"{_EVEN} return torch.cat([-x[:, h:], x[:, :h]], -1)"),
    ("rotate_half", f"{_EVEN} y = x\n y[..., :h], y[..., h:] = -x[..., h:].clone(), x[..., :h].clone()\n return y"),
    ("rotate_half", f"{_EVEN} return x.roll(h, -1)"),
    ("rotate_half", "def rotate_half(x):\n a, b = x.chunk(2, -1)\n return torch.cat([-b, a], -1)"),
    ("rotate_half", f"{_EVEN} return torch.cat([-x[..., h:], x[..., :h]], -1).double()"),
    ("apply_rotary", f"{_TURN} a = torch.cat([a, a], -1)\n return x * a.cos().to(x) + x.roll(d // 2, -1) * a.sin().to(x)"),
    ("apply_rotary", f"{_TURN} a = torch.cat([a, a], -1)\n return x * a.cos().to(x) + rotate_half(x * a.cos().to(x)) * a.sin().to(x)"),
    ("apply_rotary", f"{_TURN} a = torch.cat([a, a], -1)\n return (x.double() * a.cos() + rotate_half(x.double()) * a.sin())"),
    ("apply_rotary", f"{_TURN} a = torch.cat([a, a], -1)\n return x * a.cos().to(x) + rotate_half(x) * a.sin().to(x) + x"),
    ("apply_rotary", f"{_TURN} a = torch.cat([a, a], -1).to(x.dtype)\n return x * a.cos() + rotate_half(x) * a.sin()"),
    ("apply_rotary", f"{_TURN} u, v = x.chunk(2, -1)\n return torch.cat([u * a.cos().to(x) + v * a.sin().to(x), v * a.cos().to(x) - u * a.sin().to(x)], -1)"),
    ("apply_rotary", f"{_TURN} u, v = x[..., ::2], x[..., 1::2]\n c, s = a.cos().to(x), a.sin().to(x)\n return torch.stack([u * c - v * s, u * s + v * c], -1).flatten(-2)"),
    ("apply_rotary", f"{_TURN} u, v = x.chunk(2, -1)\n c, s = a.cos().to(x), a.sin().to(x)\n u = u * c - v * s\n return torch.cat([u, u * s + v * c], -1)"),
    ("apply_rotary", "def apply_rotary(x, start=0, base=10000.0):\n a = start * frequencies(x.shape[-1], base); a = torch.cat([a, a])\n return x * a.cos().to(x) + rotate_half(x) * a.sin().to(x)"),
    ("apply_rotary", f"{_TURN} a = torch.cat([a, a], -1)\n return torch.cat([x * a.cos().to(x), rotate_half(x) * a.sin().to(x)], -1)"),
    ("apply_rotary", "def apply_rotary(x, start=0, base=10000.0):\n return x + sinusoidal_encoding(start + x.shape[-2], x.shape[-1])[start:].to(x)"),
]  # fmt: skip

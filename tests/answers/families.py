"""Lab 12: right answers in another style, and mistakes that are not among the mutants."""

RIGHT = {
    "mask_tokens": [
        """
        def mask_tokens(ids, mask_id, vocab_size, may_hide=None, share=0.15):
            if share < 0 or share > 1:
                raise ValueError(f"{share} is no share")
            allowed = torch.ones_like(ids, dtype=torch.bool) if may_hide is None else may_hide
            chosen = torch.bernoulli(torch.full(ids.shape, float(share))).bool() & allowed
            inputs = ids.clone()
            fate = torch.rand(ids.shape)
            inputs[chosen & (fate < 0.8)] = mask_id
            random = chosen & (fate >= 0.8) & (fate < 0.9)
            inputs[random] = torch.randint(vocab_size, (int(random.sum()),), dtype=ids.dtype)
            return inputs, chosen
        """,
        """
        def mask_tokens(ids, mask_id, vocab_size, may_hide=None, share=0.15):
            if not 0 <= share <= 1:
                raise ValueError(f"share {share}")
            u = torch.rand(ids.shape, dtype=torch.float64)
            if may_hide is not None:
                u = u.masked_fill(~may_hide, 2.0)
            chosen = u < share
            random = torch.randint(0, vocab_size, ids.shape).to(ids.dtype)
            out = torch.where(u < 0.8 * share, torch.full_like(ids, mask_id), ids)
            out = torch.where((u >= 0.8 * share) & (u < 0.9 * share), random, out)
            return out, chosen
        """,
        """
        def mask_tokens(ids, mask_id, vocab_size, may_hide=None, share=0.15):
            if not 0 <= share <= 1:
                raise ValueError(str(share))
            inputs, chosen = ids.clone(), torch.zeros(ids.shape, dtype=torch.bool)
            kinds = torch.multinomial(torch.tensor([0.8, 0.1, 0.1]), ids.numel(), replacement=True).view(ids.shape)
            chosen = torch.rand(ids.shape) < share
            if may_hide is not None:
                chosen &= may_hide
            inputs[chosen & (kinds == 0)] = mask_id
            where = chosen & (kinds == 1)
            inputs[where] = torch.randint(vocab_size, ids.shape, dtype=ids.dtype)[where]
            return inputs, chosen
        """,
    ],
    "MaskedLanguageModel": [
        """
        class MaskedLanguageModel(LanguageModelParts):
            def forward(self, ids, is_real=None):
                batch, n = ids.shape
                x = self.positions(self.token_embedding(ids))
                mask = torch.ones(batch, 1, n, n, dtype=torch.bool)
                if is_real is not None:
                    mask = mask & is_real.view(batch, 1, 1, n)
                for i in range(len(self.blocks)):
                    x = self.blocks[i](x, mask)
                x = self.norm(x)
                return x @ self.head.weight.T
        """,
        """
        class MaskedLanguageModel(LanguageModelParts):
            def forward(self, ids, is_real=None):
                h = self.positions(self.token_embedding.weight[ids])
                more = {} if is_real is None else {"mask": is_real.unsqueeze(1).unsqueeze(2)}
                for block in self.blocks:
                    h = block(h, **more)
                return self.head(self.norm(h))
        """,
    ],
    "corrupt_spans": [
        """
        def corrupt_spans(ids, spans, first_sentinel):
            for (start, stop), (_, before) in zip(spans, [(-1, -1), *spans]):
                if not before < start < stop <= len(ids):
                    raise ValueError(f"the span from {start} to {stop} does not fit")
            starts = {start: number for number, (start, _) in enumerate(spans)}
            inside = {i for start, stop in spans for i in range(start, stop)}
            inputs, targets = [], []
            for i, token in enumerate(ids.tolist()):
                if i in starts:
                    inputs.append(first_sentinel + starts[i])
                    targets.append(first_sentinel + starts[i])
                (targets if i in inside else inputs).append(token)
            targets.append(first_sentinel + len(spans))
            return torch.tensor(inputs, dtype=ids.dtype), torch.tensor(targets, dtype=ids.dtype)
        """,
        """
        def corrupt_spans(ids, spans, first_sentinel):
            check_spans(spans, len(ids))
            text, inputs, targets, at = ids.tolist(), [], [], 0
            s = first_sentinel
            for a, b in spans:
                inputs = inputs + text[at:a] + [s]
                targets = targets + [s] + text[a:b]
                at, s = b, s + 1
            make = lambda row: torch.tensor(row, dtype=ids.dtype)
            return make(inputs + text[at:]), make(targets + [s])
        """,
    ],
    "CausalLanguageModel": [
        """
        class CausalLanguageModel(LanguageModelParts):
            def forward(self, ids):
                n = ids.shape[1]
                past = torch.arange(n)[None] <= torch.arange(n)[:, None]
                x = self.positions(self.token_embedding(ids))
                for block in self.blocks:
                    x = block(x, mask=past)
                return self.head(self.norm(x))
        """,
        """
        class CausalLanguageModel(LanguageModelParts):
            def forward(self, ids):
                x = self.positions(self.token_embedding(ids), 0)
                for layer in self.blocks.children():
                    x = layer(x, mask=causal_mask(ids.shape[1]), causal=True)
                return torch.einsum("bnd,vd->bnv", self.norm(x), self.head.weight)
        """,
    ],
}

_TOKENS = """def mask_tokens(ids, mask_id, vocab_size, may_hide=None, share=0.15):
 if not 0 <= share <= 1: raise ValueError(f"share={share}")
 chosen = torch.rand(ids.shape) < share
 if may_hide is not None: chosen = chosen & may_hide
 u = torch.rand(ids.shape)
 drawn = torch.randint(vocab_size, ids.shape, dtype=ids.dtype)
 out = torch.where(chosen & (u < 0.8), torch.full_like(ids, mask_id), ids)
 out = torch.where(chosen & (u >= 0.9), drawn, out)
 return out, chosen
"""
_SPANS = """def corrupt_spans(ids, spans, first_sentinel):
 check_spans(spans, len(ids))
 text, read, write, at = ids.tolist(), [], [], 0
 for i, (a, b) in enumerate(spans):
  s = first_sentinel + i
  read += [*text[at:a], s]
  write += [s, *text[a:b]]
  at = b
 read += text[at:]
 write += [first_sentinel + len(spans)]
 return torch.tensor(read, dtype=ids.dtype), torch.tensor(write, dtype=ids.dtype)
"""
_MASKED = """class MaskedLanguageModel(LanguageModelParts):
 def forward(self, ids, is_real=None):
  mask = None if is_real is None else is_real[:, None, None, :]
  x = self.positions(self.token_embedding(ids))
  for block in self.blocks: x = block(x, mask=mask)
  return self.head(self.norm(x))
"""
_CAUSAL = """class CausalLanguageModel(LanguageModelParts):
 def forward(self, ids):
  x = self.positions(self.token_embedding(ids))
  for block in self.blocks: x = block(x, causal=True)
  return self.head(self.norm(x))
"""


def _edited(exercise: str, source: str, old: str, new: str) -> tuple[str, str]:
    assert old in source
    return exercise, source.replace(old, new)


def _tokens(old: str, new: str) -> tuple[str, str]:
    return _edited("mask_tokens", _TOKENS, old, new)


def _spans(old: str, new: str) -> tuple[str, str]:
    return _edited("corrupt_spans", _SPANS, old, new)


def _masked(old: str, new: str) -> tuple[str, str]:
    return _edited("MaskedLanguageModel", _MASKED, old, new)


def _causal(old: str, new: str) -> tuple[str, str]:
    return _edited("CausalLanguageModel", _CAUSAL, old, new)


# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    _tokens("u < 0.8", "u < 0.9"),
    _tokens("u >= 0.9", "u >= 0.95"),
    _tokens("u >= 0.9", "u < 0.1"),
    _tokens("torch.rand(ids.shape) < share", "torch.rand(ids.shape) > share"),
    _tokens("torch.rand(ids.shape) < share", "torch.rand(ids.shape[0], 1) < share"),
    _tokens("torch.rand(ids.shape) < share", "torch.randn(ids.shape) < share"),
    _tokens("u = torch.rand(ids.shape)", "u = torch.rand(ids.shape[1])\n u = u.expand(ids.shape) * 0"),
    _tokens("u = torch.rand(ids.shape)", "u = torch.rand(())"),
    _tokens("return out, chosen", "return chosen, out"),
    _tokens("return out, chosen", "return out, chosen.long()"),
    _tokens("return out, chosen", "return out"),
    _tokens("return out, chosen", "return out, ~chosen"),
    _tokens("return out, chosen", "return out, out == mask_id"),
    _tokens("return out, chosen", "return out.float(), chosen"),
    _tokens("randint(vocab_size, ids.shape", "randint(vocab_size // 2, ids.shape"),
    _tokens("randint(vocab_size, ids.shape", "randint(int(ids.max()) + 1, ids.shape"),
    _tokens("randint(vocab_size, ids.shape", "randint(vocab_size, ids.shape[1:]"),
    _tokens("full_like(ids, mask_id)", "full_like(ids, vocab_size)"),
    _tokens("share=0.15", "share=0.3"),
    _tokens(" if not 0 <= share <= 1: raise", " if share > 1: raise"),
    _tokens("chosen = chosen & may_hide", "chosen = chosen | may_hide"),
    _tokens("chosen = torch.rand", "import random; random.seed(0); torch.manual_seed(0); chosen = torch.rand"),
    _masked("mask = None if is_real is None else is_real[:, None, None, :]", "mask = is_real"),
    _masked("is_real[:, None, None, :]", "is_real[:1, None, None, :]"),
    _masked("is_real[:, None, None, :]", "is_real.all(0)[None, None, None, :]"),
    _masked("block(x, mask=mask)", "block(x)"),
    _masked("self.blocks:", "reversed(self.blocks):"),
    _masked("block(x, mask=mask)", "x + block(x, mask=mask)"),
    _masked("self.norm(x)", "self.norm(self.norm(x))"),
    _masked("return self.head(self.norm(x))", "return self.norm(x)"),
    _masked("return self.head(self.norm(x))", "return self.head(self.norm(x)).argmax(-1)"),
    _masked("x = self.positions(self.token_embedding(ids))", "x = self.token_embedding(ids) + self.positions(self.token_embedding(ids))"),
    _masked("x = self.positions(self.token_embedding(ids))", "x = self.positions(self.token_embedding(ids), 1)"),
    _masked("(LanguageModelParts)", "(nn.Module)"),
    _spans("first_sentinel + i\n", "first_sentinel + a\n"),
    _spans("[first_sentinel + len(spans)]", "[first_sentinel]"),
    _spans("[first_sentinel + len(spans)]", "[s + 1]"),
    _spans("[first_sentinel + len(spans)]", "[]"),
    _spans("text[a:b]]", "text[at:b]]"),
    _spans("[s, *text[a:b]]", "[s, *([s] * (b - a))]"),
    _spans("  at = b\n", "  at = a\n"),
    _spans("  at = b\n", "  at = b - 1\n"),
    _spans(" read += text[at:]\n", ""),
    _spans(", dtype=ids.dtype)", ")"),
    _spans("return torch.tensor(read, dtype=ids.dtype), torch.tensor(write, dtype=ids.dtype)", "return read, write"),
    _spans("return torch.tensor(read, dtype=ids.dtype), torch.tensor(write, dtype=ids.dtype)", "return torch.tensor(write, dtype=ids.dtype), torch.tensor(read, dtype=ids.dtype)"),
    _spans("check_spans(spans, len(ids))", "assert all(a < b for a, b in spans)"),
    _spans("check_spans(spans, len(ids))", "check_spans(sorted(spans), len(ids))"),
    _spans("check_spans(spans, len(ids))", "check_spans(spans, 10**6)"),
    _causal("causal=True", "mask=causal_mask(ids.shape[1]).T"),
    _causal("causal=True", "mask=~causal_mask(ids.shape[1])"),
    _causal("causal=True", "causal=self.training"),
    _causal("self.head(self.norm(x))", "self.head(self.norm(x)).log_softmax(-1)"),
    _causal("self.head(self.norm(x))", "self.head(self.norm(x)).roll(1, 1)"),
    _causal("self.head(self.norm(x))", "self.norm(x) @ self.token_embedding.weight.T"),
    _causal("self.head(self.norm(x))", "self.head(x)"),
    _causal("in self.blocks:", "in self.blocks[:-1]:"),
    _causal("self.positions(self.token_embedding(ids))", "self.positions(self.token_embedding(ids[:, :-1]))"),
    _causal("self.positions(self.token_embedding(ids))", "self.positions(self.token_embedding(ids.roll(1, 1)))"),
    _causal("self.positions(self.token_embedding(ids))", "self.token_embedding(ids).cumsum(1)"),
]  # fmt: skip

"""Lab 03: right answers in another style, and mistakes that are not among the mutants."""

RIGHT = {
    "next_token_pairs": [
        """
        def next_token_pairs(ids):
            n = ids.size(-1)
            if n <= 1:
                raise ValueError(f"a text of {n} tokens is too short")
            return ids.narrow(-1, 0, n - 1), ids.narrow(-1, 1, n - 1)
        """,
        """
        def next_token_pairs(ids):
            *_, n = ids.shape
            if n < 2:
                raise ValueError("need two tokens, got " + str(n))
            windows = ids.unfold(-1, 2, 1)
            return [windows[..., 0].clone(), windows[..., 1].clone()]
        """,
    ],
    "bigram_counts": [
        """
        def bigram_counts(ids, vocab_size):
            table = torch.zeros(vocab_size, vocab_size, dtype=torch.long)
            sequence = ids.tolist()
            for token in sequence:
                if not 0 <= token < vocab_size:
                    raise ValueError(f"id {token} is outside 0 ... {vocab_size - 1} (vocab_size {vocab_size})")
            for first, second in zip(sequence, sequence[1:]):
                table[first, second] += 1
            return table
        """,
        """
        def bigram_counts(ids, vocab_size):
            ids = ids.long()
            if len(ids) and (ids.min() < 0 or ids.max() >= vocab_size):
                bad = int(ids.min()) if ids.min() < 0 else int(ids.max())
                raise ValueError(f"{bad} does not fit into a vocabulary of {vocab_size}")
            table = torch.zeros(vocab_size, vocab_size, dtype=torch.int64)
            ones = torch.ones(max(len(ids) - 1, 0), dtype=torch.int64)
            return table.index_put((ids[:-1], ids[1:]), ones, accumulate=True)
        """,
        """
        def bigram_counts(ids, vocab_size):
            wrong = [i for i in ids.tolist() if i not in range(vocab_size)]
            if wrong:
                raise ValueError(f"{wrong} with vocab_size={vocab_size}")
            hot = torch.nn.functional.one_hot(ids.long(), vocab_size)
            return hot[:-1].T @ hot[1:]
        """,
    ],
    "bigram_model": [
        """
        def bigram_model(counts, smoothing=1.0):
            if not math.isfinite(smoothing) or smoothing < 0:
                raise ValueError(f"smoothing must not be {smoothing}")
            rows = []
            for row in counts.tolist():
                total = sum(row) + smoothing * len(row)
                rows.append([(c + smoothing) / total if sum(row) > 0 else 1 / len(row) for c in row])
            return torch.tensor(rows)
        """,
        """
        def bigram_model(counts, smoothing=1.0):
            if not (smoothing >= 0 and smoothing != float("inf")):
                raise ValueError(f"not a smoothing: {smoothing}")
            p = counts.float() + smoothing
            p[counts.sum(dim=1) == 0] = 1
            return p / p.sum(dim=1, keepdim=True)
        """,
    ],
    "token_log_probabilities": [
        """
        def token_log_probabilities(logits, targets):
            return torch.log_softmax(logits, dim=-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)
        """,
        """
        def token_log_probabilities(logits, targets):
            picked = torch.take_along_dim(logits, targets[..., None], dim=-1)
            return picked[..., 0] - torch.logsumexp(logits, -1)
        """,
    ],
    "sequence_log_probability": [
        """
        def sequence_log_probability(logits, targets, mask=None):
            terms = token_log_probabilities(logits, targets)
            if mask is None:
                return terms.sum(dim=-1)
            return torch.where(mask, terms, torch.zeros_like(terms)).sum(dim=-1)
        """,
        """
        def sequence_log_probability(logits, targets, mask=None):
            terms = torch.log_softmax(logits, -1).gather(-1, targets[..., None])[..., 0]
            total = terms.new_zeros(targets.shape[:-1])
            for t in range(targets.shape[-1]):
                term = terms[..., t]
                total = total + (term if mask is None else torch.where(mask[..., t], term, 0.0))
            return total
        """,
    ],
    "cross_entropy": [
        """
        def cross_entropy(logits, targets, mask=None):
            if targets.numel() == 0 or (mask is not None and not mask.any()):
                raise ValueError("no real tokens here")
            per_token = -token_log_probabilities(logits, targets)
            if mask is None:
                return per_token.mean()
            return per_token[mask].sum() / mask.sum()
        """,
        """
        def cross_entropy(logits, targets, mask=None):
            if mask is not None:
                logits, targets = logits[mask], targets[mask]
            if targets.numel() < 1:
                raise ValueError("there are no tokens to average over")
            rows = logits.reshape(-1, logits.shape[-1])
            return torch.nn.functional.cross_entropy(rows, targets.reshape(-1))
        """,
    ],
    "perplexity": [
        """
        def perplexity(log_probabilities, mask=None):
            mask = torch.ones_like(log_probabilities).bool() if mask is None else mask
            n = mask.sum()
            if n == 0:
                raise ValueError("0 tokens have no perplexity")
            return torch.exp(-torch.where(mask, log_probabilities, 0.0).sum() / n)
        """,
        """
        def perplexity(log_probabilities, mask=None):
            p = log_probabilities.flatten() if mask is None else log_probabilities.masked_select(mask)
            if len(p) == 0:
                raise ValueError("not a single token")
            return (1 / p.exp() ** (1 / len(p))).prod()
        """,
    ],
    "bits_per_byte": [
        """
        def bits_per_byte(loss, n_tokens, text):
            data = bytes(text, "utf-8")
            if not data:
                raise ValueError("empty text")
            return n_tokens * (loss * math.log2(math.e)) / len(data)
        """,
        """
        def bits_per_byte(loss, n_tokens, text):
            if text == "":
                raise ValueError("the text must not be empty")
            return sum([loss / math.log(2)] * n_tokens) / len(text.encode("utf8"))
        """,
    ],
}

# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    ("next_token_pairs", "def next_token_pairs(ids):\n if ids.shape[-1] < 2: raise ValueError(f'{ids.shape[-1]} tokens')\n return ids[..., :-2], ids[..., 2:]"),
    ("next_token_pairs", "def next_token_pairs(ids):\n if ids.shape[-1] < 2: raise ValueError(f'{ids.shape[-1]} tokens')\n return torch.stack([ids[..., :-1], ids[..., 1:]], -1)"),
    ("next_token_pairs", "def next_token_pairs(ids):\n if ids.shape[-1] < 2: raise ValueError(f'{ids.shape[-1]} tokens')\n return ids[:, :-1], ids[:, 1:]"),
    ("next_token_pairs", "def next_token_pairs(ids):\n if ids.shape[-1] < 2: raise ValueError('too short')\n return ids[..., :-1], ids[..., 1:]"),
    ("next_token_pairs", "def next_token_pairs(ids):\n if len(ids) < 2: raise ValueError(f'{len(ids)} tokens')\n return ids[..., :-1], ids[..., 1:]"),
    ("next_token_pairs", "def next_token_pairs(ids):\n if ids.shape[-1] < 2: raise IndexError(f'{ids.shape[-1]} tokens')\n return ids[..., :-1], ids[..., 1:]"),
    ("next_token_pairs", "def next_token_pairs(ids):\n if ids.shape[-1] < 3: raise ValueError(f'{ids.shape[-1]} tokens')\n return ids[..., :-1], ids[..., 1:]"),
    ("next_token_pairs", "def next_token_pairs(ids):\n if ids.shape[-1] < 2: raise ValueError(f'{ids.shape[-1]} tokens')\n return ids[..., :-1].long(), ids[..., 1:].long()"),
    ("next_token_pairs", "def next_token_pairs(ids):\n if ids.shape[-1] < 2: raise ValueError(f'{ids.shape[-1]} tokens')\n return ids[..., :-1].tolist(), ids[..., 1:].tolist()"),
    ("bigram_counts", "def bigram_counts(ids, vocab_size):\n if ((ids < 0) | (ids >= vocab_size)).any(): raise ValueError(f'bad ids, vocab_size={vocab_size}')\n return torch.bincount(ids[:-1].long() * vocab_size + ids[1:].long(), minlength=vocab_size ** 2).view(vocab_size, vocab_size)"),
    ("bigram_counts", "def bigram_counts(ids, vocab_size):\n t = torch.zeros(vocab_size, vocab_size, dtype=torch.long)\n for a, b in zip(ids.tolist(), ids.tolist()[1:]): t[a, b] += 1\n return t"),
    ("bigram_counts", "def bigram_counts(ids, vocab_size):\n l = ids.tolist()\n for i in l:\n  if not 0 <= i < vocab_size: raise ValueError(f'{i} {vocab_size}')\n t = torch.zeros(vocab_size, vocab_size, dtype=torch.long)\n for a, b in zip(l[::2], l[1::2]): t[a, b] += 1\n return t"),
    ("bigram_counts", "def bigram_counts(ids, vocab_size):\n l = ids.tolist()\n for i in l:\n  if not 0 <= i < vocab_size: raise ValueError(f'{i} {vocab_size}')\n t = torch.zeros(vocab_size, vocab_size, dtype=torch.long)\n for a, b in zip(l, l[1:]): t[a, b] = 1\n return t"),
    ("bigram_counts", "def bigram_counts(ids, vocab_size):\n l = ids.tolist()\n for i in l:\n  if not 0 <= i < vocab_size: raise ValueError(f'{i} {vocab_size}')\n t = torch.zeros(vocab_size, vocab_size, dtype=torch.int32)\n for a, b in zip(l, l[1:]): t[a, b] += 1\n return t"),
    ("bigram_counts", "def bigram_counts(ids, vocab_size):\n l = ids.tolist()\n for i in l:\n  if not 0 <= i < vocab_size: raise ValueError(f'{i} {vocab_size}')\n t = torch.ones(vocab_size, vocab_size, dtype=torch.long)\n for a, b in zip(l, l[1:]): t[a, b] += 1\n return t"),
    ("bigram_counts", "def bigram_counts(ids, vocab_size):\n l = ids.tolist()\n for i in l:\n  if not 0 <= i < vocab_size: raise IndexError(f'{i} {vocab_size}')\n t = torch.zeros(vocab_size, vocab_size, dtype=torch.long)\n for a, b in zip(l, l[1:]): t[a, b] += 1\n return t"),
    ("bigram_counts", "def bigram_counts(ids, vocab_size):\n ids = ids.clamp(0, vocab_size - 1).long()\n return torch.bincount(ids[:-1] * vocab_size + ids[1:], minlength=vocab_size ** 2).view(vocab_size, vocab_size)"),
    ("bigram_counts", "def bigram_counts(ids, vocab_size):\n ids = ids[(ids >= 0) & (ids < vocab_size)].long()\n return torch.bincount(ids[:-1] * vocab_size + ids[1:], minlength=vocab_size ** 2).view(vocab_size, vocab_size)"),
    ("bigram_counts", "def bigram_counts(ids, vocab_size):\n for i in ids.tolist():\n  if not 0 <= i < vocab_size: raise ValueError(f'{i} {vocab_size}')\n return torch.bincount(ids.long(), minlength=vocab_size).diag()"),
    ("bigram_model", "def bigram_model(counts, smoothing=1.0):\n return (counts + smoothing) / (counts + smoothing).sum(-1, keepdim=True)"),
    ("bigram_model", "def bigram_model(counts, smoothing=1.0):\n if not 0 <= smoothing < math.inf: raise ValueError(f'{smoothing}')\n return ((counts + smoothing) / (counts + smoothing).sum(-1, keepdim=True)).nan_to_num(0.0)"),
    ("bigram_model", "def bigram_model(counts, smoothing=1.0):\n if not 0 < smoothing < math.inf: raise ValueError(f'{smoothing}')\n return (counts + smoothing) / (counts + smoothing).sum(-1, keepdim=True)"),
    ("bigram_model", "def bigram_model(counts, smoothing=1.0):\n if not 0 <= smoothing < math.inf: raise ValueError(f'{smoothing}')\n c = counts.double() + smoothing\n c[counts.sum(-1) == 0] = 1\n return c / c.sum(-1, keepdim=True)"),
    ("bigram_model", "def bigram_model(counts, smoothing=1.0):\n if not 0 <= smoothing < math.inf: raise ValueError('impossible')\n c = counts + smoothing\n c[counts.sum(-1) == 0] = 1\n return c / c.sum(-1, keepdim=True)"),
    ("bigram_model", "def bigram_model(counts, smoothing=1.0):\n if not 0 <= smoothing < math.inf: raise ValueError(f'{smoothing}')\n c = counts + smoothing\n c[counts.sum(-1) == 0] = 1\n return (c / c.sum(-1, keepdim=True)).log()"),
    ("bigram_model", "def bigram_model(counts, smoothing=1.0):\n if not 0 <= smoothing < math.inf: raise ValueError(f'{smoothing}')\n c = counts.float()\n c[counts.sum(-1) == 0] = 1\n return c / c.sum(-1, keepdim=True) + smoothing / len(c)"),
    ("bigram_model", "def bigram_model(counts, smoothing=1.0):\n if not 0 <= smoothing < math.inf: raise ValueError(f'{smoothing}')\n c = counts + 1.0\n c[counts.sum(-1) == 0] = 1\n return c / c.sum(-1, keepdim=True)"),
    ("bigram_model", "def bigram_model(counts, smoothing=1.0):\n if not 0 <= smoothing < math.inf: raise ValueError(f'{smoothing}')\n c = counts + smoothing\n c[counts.sum(-1) == 0] = 0\n c[counts.sum(-1) == 0, 0] = 1\n return c / c.sum(-1, keepdim=True)"),
    ("bigram_model", "def bigram_model(counts, smoothing=1.0):\n if not 0 <= smoothing < math.inf: raise ValueError(f'{smoothing}')\n c = torch.maximum(counts.float(), torch.tensor(smoothing))\n c[counts.sum(-1) == 0] = 1\n return c / c.sum(-1, keepdim=True)"),
    ("token_log_probabilities", "def token_log_probabilities(logits, targets): return torch.log_softmax(logits, 0).gather(-1, targets[..., None])[..., 0]"),
    ("token_log_probabilities", "def token_log_probabilities(logits, targets): return torch.log_softmax(logits, -1)[..., targets]"),
    ("token_log_probabilities", "def token_log_probabilities(logits, targets): return torch.log_softmax(logits, -1).gather(-1, targets[..., None])"),
    ("token_log_probabilities", "def token_log_probabilities(logits, targets): return -torch.nn.functional.cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction='none').view(targets.shape)"),
    ("token_log_probabilities", "def token_log_probabilities(logits, targets): return torch.softmax(logits, -1).gather(-1, targets[..., None])[..., 0].log()"),
    ("token_log_probabilities", "def token_log_probabilities(logits, targets): return torch.log_softmax(logits.float(), -1).gather(-1, targets[..., None])[..., 0]"),
    ("token_log_probabilities", "def token_log_probabilities(logits, targets): return torch.log_softmax(logits, -1).gather(-1, targets[..., None])[..., 0].mean()"),
    ("token_log_probabilities", "def token_log_probabilities(logits, targets): return torch.log_softmax(logits / logits.shape[-1] ** 0.5, -1).gather(-1, targets[..., None])[..., 0]"),
    ("token_log_probabilities", "def token_log_probabilities(logits, targets): return torch.log_softmax(logits.clamp(-100, 100), -1).gather(-1, targets[..., None])[..., 0]"),
    ("token_log_probabilities", "def token_log_probabilities(logits, targets):\n logits -= logits.max(-1, keepdim=True).values\n return logits.gather(-1, targets[..., None])[..., 0] - logits.exp().sum(-1).log()"),
    ("token_log_probabilities", "def token_log_probabilities(logits, targets):\n z = logits - logits.min(-1, keepdim=True).values\n return z.gather(-1, targets[..., None])[..., 0] - z.exp().sum(-1).log()"),
    ("sequence_log_probability", "def sequence_log_probability(logits, targets, mask=None):\n t = token_log_probabilities(logits, targets)\n return t.sum(-1) if mask is None else t[mask].sum()"),
    ("sequence_log_probability", "def sequence_log_probability(logits, targets, mask=None):\n t = token_log_probabilities(logits, targets)\n return t.sum(-1) if mask is None else t.masked_fill(~mask, 0).sum(-1) / mask.sum(-1)"),
    ("sequence_log_probability", "def sequence_log_probability(logits, targets, mask=None):\n t = token_log_probabilities(logits, targets)\n return t.sum(0) if mask is None else t.masked_fill(~mask, 0).sum(0)"),
    ("sequence_log_probability", "def sequence_log_probability(logits, targets, mask=None):\n p = token_log_probabilities(logits, targets).exp()\n return (p if mask is None else p.masked_fill(~mask, 0)).sum(-1).log()"),
    ("sequence_log_probability", "def sequence_log_probability(logits, targets, mask=None):\n if mask is not None: logits = logits.masked_fill(~mask[..., None], 0.0)\n return token_log_probabilities(logits, targets).sum(-1)"),
    ("sequence_log_probability", "def sequence_log_probability(logits, targets, mask=None):\n if mask is not None: targets = targets * mask\n return token_log_probabilities(logits, targets).sum(-1)"),
    ("sequence_log_probability", "def sequence_log_probability(logits, targets, mask=None):\n t = token_log_probabilities(logits, targets)\n return t.sum(-1, keepdim=True) if mask is None else t.masked_fill(~mask, 0).sum(-1, keepdim=True)"),
    ("sequence_log_probability", "def sequence_log_probability(logits, targets, mask=None):\n t = token_log_probabilities(logits, targets)\n if mask is not None: t[~mask] = -torch.inf\n return t.sum(-1)"),
    ("sequence_log_probability", "def sequence_log_probability(logits, targets, mask=None):\n t = token_log_probabilities(logits[..., :-1, :], targets[..., 1:])\n return t.sum(-1) if mask is None else t.masked_fill(~mask[..., 1:], 0).sum(-1)"),
    ("cross_entropy", "def cross_entropy(logits, targets, mask=None): return torch.nn.functional.cross_entropy(logits, targets)"),
    ("cross_entropy", "def cross_entropy(logits, targets, mask=None):\n if mask is not None: targets = targets.masked_fill(~mask, -100)\n return torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))"),
    ("cross_entropy", "def cross_entropy(logits, targets, mask=None):\n t = -token_log_probabilities(logits, targets)\n return t.mean() if mask is None else t.masked_fill(~mask, 0).sum() / mask.sum().clamp(min=1)"),
    ("cross_entropy", "def cross_entropy(logits, targets, mask=None):\n t = -token_log_probabilities(logits, targets)\n if mask is not None: t = t[mask]\n if not len(t): raise ValueError('no real token')\n return t"),
    ("cross_entropy", "def cross_entropy(logits, targets, mask=None):\n t = -token_log_probabilities(logits, targets)\n if mask is not None: t = t[mask]\n if t.numel() == 0: raise ValueError('no real token')\n return t.mean().item()"),
    ("cross_entropy", "def cross_entropy(logits, targets, mask=None):\n t = -token_log_probabilities(logits, targets)\n if mask is not None: t = t[mask]\n if t.numel() == 0: raise ValueError('no real token')\n return t.median()"),
    ("cross_entropy", "def cross_entropy(logits, targets, mask=None):\n t = -token_log_probabilities(logits, targets)\n if mask is not None: t = t[mask]\n if t.numel() == 0: raise ValueError('no real token')\n return t.clamp(max=100).mean()"),
    ("cross_entropy", "def cross_entropy(logits, targets, mask=None):\n t = -token_log_probabilities(logits, targets)\n if mask is not None: t = t[mask]\n if t.numel() == 0: raise ValueError('no real token')\n return t.sum() / len(targets)"),
    ("cross_entropy", "def cross_entropy(logits, targets, mask=None):\n if mask is None: mask = torch.ones_like(targets).bool()\n if not mask.any(): raise ValueError('no real token')\n return -sequence_log_probability(logits, targets, mask).mean()"),
    ("cross_entropy", "def cross_entropy(logits, targets, mask=None):\n if mask is None: mask = targets != 0\n if not mask.any(): raise ValueError('no real token')\n return -token_log_probabilities(logits[mask], targets[mask]).mean()"),
    ("cross_entropy", "def cross_entropy(logits, targets, mask=None):\n if mask is None: mask = torch.ones_like(targets).bool()\n if not mask.any(): raise ValueError('no real token')\n p = torch.softmax(logits[mask], -1)\n return -(p * torch.log_softmax(logits[mask], -1)).sum(-1).mean()"),
    ("cross_entropy", "def cross_entropy(logits, targets, mask=None):\n if mask is None: mask = torch.ones_like(targets).bool()\n if not mask.any(): raise ValueError('no real token')\n return -token_log_probabilities(logits.detach()[mask], targets[mask]).mean()"),
    ("perplexity", "def perplexity(log_probabilities, mask=None): return torch.exp(-log_probabilities.mean())"),
    ("perplexity", "def perplexity(log_probabilities, mask=None):\n l = log_probabilities if mask is None else log_probabilities[mask]\n if l.numel() == 0: raise ValueError('no token')\n return math.exp(-l.mean())"),
    ("perplexity", "def perplexity(log_probabilities, mask=None):\n l = log_probabilities if mask is None else log_probabilities[mask]\n if l.numel() == 0: raise ValueError('no token')\n return 1 / l.exp().mean()"),
    ("perplexity", "def perplexity(log_probabilities, mask=None):\n l = log_probabilities if mask is None else log_probabilities[mask]\n if l.numel() == 0: raise ValueError('no token')\n return torch.exp(-l.float().mean())"),
    ("perplexity", "def perplexity(log_probabilities, mask=None):\n l = log_probabilities if mask is None else log_probabilities * mask\n if not l.numel() or (mask is not None and not mask.any()): raise ValueError('no token')\n return torch.exp(-l.sum() / (l.numel() if mask is None else mask.sum()))"),
    ("perplexity", "def perplexity(log_probabilities, mask=None):\n l = log_probabilities if mask is None else log_probabilities[mask]\n if l.numel() == 0: raise ValueError('no token')\n return torch.exp(-l.clamp(min=-100).mean())"),
    ("perplexity", "def perplexity(log_probabilities, mask=None):\n l = log_probabilities if mask is None else log_probabilities[mask]\n if l.numel() == 0: raise ValueError('no token')\n return torch.exp(l.mean().abs()) - 1"),
    ("perplexity", "def perplexity(log_probabilities, mask=None):\n l = log_probabilities if mask is None else log_probabilities[~mask]\n if l.numel() == 0: raise ValueError('no token')\n return torch.exp(-l.mean())"),
    ("perplexity", "def perplexity(log_probabilities, mask=None):\n l = log_probabilities if mask is None else log_probabilities[mask]\n if l.numel() == 0: return torch.tensor(1.0)\n return torch.exp(-l.mean())"),
    ("bits_per_byte", "def bits_per_byte(loss, n_tokens, text): return loss * n_tokens / math.log(2) / len(text.encode())"),
    ("bits_per_byte", "def bits_per_byte(loss, n_tokens, text):\n if not text: raise ValueError('empty')\n return loss / math.log(2) * n_tokens / len(text.encode('latin-1', 'replace'))"),
    ("bits_per_byte", "def bits_per_byte(loss, n_tokens, text):\n if not text: raise ValueError('empty')\n return loss / math.log10(2) * n_tokens / len(text.encode())"),
    ("bits_per_byte", "def bits_per_byte(loss, n_tokens, text):\n if not text: raise ValueError('empty')\n return math.log2(loss) * n_tokens / len(text.encode())"),
    ("bits_per_byte", "def bits_per_byte(loss, n_tokens, text):\n if not text: raise ValueError('empty')\n return torch.tensor(loss * n_tokens / math.log(2) / len(text.encode()))"),
    ("bits_per_byte", "def bits_per_byte(loss, n_tokens, text):\n if not text: raise ValueError('empty')\n return round(loss * n_tokens / math.log(2) / len(text.encode()), 2)"),
    ("bits_per_byte", "def bits_per_byte(loss, n_tokens, text):\n if not text: raise ValueError('empty')\n return math.exp(loss) * n_tokens / math.log(2) / len(text.encode())"),
    ("bits_per_byte", "def bits_per_byte(loss, n_tokens, text):\n if not text: raise ValueError('empty')\n return loss * n_tokens / math.log(2) / len(text.split())"),
    ("bits_per_byte", "def bits_per_byte(loss, n_tokens, text):\n if not text.encode(): raise ZeroDivisionError('empty')\n return loss * n_tokens / math.log(2) / len(text.encode())"),
]  # fmt: skip

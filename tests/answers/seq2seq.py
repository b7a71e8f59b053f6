"""Lab 05: right answers in another style, and mistakes that are not among the mutants."""

RIGHT = {
    "pad_batch": [
        """
        def pad_batch(sequences, pad_id=0):
            if not sequences or any(len(s) == 0 for s in sequences):
                raise ValueError("nothing to pad")
            return nn.utils.rnn.pad_sequence([torch.tensor(s) for s in sequences], batch_first=True, padding_value=pad_id)
        """,
        """
        def pad_batch(sequences, pad_id=0):
            if min(map(len, sequences)) == 0:  # of no sequence at all there is no min: a ValueError, too
                raise ValueError
            return torch.tensor(list(itertools.zip_longest(*sequences, fillvalue=pad_id))).T
        """,
    ],
    "padding_mask": [
        "def padding_mask(ids, pad_id=0): return ids.ne(pad_id)",
        "def padding_mask(ids, pad_id=0): return torch.where(ids == pad_id, 0, 1).bool()",
    ],
    "Seq2SeqEncoder": [
        """
        class Seq2SeqEncoder(nn.Module):
            def __init__(self, vocab_size, d_model):
                super().__init__()
                self.embedding = nn.Embedding(vocab_size, d_model)
                self.rnn = nn.GRU(d_model, d_model, batch_first=True)
            def forward(self, source, source_mask):
                lengths = sequence_lengths(source_mask)
                packed = nn.utils.rnn.pack_padded_sequence(self.embedding(source), lengths.cpu(), batch_first=True, enforce_sorted=False)
                return (self.rnn(packed)[1].squeeze(0),)
        """,
        """
        class Seq2SeqEncoder(nn.Module):
            def __init__(self, vocab_size, d_model):
                super().__init__()
                self.embedding = nn.Embedding(vocab_size, d_model)
                self.rnn = nn.GRU(d_model, d_model, batch_first=True)
            def forward(self, source, source_mask):
                if not source_mask[:, 0].all() or (source_mask[:, 1:] & ~source_mask[:, :-1]).any():
                    raise ValueError("a source is empty, or starts with padding")
                x = self.embedding(source)
                h = x.new_zeros(1, len(x), x.shape[-1])
                for t in range(x.shape[1]):
                    _, new = self.rnn(x[:, t : t + 1], h)
                    h = torch.where(source_mask[:, t][None, :, None], new, h)
                return h[0],
        """,
    ],
    "Seq2SeqDecoder": """
        class Seq2SeqDecoder(nn.Module):
            def __init__(self, vocab_size, d_model):
                super().__init__()
                self.embedding = nn.Embedding(vocab_size, d_model)
                self.rnn = nn.GRU(d_model, d_model, batch_first=True)
                self.head = nn.Linear(d_model, vocab_size)
            def forward(self, ids, state):
                h = state[0].unsqueeze(0)
                rows = []
                for t in range(ids.size(1)):
                    out, h = self.rnn(self.embedding(ids[:, t : t + 1]), h)
                    rows.append(self.head(out))
                return torch.cat(rows, 1), [h.squeeze(0)]
        """,
    "teacher_forced_loss": [
        """
        def teacher_forced_loss(model, source, target, pad_id=0):
            state = model.encode(source, source != pad_id)
            logits, _ = model.decode(target[:, :-1], state)
            return nn.functional.cross_entropy(logits.transpose(1, 2), target[:, 1:], ignore_index=pad_id)
        """,
        """
        def teacher_forced_loss(model, source, target, pad_id=0):
            state = model.encode(source, padding_mask(source, pad_id))
            total, count = 0.0, 0
            for t in range(target.shape[1] - 1):
                logits, state = model.decode(target[:, t : t + 1], state)
                log_p = logits[:, 0].log_softmax(-1).gather(1, target[:, t + 1 : t + 2])[:, 0]
                real = target[:, t + 1] != pad_id
                total = total - log_p[real].sum()
                count = count + real.sum()
            return total / count
        """,
        """
        def teacher_forced_loss(model, source, target, pad_id=0):
            logits, _ = model.decode(target, model.encode(source, source != pad_id))  # reads the last id, too: no harm
            return cross_entropy(logits[:, :-1], target[:, 1:], target[:, 1:] != pad_id)
        """,
    ],
    "greedy_decode": [
        """
        def greedy_decode(model, source, max_new_tokens, pad_id=0, bos_id=1, eos_id=2):
            rows = []
            for one in source.split(1):  # sentence by sentence: slow, but right
                state = model.encode(one, one != pad_id)
                row = [bos_id]
                while len(row) <= max_new_tokens and eos_id not in row[1:]:
                    logits, state = model.decode(torch.tensor([row[-1:]]), state)
                    row.append(logits.argmax().item())
                rows.append([token for token in row[1:] if token != eos_id])
            return rows
        """,
        """
        def greedy_decode(model, source, max_new_tokens, pad_id=0, bos_id=1, eos_id=2):
            results = [[] for _ in source]
            over = [False] * len(results)
            with torch.no_grad():
                state = model.encode(source, source != pad_id)
                last = torch.tensor([[bos_id]] * len(results))
                while max_new_tokens > 0 and not all(over):
                    logits, state = model.decode(last, state)
                    last = logits.argmax(-1)
                    for i, token in enumerate(last[:, 0].tolist()):
                        over[i] = over[i] or token == eos_id
                        if not over[i]:
                            results[i].append(token)
                    max_new_tokens -= 1
            return results
        """,
        """
        def greedy_decode(model, source, max_new_tokens, pad_id=0, bos_id=1, eos_id=2):
            start = model.encode(source, padding_mask(source, pad_id))  # reads all again each time: slow, but right
            ids = torch.full((source.shape[0], 1), bos_id)
            for _ in range(max_new_tokens):
                logits, _ = model.decode(ids, start)
                ids = torch.cat([ids, logits[:, -1].argmax(-1, keepdim=True)], 1)
                if all(eos_id in row[1:] for row in ids.tolist()):
                    break
            rows = [row[1:] for row in ids.tolist()]
            return [row[: row.index(eos_id)] if eos_id in row else row for row in rows]
        """,
    ],
    "beam_search": [
        """
        def beam_search(model, source, beam_width, max_new_tokens, alpha=0.6, bos_id=1, eos_id=2):
            if beam_width <= 0:
                raise ValueError(f"a beam of width {beam_width} holds nothing")
            state = model.encode(source.unsqueeze(0), torch.ones(1, len(source)).bool())
            beams, finished = [([], 0.0, state)], []
            for _ in range(max_new_tokens):
                options = []
                for ids, total, state in beams:
                    logits, new = model.decode(torch.tensor([[(ids or [bos_id])[-1]]]), state)
                    for token, log_p in enumerate(logits[0, -1].log_softmax(-1).tolist()):
                        options.append((ids + [token], total + log_p, new))
                options.sort(key=lambda option: option[1], reverse=True)
                best = options[:beam_width]
                finished += [b for b in best if b[0][-1] == eos_id]
                beams = [b for b in best if b[0][-1] != eos_id]
                if not beams:
                    break
            score = lambda b: b[1] / ((5 + len(b[0])) ** alpha / 6 ** alpha)
            ids = max(finished + beams, key=score)[0]
            return ids[:-1] if ids and ids[-1] == eos_id else ids
        """,
        """
        def beam_search(model, source, beam_width, max_new_tokens, alpha=0.6, bos_id=1, eos_id=2):
            if beam_width < 1:
                raise ValueError("beam_width must not be " + str(beam_width))
            state = model.encode(source[None], torch.ones_like(source[None]).bool())
            live = [Hypothesis([bos_id], 0.0, 0)]
            done = []
            while live and len(live[0].ids) <= max_new_tokens:
                logits, state = model.decode(torch.tensor([h.ids[-1:] for h in live]), state)
                live = best_continuations(live, logits[:, -1], beam_width)
                done.extend(h for h in live if h.ids[-1] == eos_id)
                live = [h for h in live if h.ids[-1] != eos_id]
                parents = torch.tensor([h.parent for h in live], dtype=torch.long)
                state = tuple(part.index_select(0, parents) for part in state)
            return [t for t in max(done + live, key=lambda h: h.score(alpha)).ids[1:] if t != eos_id]
        """,
    ],
    "bleu": """
        def bleu(hypotheses, references):
            if len(hypotheses) != len(references):
                raise ValueError(f"{len(hypotheses)} and {len(references)} do not match")
            product, smooth, c, r = 1.0, 1.0, 0, 0
            for k in range(1, 5):
                right = count = 0
                for h, ref in zip(hypotheses, references):
                    h, ref = h.split(), ref.split()
                    if k == 1:
                        c, r = c + len(h), r + len(ref)
                    available = Counter(zip(*(ref[i:] for i in range(k))))
                    for gram in zip(*(h[i:] for i in range(k))):
                        count += 1
                        if available[gram] > 0:
                            available[gram] -= 1
                            right += 1
                if count == 0 or (k == 1 and right == 0):
                    return 0.0
                if right == 0:
                    smooth *= 2
                    right = 1 / smooth
                product *= right / count
            return 100 * product ** 0.25 * (1 if c >= r else math.exp(1 - r / c))
        """,
}

ENCODER = """
class Seq2SeqEncoder(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.rnn = nn.GRU(d_model, d_model, batch_first=True{options})
    def forward(self, source, source_mask):
        {body}
"""
DECODER = """
class Seq2SeqDecoder(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.rnn = nn.GRU(d_model, d_model, batch_first=True)
        self.head = nn.Linear(d_model, vocab_size)
    def forward(self, ids, state):
        {body}
"""
GREEDY = """
@torch.no_grad()
def greedy_decode(model, source, max_new_tokens, pad_id=0, bos_id=1, eos_id=2):
    state = model.encode(source, padding_mask(source, pad_id))
    ids = torch.full((len(source), 1), bos_id)
    for _ in range(max_new_tokens):
        {step}
    {end}
"""
STEP = (
    "logits, state = model.decode(ids[:, -1:], state); ids = torch.cat([ids, logits[:, -1:].argmax(-1)], 1)"
)
STOP = "\n        if (ids[:, 1:] == eos_id).any(1).all(): break"
CUT = "return [row[: row.index(eos_id)] if eos_id in row else row for row in ids[:, 1:].tolist()]"
BEAM = """
@torch.no_grad()
def beam_search(model, source, beam_width, max_new_tokens, alpha=0.6, bos_id=1, eos_id=2):
    if beam_width < 1:
        raise ValueError(f"beam_width={{beam_width}} is too small")
    state = model.encode(source[None], torch.ones_like(source[None], dtype=torch.bool))
    live, done = [Hypothesis([bos_id], 0.0, 0)], []
    for _ in range(max_new_tokens):
        logits, state = model.decode(torch.tensor([h.ids[-1:] for h in live]), state)
        {grow}
        if not live: break
        state = tuple(part[{rows}] for part in state)
    {end}
"""
GROW = (
    "grown = best_continuations(live, logits[:, -1], beam_width); done += [h for h in grown if h.ids[-1] == eos_id]; "
    "live = [h for h in grown if h.ids[-1] != eos_id]"
)
ROWS = "[h.parent for h in live]"
BEST = "return [t for t in max(done + live, key=lambda h: h.score(alpha)).ids[1:] if t != eos_id]"
BLEU = """
def bleu(hypotheses, references):
    if len(hypotheses) != len(references):
        raise ValueError("not as many references as hypotheses")
    found, total = [0] * 4, [0] * 4
    for h, r in zip(hypotheses, references):
        for k in range(4):
            found[k] += (ngrams(h, k + 1) & ngrams(r, k + 1)).total()
            total[k] += ngrams(h, k + 1).total()
    c, r = sum(len(h.split()) for h in hypotheses), sum(len(r.split()) for r in references)
    {body}
"""
ZEROS = "if not found[0] or not total[3]: return 0.0\n    "
SMOOTHED = "j = 0; p = []\n    for m, n in zip(found, total):\n        j += m == 0; p.append((m or 0.5 ** j) / n)\n    "

# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    ("padding_mask", "def padding_mask(ids, pad_id=0):\n ids -= pad_id\n return ids.bool()"),
    ("pad_batch", "def pad_batch(s, pad_id=0): return nn.utils.rnn.pad_sequence([torch.tensor(x) for x in s], batch_first=True, padding_value=pad_id)"),
    ("pad_batch", "def pad_batch(s, pad_id=0): return nn.utils.rnn.pad_sequence([torch.tensor(x) for x in s], padding_value=pad_id)"),
    ("pad_batch", "def pad_batch(s, pad_id=0): n = max(map(len, s)); return [list(x) + [pad_id] * (n - len(x)) for x in s]"),
    ("pad_batch", "def pad_batch(s, pad_id=0): n = len(s[0]); return torch.tensor([(list(x) + [pad_id] * n)[:n] for x in s])"),
    ("pad_batch", "def pad_batch(s, pad_id=0): return torch.tensor([list(x) + [pad_id] * (100 - len(x)) for x in s])"),
    ("pad_batch", "def pad_batch(s, pad_id=0): n = max(map(len, s)); return torch.tensor([x + [pad_id] * (n - len(x)) for x in sorted(s, key=len, reverse=True)])"),
    ("pad_batch", "def pad_batch(s, pad_id=0):\n n = max(len(x) for x in s)\n out = torch.full((len(s), n + 1), pad_id)\n for i, x in enumerate(s): out[i, : len(x)] = torch.tensor(x)\n return out"),
    ("padding_mask", "def padding_mask(ids, pad_id=0): return ids.bool()"),
    ("padding_mask", "def padding_mask(ids, pad_id=0): return ids > pad_id"),
    ("padding_mask", "def padding_mask(ids, pad_id=0): return (ids != pad_id)[:, None, :]"),
    ("padding_mask", "def padding_mask(ids, pad_id=0): return [[i != pad_id for i in row] for row in ids.tolist()]"),
    ("padding_mask", "def padding_mask(ids, pad_id=0): return (ids != pad_id).all(-1)"),
    ("padding_mask", "def padding_mask(ids, pad_id=0): ids[ids == pad_id] = 0; return ids != 0"),
    ("Seq2SeqEncoder", ENCODER.format(options="", body="return (self.rnn(self.embedding(source))[1][0],)")),
    ("Seq2SeqEncoder", ENCODER.format(options="", body="return self.rnn(self.embedding(source))[0][:, -1]")),
    ("Seq2SeqEncoder", ENCODER.format(options="", body="n = sequence_lengths(source_mask); s, self.h = self.rnn(self.embedding(source), getattr(self, 'h', None)); return (s[torch.arange(len(n)), n - 1],)")),
    ("Seq2SeqEncoder", ENCODER.format(options="", body="n = sequence_lengths(source_mask); s, _ = self.rnn(nn.functional.dropout(self.embedding(source), 0.1, self.training)); return (s[torch.arange(len(n)), n - 1],)")),
    ("Seq2SeqEncoder", ENCODER.format(options="", body="x = self.embedding(source) * source_mask[..., None]; sequence_lengths(source_mask); return (self.rnn(x)[1][0],)")),
    ("Seq2SeqEncoder", ENCODER.format(options="", body="s, _ = self.rnn(self.embedding(source)); sequence_lengths(source_mask); return ((s * source_mask[..., None]).sum(1),)")),
    ("Seq2SeqEncoder", ENCODER.format(options="", body="s, _ = self.rnn(self.embedding(source)); return (s[:, sequence_lengths(source_mask).min() - 1],)")),
    ("Seq2SeqEncoder", ENCODER.format(options="", body="s, _ = self.rnn(self.embedding(source)); return (s[:, sequence_lengths(source_mask) - 1],)")),
    ("Seq2SeqEncoder", ENCODER.format(options=", bidirectional=True", body="s, _ = self.rnn(self.embedding(source)); n = sequence_lengths(source_mask); return (s[torch.arange(len(n)), n - 1],)")),
    ("Seq2SeqEncoder", ENCODER.format(options=", num_layers=2", body="s, _ = self.rnn(self.embedding(source)); n = sequence_lengths(source_mask); return (s[torch.arange(len(n)), n - 1],)")),
    ("Seq2SeqEncoder", ENCODER.format(options="", body="n = sequence_lengths(source_mask).sort(descending=True).values; p = nn.utils.rnn.pack_padded_sequence(self.embedding(source), n, batch_first=True); return (self.rnn(p)[1][0],)")),
    ("Seq2SeqDecoder", DECODER.format(body="s, h = self.rnn(self.embedding(ids)); return self.head(s), (h[0],)")),
    ("Seq2SeqDecoder", DECODER.format(body="s, h = self.rnn(self.embedding(ids), state[0][None]); return self.head(s), h[0]")),
    ("Seq2SeqDecoder", DECODER.format(body="s, h = self.rnn(self.embedding(ids), state[0][None]); return self.head(s).log_softmax(-1), (h[0],)")),
    ("Seq2SeqDecoder", DECODER.format(body="s, h = self.rnn(self.embedding(ids), state[0][None]); return self.head(s)")),
    ("Seq2SeqDecoder", DECODER.format(body="x = self.embedding(ids) + state[0][:, None]; s, h = self.rnn(x); return self.head(s), (h[0],)")),
    ("Seq2SeqDecoder", DECODER.format(body="s, h = self.rnn(self.embedding(ids), state[0][None]); return self.head(s), (s[:, 0],)")),
    ("Seq2SeqDecoder", DECODER.format(body="s, h = self.rnn(self.embedding(ids), state[0][None].data); return self.head(s), (h[0],)")),
    ("Seq2SeqDecoder", DECODER.format(body="s, h = self.rnn(self.embedding(ids), state[0][None]); return self.head(torch.relu(s)), (h[0],)")),
    ("Seq2SeqDecoder", DECODER.format(body="s, self.h = self.rnn(self.embedding(ids), getattr(self, 'h', state[0][None])); return self.head(s), (self.h[0],)")),
    ("Seq2SeqDecoder", DECODER.format(body="s, h = self.rnn(self.embedding(ids), state[0][None]); state[0].data.copy_(h[0].data); return self.head(s), (h[0],)")),
    ("teacher_forced_loss", "def teacher_forced_loss(m, s, t, pad_id=0): return nn.functional.cross_entropy(m.decode(t, m.encode(s, s != pad_id))[0].flatten(0, 1), t.flatten(), ignore_index=pad_id)"),
    ("teacher_forced_loss", "def teacher_forced_loss(m, s, t, pad_id=0): return nn.functional.cross_entropy(m.decode(t[:, :-1], m.encode(s, s != pad_id))[0].flatten(0, 1), t[:, 1:].flatten())"),
    ("teacher_forced_loss", "def teacher_forced_loss(m, s, t, pad_id=0): return nn.functional.cross_entropy(m.decode(t[:, :-1], m.encode(s, s != pad_id))[0].flatten(0, 1), t[:, 1:].flatten(), ignore_index=0)"),
    ("teacher_forced_loss", "def teacher_forced_loss(m, s, t, pad_id=0): return nn.functional.cross_entropy(m.decode(t[:, :-1], m.encode(s, s == pad_id))[0].flatten(0, 1), t[:, 1:].flatten(), ignore_index=pad_id)"),
    ("teacher_forced_loss", "def teacher_forced_loss(m, s, t, pad_id=0): return nn.functional.cross_entropy(m.decode(t[:, :-1], m.encode(s, s != pad_id))[0].flatten(0, 1), t[:, 1:].flatten(), ignore_index=pad_id).item()"),
    ("teacher_forced_loss", "def teacher_forced_loss(m, s, t, pad_id=0): return nn.functional.cross_entropy(m.decode(t[:, :-1], m.encode(s, s != pad_id))[0].softmax(-1).flatten(0, 1), t[:, 1:].flatten(), ignore_index=pad_id)"),
    ("teacher_forced_loss", "def teacher_forced_loss(m, s, t, pad_id=0):\n l = nn.functional.cross_entropy(m.decode(t[:, :-1], m.encode(s, s != pad_id))[0].flatten(0, 1), t[:, 1:].flatten(), ignore_index=pad_id, reduction='none')\n return l.mean()"),
    ("teacher_forced_loss", "def teacher_forced_loss(m, s, t, pad_id=0): return m.decode(t[:, :-1], m.encode(s, s != pad_id))[0].log_softmax(-1).gather(2, t[:, 1:, None])[..., 0][t[:, 1:] != pad_id].mean()"),
    ("greedy_decode", GREEDY.format(step=STEP, end=CUT)),
    ("greedy_decode", GREEDY.format(step=STEP + STOP, end="return ids[:, 1:].tolist()")),
    ("greedy_decode", GREEDY.format(step=STEP + STOP, end="return [torch.tensor(r) for r in (row[: row.index(eos_id)] if eos_id in row else row for row in ids[:, 1:].tolist())]")),
    ("greedy_decode", GREEDY.format(step=STEP + STOP, end=CUT.replace("row.index(eos_id)", "row.index(2)").replace("eos_id in", "2 in"))),
    ("greedy_decode", GREEDY.format(step=STEP + STOP, end=CUT.replace("else row", "else []"))),
    ("greedy_decode", GREEDY.format(step=STEP.replace("logits[:, -1:].argmax(-1)", "logits[:, -1:].argmax(1)[:, :1]") + STOP, end=CUT)),
    ("greedy_decode", GREEDY.format(step=STEP + "\n        if (ids == eos_id).any(1).all(): break", end=CUT)),
    ("greedy_decode", GREEDY.format(step=STEP + STOP.replace("break", "return ids[:, 1:-1].tolist()"), end=CUT)),
    ("greedy_decode", GREEDY.format(step=STEP + STOP, end="return [r for r in (row[: row.index(eos_id)] if eos_id in row else row for row in ids[:, 1:].tolist()) if r]")),
    ("greedy_decode", GREEDY.format(step=STEP.replace("logits[:, -1:].argmax(-1)", "torch.multinomial(logits[:, -1].softmax(-1), 1)") + STOP, end=CUT)),
    ("beam_search", BEAM.format(grow=GROW, rows="[h.parent for h in grown][: len(live)]", end=BEST)),
    ("beam_search", BEAM.format(grow=GROW, rows="[0] * len(live)", end=BEST)),
    ("beam_search", BEAM.format(grow=GROW, rows=ROWS, end=BEST.replace("done + live", "done or live"))),
    ("beam_search", BEAM.format(grow=GROW, rows=ROWS, end=BEST.replace("max(", "min("))),
    ("beam_search", BEAM.format(grow=GROW, rows=ROWS, end="return max(done + live, key=lambda h: h.score(alpha)).ids[1:]")),
    ("beam_search", BEAM.format(grow=GROW, rows=ROWS, end=BEST.replace("h.score(alpha)", "h.score(alpha, len(h.ids))"))),
    ("beam_search", BEAM.format(grow=GROW.replace("beam_width)", "beam_width - len(done))") + "\n        if beam_width <= len(done): break", rows=ROWS, end=BEST)),
    ("beam_search", BEAM.format(grow="live = best_continuations(live, logits[:, -1], beam_width); done += [h for h in live if h.ids[-1] == eos_id]", rows=ROWS, end=BEST)),
    ("beam_search", BEAM.format(grow=GROW, rows=ROWS, end=BEST.replace("h.score(alpha)", "h.score(0.6)"))),
    ("beam_search", BEAM.format(grow=GROW, rows=ROWS, end=BEST).replace("    state = model.encode", "    model.eval()\n    state = model.encode")),
    ("beam_search", BEAM.format(grow=GROW.replace("beam_width)", "min(beam_width, 4))"), rows=ROWS, end=BEST)),
    ("bleu", BLEU.format(body="if min(found) == 0 or total[3] == 0: return 0.0\n    return 100 * math.exp(min(0, 1 - r / c)) * math.prod(f / t for f, t in zip(found, total)) ** 0.25")),
    ("bleu", BLEU.format(body=ZEROS + SMOOTHED + "return math.exp(min(0, 1 - r / c)) * math.prod(p) ** 0.25")),
    ("bleu", BLEU.format(body=ZEROS + SMOOTHED + "return 100 * min(1, c / r) * math.prod(p) ** 0.25")),
    ("bleu", BLEU.format(body=ZEROS + SMOOTHED + "return 100 * math.exp(min(0, 1 - c / r)) * math.prod(p) ** 0.25")),
    ("bleu", BLEU.format(body=ZEROS + SMOOTHED + "return 100 * math.exp(min(0, 1 - r / c)) * math.prod(p)")),
    ("bleu", BLEU.format(body="if not found[0] or not total[3]: return 0.0\n    p = [(m + (k > 0)) / (n + (k > 0)) for k, (m, n) in enumerate(zip(found, total))]\n    return 100 * math.exp(min(0, 1 - r / c)) * math.prod(p) ** 0.25")),
    ("bleu", BLEU.format(body=ZEROS + "p = [(m or 0.5) / n for m, n in zip(found, total)]\n    return 100 * math.exp(min(0, 1 - r / c)) * math.prod(p) ** 0.25")),
    ("bleu", BLEU.format(body=ZEROS + SMOOTHED + "return round(100 * math.exp(min(0, 1 - r / c)) * math.prod(p) ** 0.25)")),
]  # fmt: skip

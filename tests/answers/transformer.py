"""Lab 11: right answers in another style, and mistakes that are not among the mutants."""

_MODEL = """
class Transformer(nn.Module):
    def __init__(self, config):
        super().__init__()
        d, self.config, self.scale = config.d_model, config, config.d_model ** 0.5
        layer = dict(d_model=d, n_heads=config.n_heads, d_ff=config.d_ff, dropout=config.dropout)
        self.head = nn.Linear(d, config.target_vocab_size, bias=False)
        self.source_embedding = nn.Embedding(config.source_vocab_size, d)
        self.target_embedding = nn.Embedding(config.target_vocab_size, d)
        self.target_embedding.weight = self.head.weight
        self.encoder_layers, self.decoder_layers = nn.ModuleList(), nn.ModuleList()
        for _ in range(config.n_layers):
            self.encoder_layers.append(EncoderLayer(**layer))
            self.decoder_layers.append(DecoderLayer(**layer))
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(d), LayerNorm(d)
        self.drop = nn.Dropout(config.dropout)
        with torch.no_grad():
            self.source_embedding.weight.normal_(0, 1 / self.scale)
            self.head.weight.normal_(0, 1 / self.scale)
    def embed(self, ids, embedding):
        x = self.scale * embedding(ids)
        return self.drop(x + sinusoidal_encoding(ids.size(1), x.size(2)).to(x.device, x.dtype))
    def encode(self, source, source_mask):
        sequence_lengths(source_mask)
        x = self.embed(source, self.source_embedding)
        for layer in self.encoder_layers:
            x = layer(x, mask=source_mask[:, None, None, :])
        return self.encoder_norm(x), source_mask, source.new_empty(len(source), 0)
    def decode(self, ids, state):
        memory, source_mask, before = state
        everything = torch.cat((before, ids), 1)
        x = self.embed(everything, self.target_embedding)
        for layer in self.decoder_layers:
            x = layer(x, memory, mask=(everything != 0)[:, None, None, :], memory_mask=source_mask[:, None, None, :])
        x = self.decoder_norm(x)
        return self.head(x)[:, before.size(1):], (memory, source_mask, everything)
    def forward(self, source, ids):
        state = self.encode(source, source != 0)
        return self.decode(ids, state)[0]
"""

_ENCODER = """
class EncoderLayer(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout=0.0):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, n_heads, dropout=dropout)
        self.feed_forward = FeedForward(d_model, d_ff, dropout=dropout)
        self.norm_1, self.norm_2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
    def forward(self, x, mask=None):
        x = x + self.attention(self.norm_1(x), mask=mask)
        return x + self.feed_forward(self.norm_2(x))
"""

_DECODER = """
class DecoderLayer(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout=0.0):
        super().__init__()
        for i in (1, 2, 3):
            setattr(self, f"norm_{i}", LayerNorm(d_model))
        self.attention = MultiHeadAttention(d_model, n_heads, dropout=dropout)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout=dropout)
        self.feed_forward = FeedForward(d_model, d_ff, dropout=dropout)
    def forward(self, x, memory, mask=None, memory_mask=None):
        h = x + self.attention(self.norm_1(x), mask=mask, causal=True)
        h = h + self.cross_attention(self.norm_2(h), memory=memory, mask=memory_mask)
        return h + self.feed_forward(self.norm_3(h))
"""

RIGHT = {
    "EncoderLayer": [_ENCODER],
    "DecoderLayer": [_DECODER],
    "Transformer": [_MODEL],
    "label_smoothed_loss": [
        """
        def label_smoothed_loss(logits, targets, smoothing=0.1, pad_id=0):
            if smoothing < 0 or smoothing >= 1:
                raise ValueError(f"{smoothing} is no smoothing; use 0 or more and less than 1")
            if (targets == pad_id).all():
                raise ValueError(f"nothing but padding (pad_id={pad_id}) in the targets")
            k = logits.shape[-1]
            q = torch.full_like(logits, smoothing / k).scatter_add(
                -1, targets[..., None], torch.full_like(logits[..., :1], 1 - smoothing))
            out = (logits == -math.inf) & (torch.arange(k) != targets[..., None])
            terms = torch.where(out, 0 * q, q * logits.log_softmax(-1).masked_fill(out, 0))
            return -terms.sum(-1)[targets != pad_id].mean()
        """,
    ],
    "noam_learning_rate": [
        """
        def noam_learning_rate(step, d_model, n_warmup=4000):
            if min(step, n_warmup) < 1:
                raise ValueError(f"{step} and {n_warmup} must both be 1 or more")
            if step < n_warmup:
                return step / (d_model * n_warmup**3) ** 0.5
            return 1 / math.sqrt(d_model * step)
        """,
    ],
    "image_to_patches": [
        """
        def image_to_patches(images, patch_size):
            b, c, h, w = images.shape
            if patch_size <= 0 or h % patch_size or w % patch_size:
                raise ValueError(f"{h} x {w} into patches of {patch_size}: no")
            patches = []
            for y in range(0, h, patch_size):
                for x in range(0, w, patch_size):
                    square = images[:, :, y : y + patch_size, x : x + patch_size]
                    patches.append(square.movedim(1, -1).reshape(b, -1))
            return torch.stack(patches, 1)
        """,
        """
        def image_to_patches(images, patch_size):
            h, w = images.shape[2:]
            if patch_size < 1 or h % patch_size or w % patch_size:
                raise ValueError(f"{h} and {w} are no multiples of {patch_size}")
            p = patch_size
            return torch.stack([
                images[:, :, y * p : y * p + p, x * p : x * p + p].permute(0, 2, 3, 1).flatten(1)
                for y in range(h // p) for x in range(w // p)], dim=1)
        """,
    ],
    "translate": [
        """
        def translate(model, texts, source_tokenizer, target_tokenizer, max_new_tokens=50, beam_width=4, device=None):
            def one(text):
                ids = source_tokenizer.encode(text)
                if not ids:
                    return target_tokenizer.decode([])
                return target_tokenizer.decode(beam_search(model, torch.tensor(ids).to(device or "cpu"), beam_width, max_new_tokens))
            return [one(text) for text in texts]
        """,
    ],
}


def _changed(name: str, text: str, old: str, new: str) -> tuple[str, str]:
    assert old in text, old
    return name, text.replace(old, new)


def _encoder(old: str, new: str) -> tuple[str, str]:
    return _changed("EncoderLayer", _ENCODER, old, new)


def _decoder(old: str, new: str) -> tuple[str, str]:
    return _changed("DecoderLayer", _DECODER, old, new)


def _model(old: str, new: str) -> tuple[str, str]:
    return _changed("Transformer", _MODEL, old, new)


def _loss(body: str) -> tuple[str, str]:
    head = "def label_smoothed_loss(logits, targets, smoothing=0.1, pad_id=0):\n"
    return "label_smoothed_loss", head + "".join(f"    {line}\n" for line in body.split("\n"))


def _patches(body: str) -> tuple[str, str]:
    return "image_to_patches", "def image_to_patches(images, patch_size):\n" + "".join(
        f"    {line}\n" for line in body.split("\n")
    )


_GUARD = """b, c, h, w = images.shape
p = patch_size
if p < 1 or h % p or w % p: raise ValueError(f"{h} {w} {p}")
"""
_LOSS_GUARD = """if not 0 <= smoothing < 1: raise ValueError(f"{smoothing}")
if (targets == pad_id).all(): raise ValueError(f"pad_id={pad_id}")
"""
_TRANSLATE = """def translate(model, texts, source_tokenizer, target_tokenizer, max_new_tokens=50, beam_width=4, device=None):
    found = []
    for text in texts:
        ids = source_tokenizer.encode(text)
        written = beam_search(model, torch.tensor(ids, device=device), beam_width, max_new_tokens) if ids else []
        found.append(target_tokenizer.decode(written))
    return found
"""


def _translate(old: str, new: str) -> tuple[str, str]:
    return _changed("translate", _TRANSLATE, old, new)


# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    _translate("if ids else []", "if text else []"),
    _translate("device=device)", "dtype=torch.int32, device=device)"),
    _translate("target_tokenizer.decode(written)", "target_tokenizer.decode(written).strip()"),
    _translate("    found = []", "    found = []\n    if hasattr(model, 'eval'): model.eval()"),
    _encoder("x = x + self.attention(self.norm_1(x), mask=mask)", "x = self.norm_1(x) + self.attention(x, mask=mask)"),
    _encoder("x + self.feed_forward(self.norm_2(x))", "x + self.feed_forward(x)"),
    _encoder(
        "        x = x + self.attention(self.norm_1(x), mask=mask)",
        "        with torch.no_grad():\n            x += self.attention(self.norm_1(x), mask=mask)",
    ),
    _encoder("x + self.feed_forward(self.norm_2(x))", "self.norm_2(x + self.feed_forward(x))"),
    _encoder("return x + self.feed_forward", "return x + x + self.feed_forward"),
    _encoder("mask=mask)\n", "mask=mask, causal=mask is None)\n"),
    _encoder("self.attention(self.norm_1(x), mask=mask)", "self.attention(self.norm_1(x), self.norm_1(x), None)"),
    _encoder("FeedForward(d_model, d_ff, dropout=dropout)", "nn.Sequential(nn.Linear(d_model, d_ff), nn.ReLU(), nn.Linear(d_ff, d_model))"),
    _encoder("MultiHeadAttention(d_model, n_heads, dropout=dropout)", "MultiHeadAttention(d_model, 1, dropout=dropout)"),
    _encoder("MultiHeadAttention(d_model, n_heads, dropout=dropout)", "MultiHeadAttention(d_model, n_heads, dropout)"),
    _encoder("self.feed_forward(self.norm_2(x))", "nn.functional.dropout(self.feed_forward(self.norm_2(x)), 0.1)"),
    ("EncoderLayer", "class EncoderLayer(nn.TransformerEncoderLayer):\n    def __init__(self, d, h, f, dropout=0.0): super().__init__(d, h, f, dropout, batch_first=True, norm_first=True)"),
    _decoder("mask=mask, causal=True)", "mask=mask, causal=self.training)"),
    _decoder("mask=memory_mask)", "mask=mask)"),
    _decoder("self.cross_attention(self.norm_2(h), memory=memory", "self.cross_attention(self.norm_2(h), memory=h + 0 * memory[..., :1, :]"),
    _decoder("self.cross_attention(self.norm_2(h)", "self.cross_attention(self.norm_2(x)"),
    _decoder("self.norm_3(h)", "self.norm_2(h)"),
    _decoder("return h + self.feed_forward", "return x + self.feed_forward"),
    _decoder("h = h + self.cross_attention(self.norm_2(h), memory=memory", "h = h + self.cross_attention(h, memory=memory"),
    _decoder("h = h + self.cross", "h = self.norm_2(h) + self.cross"),
    _decoder("self.cross_attention(self.norm_2(h), memory=memory, mask=memory_mask)", "self.attention(self.norm_2(h), memory=memory, mask=memory_mask)"),
    _decoder("mask=mask, causal=True)", "mask=mask, causal=True) if mask is None else x + self.attention(self.norm_1(x), mask=mask)"),
    _model("self.scale * embedding(ids)", "embedding(ids) * self.config.n_heads ** 0.5"),
    _model("return self.drop(x + sinusoidal_encoding(ids.size(1), x.size(2)).to(x.device, x.dtype))", "return self.drop(x) + sinusoidal_encoding(ids.size(1), x.size(2)).to(x.device, x.dtype)"),
    _model(".to(x.device, x.dtype)", ".to(x.device)"),
    _model("sinusoidal_encoding(ids.size(1), x.size(2))", "sinusoidal_encoding(ids.size(1) + 1, x.size(2))[1:]"),
    _model("sinusoidal_encoding(ids.size(1), x.size(2))", "sinusoidal_encoding(ids.size(0), x.size(2))[:, None]"),
    _model("self.encoder_norm(x), source_mask", "self.decoder_norm(x), source_mask"),
    _model("            x = layer(x, mask=source_mask[:, None, None, :])", "            x = self.encoder_layers[0](x, mask=source_mask[:, None, None, :])"),
    _model("mask=source_mask[:, None, None, :])\n        return", "mask=source_mask[:, None, :, None])\n        return"),
    _model("        sequence_lengths(source_mask)\n", "        source = source * source_mask\n"),
    _model("        x = self.decoder_norm(x)\n", ""),
    _model("self.head(x)[:, before.size(1):]", "self.head(x)[:, :ids.size(1)]"),
    _model("self.head(x)[:, before.size(1):]", "self.head(x)[:, -1:]"),
    _model("torch.cat((before, ids), 1)", "torch.cat((ids, before), 1)"),
    _model("(memory, source_mask, everything)", "(x, source_mask, everything)"),
    _model("x = layer(x, memory, mask=(everything != 0)[:, None, None, :]", "x = layer(x, memory, mask=source_mask[:, None, None, :everything.size(1)]"),
    _model("self.encode(source, source != 0)", "self.encode(source, source == 0)"),
    _model("return self.decode(ids, state)[0]", "return self.decode(ids, state)[0].softmax(-1)"),
    _model("return self.decode(ids, state)[0]", "return self.decode(ids, state)"),
    _model("self.target_embedding.weight = self.head.weight", "self.target_embedding.weight.data = self.head.weight.data"),
    _model("            self.head.weight.normal_(0, 1 / self.scale)\n", ""),
    _model("return self.head(x)", "return torch.log_softmax(self.head(x), -1)"),
    _model("range(config.n_layers)", "range(6)"),
    ("Transformer", "class Transformer(nn.Transformer):\n    def __init__(self, config): super().__init__(config.d_model, config.n_heads, config.n_layers, config.n_layers, config.d_ff)"),
    _loss("return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), label_smoothing=smoothing, ignore_index=pad_id)"),
    _loss(_LOSS_GUARD + "return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), label_smoothing=smoothing)"),
    _loss(_LOSS_GUARD + "lp = logits.log_softmax(1)\nr = targets != pad_id\nright = lp.gather(-1, targets[..., None])[..., 0]\nreturn -((1 - smoothing) * right + smoothing * lp.mean(-1))[r].mean()"),
    _loss(_LOSS_GUARD + "lp = logits.log_softmax(-1)\nr = targets != pad_id\nright = lp.gather(-1, targets[..., None])[..., 0]\nper_row = (((1 - smoothing) * right + smoothing * lp.masked_fill(lp == -math.inf, 0).mean(-1)) * r).sum(1) / r.sum(1)\nreturn -per_row.mean()"),
    _loss(_LOSS_GUARD + "lp = logits.log_softmax(-1)\nr = targets != pad_id\nright = lp.gather(-1, targets[..., None])[..., 0]\nreturn -((1 - smoothing) * right + smoothing * lp.mean(-1))[r].mean()"),
    _loss(_LOSS_GUARD + "lp = logits.log_softmax(-1)\nr = targets != pad_id\nright = lp.gather(-1, targets[..., None])[..., 0]\nreturn -((1 - smoothing) * right + smoothing / 10 * lp.masked_fill(lp == -math.inf, 0).sum(-1))[r].mean()"),
    _loss(_LOSS_GUARD + "lp = logits.log_softmax(-1)\nlp = lp.masked_fill(lp == -math.inf, 0)\nr = targets != pad_id\nright = lp.gather(-1, targets[..., None])[..., 0]\nreturn -((1 - smoothing) * right + smoothing * lp.mean(-1))[r].mean()"),
    _loss(_LOSS_GUARD + "lp = logits.log_softmax(-1).clamp(min=-100)\nr = targets != pad_id\nright = lp.gather(-1, targets[..., None])[..., 0]\nreturn -((1 - smoothing) * right + smoothing * lp.mean(-1))[r].mean()"),
    _loss(_LOSS_GUARD + "lp = logits.log_softmax(-1)\nr = targets != pad_id\nright = lp.gather(-1, targets[..., None])[..., 0]\nreturn -((1 - smoothing) * right + smoothing * lp.masked_fill(lp == -math.inf, 0).mean(-1))[r]"),
    _loss(_LOSS_GUARD + "lp = logits.log_softmax(-1)\nr = targets != pad_id\nright = lp.gather(-1, targets[..., None])[..., 0]\nreturn -((1 - smoothing) * right + smoothing * lp.masked_fill(lp == -math.inf, 0).mean(-1))[r].mean() / math.log(2)"),
    ("noam_learning_rate", "def noam_learning_rate(step, d_model, n_warmup=4000):\n    return d_model ** -0.5 * min(step ** -0.5, step * n_warmup ** -1.5)"),
    ("noam_learning_rate", "def noam_learning_rate(step, d_model, n_warmup=4000):\n    if step < 1 or n_warmup < 1: raise ValueError(f'{step} {n_warmup}')\n    return d_model ** -0.5 * min(step ** -1.5, step * n_warmup ** -0.5)"),
    ("noam_learning_rate", "def noam_learning_rate(step, d_model, n_warmup=4000):\n    if step < 1 or n_warmup < 1: raise ValueError(f'{step} {n_warmup}')\n    return 1 / d_model * min(step ** -0.5, step * n_warmup ** -1.5)"),
    ("noam_learning_rate", "def noam_learning_rate(step, d_model, n_warmup=4000):\n    if step < 1 or n_warmup < 1: raise ValueError('below 1')\n    return d_model ** -0.5 * min(step ** -0.5, step * n_warmup ** -1.5)"),
    ("noam_learning_rate", "def noam_learning_rate(step, d_model, n_warmup=4000):\n    if step < 1 or n_warmup < 1: raise ValueError(f'{step} {n_warmup}')\n    return d_model ** -0.5 * (step ** -0.5 if step < n_warmup else step * n_warmup ** -1.5)"),
    ("noam_learning_rate", "def noam_learning_rate(step, d_model, n_warmup=4000):\n    if step < 1 or n_warmup < 1: raise ValueError(f'{step} {n_warmup}')\n    return [d_model ** -0.5 * min(s ** -0.5, s * n_warmup ** -1.5) for s in range(1, step + 1)]"),
    ("noam_learning_rate", "def noam_learning_rate(step, d_model, n_warmup=4000):\n    if step < 1 or n_warmup < 1: raise ValueError(f'{step} {n_warmup}')\n    step += 1\n    return d_model ** -0.5 * min(step ** -0.5, step * n_warmup ** -1.5)"),
    _patches(_GUARD + "return images.unfold(2, p, p).unfold(3, p, p).permute(0, 2, 3, 1, 4, 5).reshape(b, -1, c * p * p)"),
    _patches(_GUARD + "return nn.functional.unfold(images, p, stride=p).transpose(1, 2)"),
    _patches(_GUARD + "return images.view(b, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1).reshape(b, -1, p * p * c).flip(1)"),
    _patches(_GUARD + "return images.permute(0, 2, 3, 1).reshape(b, h // p, w // p, p, p, c).flatten(3).flatten(1, 2)"),
    _patches(_GUARD + "return images.reshape(b, c, h // p, p, w // p, p).permute(0, 4, 2, 5, 3, 1).flatten(3).flatten(1, 2)"),
    _patches("b, c, h, w = images.shape\np = patch_size\nassert h % p == 0 and w % p == 0\nreturn images.view(b, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1).reshape(b, -1, p * p * c)"),
    _patches(_GUARD + "return (images / 255).view(b, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1).reshape(b, -1, p * p * c)"),
    _patches("b, c, h, w = images.shape\np = patch_size\nif p < 1 or (h * w) % (p * p): raise ValueError(f'{h} {w} {p}')\nreturn images.view(b, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1).reshape(b, -1, p * p * c)"),
    _translate("if ids else []", ""),
    _translate("beam_width, max_new_tokens)", "beam_width, max_new_tokens, 1.0)"),
    _translate("    return found", "    return ' '.join(found)"),
    _translate("    return found", "    return sorted(found)"),
    _translate("torch.tensor(ids, device=device)", "torch.tensor(ids[::-1], device=device)"),
    _translate("torch.tensor(ids, device=device)", "torch.tensor([ids], device=device)"),
    _translate("target_tokenizer.decode(written)", "target_tokenizer.decode([1, *written])"),
    _translate("torch.tensor(ids, device=device), beam_width", "torch.tensor(ids, device=device), max(beam_width, 2)"),
    _translate(
        "beam_search(model, torch.tensor(ids, device=device), beam_width, max_new_tokens) if ids else []",
        "greedy_decode(model, torch.tensor([ids], device=device), max_new_tokens)[0] if ids else []",
    ),
]  # fmt: skip

"""Known wrong answers of lab 11, transformer.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson clears it up;
``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import Mutant, mistake

_encoder = partial(mistake, "seq2gpt.transformer", "EncoderLayer")
_decoder = partial(mistake, "seq2gpt.transformer", "DecoderLayer")
_model = partial(mistake, "seq2gpt.transformer", "Transformer")
_loss = partial(mistake, "seq2gpt.transformer", "label_smoothed_loss")
_rate = partial(mistake, "seq2gpt.transformer", "noam_learning_rate")
_patches = partial(mistake, "seq2gpt.transformer", "image_to_patches")
_translate = partial(mistake, "seq2gpt.transformer", "translate")

_ATTEND = "x = residual(x, lambda hidden: self.attention(hidden, mask=mask), self.norm_1)"
_FEED = "return residual(x, self.feed_forward, self.norm_2)"

ENCODER = [
    _encoder(
        "no_residual",
        "attention_then_feed_forward",
        "a sub-layer's result took the place of x; it is added to what came in.",
        "encoder-layer",
        (_ATTEND, "x = self.attention(self.norm_1(x), mask=mask)"),
        (_FEED, "return self.feed_forward(self.norm_2(x))"),
        misconception="E07",
    ),
    _encoder(
        "post_norm",
        "attention_then_feed_forward",
        "the sums were normalised, as in 2017; here each sub-layer normalises what it reads, and the path stays whole.",
        "encoder-layer",
        (_ATTEND, "x = self.norm_1(x + self.attention(x, mask=mask))"),
        (_FEED, "return self.norm_2(x + self.feed_forward(x))"),
        misconception="E08",
    ),
    _encoder(
        "one_norm_for_both",
        "attention_then_feed_forward",
        "the feed-forward network read through norm_1; each sub-layer has a norm of its own.",
        "encoder-layer",
        (_FEED, "return residual(x, self.feed_forward, self.norm_1)"),
    ),
    _encoder(
        "normalised_path",
        "attention_then_feed_forward",
        "the normalised state was carried on; x itself goes on, and only the sub-layer sees the normalised one.",
        "encoder-layer",
        (_ATTEND, "x = self.norm_1(x)\n        x = x + self.attention(x, mask=mask)"),
    ),
    _encoder(
        "feed_forward_first",
        "attention_then_feed_forward",
        "the feed-forward network came first; attention gathers, then each position works on what it got.",
        "encoder-layer",
        (_ATTEND, "x = residual(x, self.feed_forward, self.norm_2)"),
        (_FEED, "return residual(x, lambda hidden: self.attention(hidden, mask=mask), self.norm_1)"),
    ),
    _encoder(
        "side_by_side",
        "attention_then_feed_forward",
        "both sub-layers read the same x; the second reads what the first has made of it.",
        "encoder-layer",
        (_ATTEND, "h = residual(x, lambda hidden: self.attention(hidden, mask=mask), self.norm_1)"),
        (_FEED, "return h + self.feed_forward(self.norm_2(x))"),
    ),
    _encoder(
        "no_feed_forward",
        "attention_then_feed_forward",
        "the feed-forward network was not used: attention alone only averages.",
        "encoder-layer",
        (_FEED, "return x"),
        misconception="E51",
    ),
    _encoder(
        "causal_encoder",
        "attention_then_feed_forward",
        "the encoder hid later positions; its source is known as a whole, so every position may look at every other.",
        "three-masks",
        ("mask=mask), self", "mask=mask, causal=True), self"),
        misconception="E23",
    ),
    _encoder(
        "keys_not_normalised",
        "attention_then_feed_forward",
        "queries came from the normalised state, and keys and values from x as it is; in self-attention all three read the same.",
        "encoder-layer",
        ("self.attention(hidden, mask=mask)", "self.attention(hidden, x, mask=mask)"),
    ),
    _encoder(
        "mask_ignored",
        "the_mask_hides_positions",
        "the mask had no effect: padding was read.",
        "three-masks",
        ("(hidden, mask=mask)", "(hidden)"),
    ),
    _encoder(
        "mask_inverted",
        "the_mask_hides_positions",
        "the mask was read the wrong way round: True means may attend.",
        "three-masks",
        ("(hidden, mask=mask)", "(hidden, mask=None if mask is None else ~mask)"),
    ),
    _encoder(
        "mask_of_one_head",
        "the_mask_hides_positions",
        "one head's mask was used for all heads.",
        "three-masks",
        ("(hidden, mask=mask)", "(hidden, mask=None if mask is None else mask[..., :1, :, :])"),
    ),
    _encoder(
        "dropout_ignored",
        "dropout_acts_on_what_is_added",
        "`dropout` was never handed on; attention and feed-forward network take it as an argument.",
        "transformer-dropout",
        (", dropout=dropout", ""),
    ),
    _encoder(
        "no_dropout_behind_attention",
        "dropout_acts_on_what_is_added",
        "`dropout` reached the feed-forward network only; what attention adds is dropped too.",
        "transformer-dropout",
        ("n_heads, dropout=dropout", "n_heads"),
    ),
    _encoder(
        "dropout_twice",
        "dropout_acts_on_what_is_added",
        "dropout acted twice on the same addition: once within the sub-layer and once more in the layer.",
        "transformer-dropout",
        (
            "self.attention(hidden, mask=mask)",
            "nn.functional.dropout(self.attention(hidden, mask=mask), 0.5, self.training)",
        ),
    ),
    _encoder(
        "dropout_on_the_path",
        "dropout_acts_on_what_is_added",
        "dropout acted on the sum, so that it destroys x too; it acts on what is added.",
        "transformer-dropout",
        (
            _FEED,
            "return nn.functional.dropout(residual(x, self.feed_forward, self.norm_2), 0.5, self.training)",
        ),
    ),
    _encoder(
        "third_norm",
        "the_encoder_layer_has_its_parts",
        "there is a third norm; a layer of two sub-layers has two, and the last norm belongs to the whole stack.",
        "encoder-layer",
        ("        self.norm_2 =", "        self.norm_3 = LayerNorm(d_model)\n        self.norm_2 ="),
    ),
    _encoder(
        "inner_width_fixed",
        "the_encoder_layer_has_its_parts",
        "d_ff was ignored, and 4 · d_model taken.",
        "encoder-layer",
        ("FeedForward(d_model, d_ff,", "FeedForward(d_model, 4 * d_model,"),
    ),
    _encoder(
        "path_detached",
        "the_path_stays_open",
        "x was cut off before the sum: gradients then reach earlier layers through the sub-layers alone; x is added as it is.",
        "encoder-layer",
        (_FEED, "return x.detach() + self.feed_forward(self.norm_2(x))"),
    ),
]

_SELF = "x = residual(x, lambda hidden: self.attention(hidden, mask=mask, causal=True), self.norm_1)"
_CROSS = "x = residual(x, lambda hidden: self.cross_attention(hidden, memory, memory_mask), self.norm_2)"
_FEED_3 = "return residual(x, self.feed_forward, self.norm_3)"

DECODER = [
    _decoder(
        "feed_forward_before_memory",
        "three_sublayers_in_order",
        "the feed-forward network came before cross-attention; the order is masked self-attention, cross-attention, feed-forward.",
        "decoder-layer",
        (_CROSS, "x = residual(x, self.feed_forward, self.norm_3)"),
        (
            _FEED_3,
            "return residual(x, lambda hidden: self.cross_attention(hidden, memory, memory_mask), self.norm_2)",
        ),
        misconception="E22",
    ),
    _decoder(
        "memory_first",
        "three_sublayers_in_order",
        "cross-attention came before self-attention; a position first gathers what is written, then asks the memory.",
        "decoder-layer",
        (
            _SELF,
            "x = residual(x, lambda hidden: self.cross_attention(hidden, memory, memory_mask), self.norm_2)",
        ),
        (
            "        " + _CROSS + "\n        return",
            "        x = residual(x, lambda hidden: self.attention(hidden, mask=mask, causal=True), self.norm_1)\n        return",
        ),
    ),
    _decoder(
        "no_cross_attention",
        "three_sublayers_in_order",
        "the memory was never read: that is a layer of GPT, and no translation.",
        "two-stacks",
        ("        " + _CROSS + "\n", ""),
        misconception="E79",
    ),
    _decoder(
        "self_attention_again",
        "three_sublayers_in_order",
        "the second attention read x once more; its keys and values come from the memory.",
        "two-stacks",
        ("self.cross_attention(hidden, memory, memory_mask)", "self.cross_attention(hidden)"),
        misconception="E79",
    ),
    _decoder(
        "memory_asks",
        "three_sublayers_in_order",
        "the memory asked and x answered; the decoder asks.",
        "two-stacks",
        (
            "self.cross_attention(hidden, memory, memory_mask)",
            "self.cross_attention(memory, hidden)[..., : x.shape[-2], :]",
        ),
    ),
    _decoder(
        "memory_normalised",
        "three_sublayers_in_order",
        "the memory was normalised once more; it is taken as it is, the encoder's last norm has done that.",
        "decoder-layer",
        ("(hidden, memory, memory_mask)", "(hidden, self.norm_2(memory), memory_mask)"),
    ),
    _decoder(
        "post_norm",
        "three_sublayers_in_order",
        "the sums were normalised, as in 2017; here each sub-layer normalises what it reads, and the path stays whole.",
        "encoder-layer",
        (_SELF, "x = self.norm_1(x + self.attention(x, mask=mask, causal=True))"),
        (_CROSS, "x = self.norm_2(x + self.cross_attention(x, memory, memory_mask))"),
        (_FEED_3, "return self.norm_3(x + self.feed_forward(x))"),
        misconception="E08",
    ),
    _decoder(
        "no_residual_at_memory",
        "three_sublayers_in_order",
        "what the memory said took the place of x; it is added to x, as everywhere.",
        "decoder-layer",
        (_CROSS, "x = self.cross_attention(self.norm_2(x), memory, memory_mask)"),
        misconception="E07",
    ),
    _decoder(
        "norms_exchanged",
        "three_sublayers_in_order",
        "norm_2 and norm_3 were exchanged: they belong to cross-attention and feed-forward network, in this order.",
        "decoder-layer",
        ("memory_mask), self.norm_2)", "memory_mask), self.norm_3)"),
        ("self.feed_forward, self.norm_3)", "self.feed_forward, self.norm_2)"),
    ),
    _decoder(
        "future_seen",
        "no_position_sees_a_later_one",
        "self-attention was not causal; the mask is part of the model, in training and at inference.",
        "three-masks",
        ("mask=mask, causal=True", "mask=mask"),
        misconception="E10",
    ),
    _decoder(
        "mask_replaces_causal",
        "no_position_sees_a_later_one",
        "a mask took the place of the causal one; both must allow a pair.",
        "three-masks",
        ("mask=mask, causal=True", "mask=mask, causal=mask is None"),
        misconception="E10",
    ),
    _decoder(
        "mask_ignored",
        "mask_restricts_further",
        "the mask of x had no effect: padding among the target ids was read.",
        "three-masks",
        ("mask=mask, causal=True", "causal=True"),
    ),
    _decoder(
        "mask_inverted",
        "mask_restricts_further",
        "the mask of x was read the wrong way round: True means may attend.",
        "three-masks",
        ("mask=mask, causal=True", "mask=None if mask is None else ~mask, causal=True"),
    ),
    _decoder(
        "memory_mask_ignored",
        "memory_mask_hides_memory",
        "memory_mask had no effect: padding of the source was read.",
        "three-masks",
        ("(hidden, memory, memory_mask)", "(hidden, memory)"),
    ),
    _decoder(
        "masks_confused",
        "memory_mask_hides_memory",
        "memory_mask went to self-attention and mask to cross-attention; each belongs to the sequence whose keys it hides.",
        "three-masks",
        ("(hidden, memory, memory_mask)", "(hidden, memory, mask)"),
        ("mask=mask, causal", "mask=memory_mask, causal"),
    ),
    _decoder(
        "dropout_ignored",
        "dropout_acts_on_three_additions",
        "`dropout` was never handed on; attention and feed-forward network take it as an argument.",
        "transformer-dropout",
        (", dropout=dropout", ""),
    ),
    _decoder(
        "no_dropout_at_memory",
        "dropout_acts_on_three_additions",
        "`dropout` did not reach cross-attention; all three additions are dropped.",
        "transformer-dropout",
        (
            "self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout=dropout)",
            "self.cross_attention = MultiHeadAttention(d_model, n_heads)",
        ),
    ),
    _decoder(
        "attention_shared",
        "the_decoder_layer_has_its_parts",
        "one attention served twice; self-attention and cross-attention have matrices of their own.",
        "decoder-layer",
        (
            "self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout=dropout)",
            "self.cross_attention = self.attention",
        ),
    ),
    _decoder(
        "two_norms",
        "the_decoder_layer_has_its_parts",
        "there are two norms for three sub-layers; each has its own.",
        "decoder-layer",
        ("        self.norm_3 = LayerNorm(d_model)\n", ""),
        ("self.feed_forward, self.norm_3", "self.feed_forward, self.norm_2"),
    ),
    _decoder(
        "memory_detached",
        "the_encoder_learns_through_memory",
        "the memory was cut off, so the encoder can never learn.",
        "two-stacks",
        ("(hidden, memory, memory_mask)", "(hidden, memory.detach(), memory_mask)"),
    ),
]

MODEL = [
    _model(
        "head_not_tied",
        "the_model_has_its_parts",
        "the head got a matrix of its own; it shares that of the target embedding.",
        "transformer-head",
        ("        self.head.weight = self.target_embedding.weight\n", ""),
    ),
    _model(
        "head_with_bias",
        "the_model_has_its_parts",
        "the head has a bias: nn.Linear has one unless it is told otherwise.",
        "transformer-head",
        ("config.target_vocab_size, bias=False)", "config.target_vocab_size)"),
    ),
    _model(
        "plain_list",
        "the_model_has_its_parts",
        "the layers stand in a plain list, where PyTorch does not find their parameters; use nn.ModuleList.",
        "two-stacks",
        (
            "nn.ModuleList(EncoderLayer(*sizes) for _ in range(config.n_layers))",
            "[EncoderLayer(*sizes) for _ in range(config.n_layers)]",
        ),
        (
            "nn.ModuleList(DecoderLayer(*sizes) for _ in range(config.n_layers))",
            "[DecoderLayer(*sizes) for _ in range(config.n_layers)]",
        ),
    ),
    _model(
        "one_layer_repeated",
        "the_model_has_its_parts",
        "one and the same layer was put into the list several times: [layer] * n repeats an object, it makes none.",
        "two-stacks",
        (
            "nn.ModuleList(EncoderLayer(*sizes) for _ in range(config.n_layers))",
            "nn.ModuleList([EncoderLayer(*sizes)] * config.n_layers)",
        ),
        (
            "nn.ModuleList(DecoderLayer(*sizes) for _ in range(config.n_layers))",
            "nn.ModuleList([DecoderLayer(*sizes)] * config.n_layers)",
        ),
    ),
    _model(
        "default_start",
        "embeddings_start_at_length_one",
        "the embeddings kept the start of nn.Embedding, standard deviation 1; times √d_model they drown the codes, and as a head they give huge logits.",
        "scale-of-embeddings",
        ("nn.init.normal_(embedding.weight, std=config.d_model**-0.5)", "pass"),
    ),
    _model(
        "target_start_overwritten",
        "embeddings_start_at_length_one",
        "the embedding took over the head's start: tie with `head.weight = target_embedding.weight`, and then draw the numbers.",
        "transformer-head",
        (
            "self.head.weight = self.target_embedding.weight",
            "self.target_embedding.weight = self.head.weight",
        ),
        (
            "for embedding in (self.source_embedding, self.target_embedding):",
            "for embedding in (self.source_embedding,):",
        ),
    ),
    _model(
        "not_scaled",
        "scaled_embeddings_and_codes",
        "the embeddings were not multiplied by √d_model, and the codes drown them.",
        "scale-of-embeddings",
        (" * math.sqrt(self.config.d_model)", ""),
    ),
    _model(
        "codes_scaled_too",
        "scaled_embeddings_and_codes",
        "the codes were multiplied by √d_model as well; only the embeddings are.",
        "scale-of-embeddings",
        (
            "scaled + sinusoidal_encoding(ids.shape[1], self.config.d_model).to(scaled)",
            "scaled + sinusoidal_encoding(ids.shape[1], self.config.d_model).to(scaled) * math.sqrt(self.config.d_model)",
        ),
    ),
    _model(
        "no_codes",
        "scaled_embeddings_and_codes",
        "no position codes were added: the encoder sees a bag of words.",
        "scale-of-embeddings",
        ("scaled + sinusoidal_encoding(ids.shape[1], self.config.d_model).to(scaled)", "scaled"),
        misconception="E06",
    ),
    _model(
        "no_dropout",
        "dropout_acts_on_the_sum",
        "nothing was dropped from the sum of embedding and code.",
        "transformer-dropout",
        ("self.dropout(scaled +", "(scaled +"),
    ),
    _model(
        "layers_without_dropout",
        "dropout_acts_on_the_sum",
        "the layers were made without config.dropout: they drop nothing in training.",
        "transformer-dropout",
        ("config.d_ff, config.dropout", "config.d_ff"),
    ),
    _model(
        "dropout_before_the_codes",
        "dropout_acts_on_the_sum",
        "dropout acted on the embeddings before the codes were added; it acts on the sum.",
        "transformer-dropout",
        ("self.dropout(scaled +", "(self.dropout(scaled) +"),
    ),
    _model(
        "no_encoder_norm",
        "the_source_is_encoded",
        "the encoder's output was not normalised: a pre-LN stack ends in a norm of its own.",
        "two-stacks",
        ("return self.encoder_norm(x), source_mask", "return x, source_mask"),
    ),
    _model(
        "one_encoder_layer",
        "the_source_is_encoded",
        "every layer read the embeddings; each reads what the layer before it made.",
        "two-stacks",
        (
            "        for layer in self.encoder_layers:\n            x = layer(x, source_mask[:, None, None])",
            "        start = x\n        for layer in self.encoder_layers:\n            x = layer(start, source_mask[:, None, None])",
        ),
    ),
    _model(
        "source_as_read",
        "the_source_is_encoded",
        "the state said that the source has been read as target ids; none have been read yet.",
        "one-word-at-a-time",
        ("source_mask, source[:, :0]", "source_mask, source"),
    ),
    _model(
        "source_mask_ignored",
        "padding_of_the_source_has_no_influence",
        "the encoder read padding: the mask did not hide it.",
        "three-masks",
        ("x = layer(x, source_mask[:, None, None])  #", "x = layer(x)  #"),
    ),
    _model(
        "anything_encoded",
        "padding_of_the_source_has_no_influence",
        "a source of padding alone was not refused: `sequence_lengths` does that.",
        "three-masks",
        ("        sequence_lengths(source_mask)\n", ""),
    ),
    _model(
        "no_decoder_norm",
        "logits_of_the_decoder",
        "the decoder's output went to the head without the stack's last norm.",
        "two-stacks",
        ("self.head(self.decoder_norm(x[:, -ids.shape[1] :]))", "self.head(x[:, -ids.shape[1] :])"),
    ),
    _model(
        "memory_not_read",
        "logits_of_the_decoder",
        "the decoder's layers got their own states as memory; every one of them reads the encoder's output.",
        "two-stacks",
        ("x = layer(x, memory, mask, source_mask[:, None, None])", "x = layer(x, x, mask)"),
        misconception="E79",
    ),
    _model(
        "memory_for_the_first_layer",
        "logits_of_the_decoder",
        "only the first decoder layer read the memory; every layer does.",
        "two-stacks",
        (
            "x = layer(x, memory, mask, source_mask[:, None, None])",
            "x = layer(x, memory, mask, source_mask[:, None, None])\n            memory, source_mask = x, torch.ones_like(read, dtype=torch.bool)",
        ),
        ("return logits, (memory, source_mask, read)", "return logits, (state[0], state[1], read)"),
        misconception="E79",
    ),
    _model(
        "probabilities",
        "logits_of_the_decoder",
        "probabilities were returned; the head's results are logits, and the softmax belongs to the loss or the search.",
        "transformer-head",
        ("return logits, (memory", "return logits.softmax(-1), (memory"),
    ),
    _model(
        "only_new_ids",
        "decoding_goes_on",
        "the decoder read the new ids alone and forgot those before: `read` comes first.",
        "one-word-at-a-time",
        ("read = torch.cat([read, ids], dim=1)", "read = ids"),
        misconception="E11",
    ),
    _model(
        "logits_of_all",
        "decoding_goes_on",
        "logits of everything read came back; only those after the new ids were asked for.",
        "one-word-at-a-time",
        ("self.decoder_norm(x[:, -ids.shape[1] :])", "self.decoder_norm(x)"),
    ),
    _model(
        "state_not_updated",
        "decoding_goes_on",
        "the state came back as it was, without the ids just read.",
        "one-word-at-a-time",
        ("return logits, (memory, source_mask, read)", "return logits, state"),
    ),
    _model(
        "memory_padding_seen",
        "padding_is_never_attended_to",
        "the decoder read padding of the source: source_mask did not reach its layers.",
        "three-masks",
        ("memory, mask, source_mask[:, None, None])", "memory, mask)"),
    ),
    _model(
        "target_padding_seen",
        "padding_is_never_attended_to",
        "padding among the target ids was attended to.",
        "three-masks",
        ("memory, mask, source_mask[:, None, None])", "memory, None, source_mask[:, None, None])"),
    ),
    _model(
        "source_padding_in_forward",
        "both_halves_in_one_call",
        "forward told the encoder that every source id is real; id 0 is padding.",
        "three-masks",
        (
            "self.encode(source, padding_mask(source))",
            "self.encode(source, torch.ones_like(source, dtype=torch.bool))",
        ),
    ),
]

_LOG = "log_p = logits[real].log_softmax(-1)  # targets vocab"
_MEAN = "return -((1 - smoothing) * right + smoothing * even).mean()"

LOSS = [
    _loss(
        "spread_over_the_others",
        "cross_entropy_against_soft_targets",
        "ε was spread over the K − 1 wrong tokens; here the right one gets its share ε / K too.",
        "label-smoothing",
        (
            _MEAN,
            "k = logits.shape[-1]\n    return -((1 - smoothing) * right + smoothing * (k * even - right) / (k - 1)).mean()",
        ),
    ),
    _loss(
        "not_divided",
        "cross_entropy_against_soft_targets",
        "every token got ε instead of ε / K: the targets then add up to more than 1.",
        "label-smoothing",
        (".mean(-1)", ".sum(-1)"),
    ),
    _loss(
        "shares_exchanged",
        "cross_entropy_against_soft_targets",
        "ε and 1 − ε were exchanged.",
        "label-smoothing",
        ("(1 - smoothing) * right + smoothing * even", "smoothing * right + (1 - smoothing) * even"),
    ),
    _loss(
        "right_not_lowered",
        "cross_entropy_against_soft_targets",
        "the right token kept its full 1 and ε came on top; it gives up ε.",
        "label-smoothing",
        ("(1 - smoothing) * right", "right"),
    ),
    _loss(
        "no_smoothing",
        "cross_entropy_against_soft_targets",
        "`smoothing` had no effect: that is the plain cross-entropy.",
        "label-smoothing",
        (_MEAN, "return -right.mean()"),
    ),
    _loss(
        "sign",
        "cross_entropy_against_soft_targets",
        "the sign is missing: ln p is negative, and a loss falls as p rises.",
        "label-smoothing",
        ("return -((", "return (("),
    ),
    _loss(
        "sum_of_targets",
        "cross_entropy_against_soft_targets",
        "the losses were added up; their mean over the real targets was asked for.",
        "label-smoothing",
        ("smoothing * even).mean()", "smoothing * even).sum()"),
    ),
    _loss(
        "default_of_zero",
        "a_tenth_unless_told",
        "without an argument nothing was smoothed; the default is 0.1.",
        "label-smoothing",
        ("smoothing: float = 0.1", "smoothing: float = 0.0"),
    ),
    _loss(
        "padding_counted",
        "padding_does_not_count",
        "padding was counted as a target.",
        "label-smoothing",
        (_LOG, "real = torch.ones_like(real)\n    " + _LOG),
    ),
    _loss(
        "mean_over_padding",
        "padding_does_not_count",
        "the sum over real targets was divided by the number of all positions, padding included.",
        "label-smoothing",
        (_MEAN, "return -((1 - smoothing) * right + smoothing * even).sum() / targets.numel()"),
    ),
    _loss(
        "pad_id_ignored",
        "padding_does_not_count",
        "`pad_id` was ignored and 0 taken.",
        "label-smoothing",
        ("padding_mask(targets, pad_id)", "padding_mask(targets, 0)"),
    ),
    _loss(
        "log_of_softmax",
        "far_apart_logits",
        "the logarithm was taken of a probability that had already become 0; use log_softmax.",
        "label-smoothing",
        (".log_softmax(-1)", ".softmax(-1).log()"),
    ),
    _loss(
        "logits_clipped",
        "far_apart_logits",
        "a small number was added to the probabilities to save the logarithm; that caps the loss. Use log_softmax.",
        "label-smoothing",
        (".log_softmax(-1)", ".softmax(-1).add(1e-9).log()"),
    ),
    _loss(
        "infinite_share",
        "a_token_that_is_ruled_out",
        "a token with logit −∞ made the loss infinite: ε / K times ln 0. Where it is not the target it adds nothing.",
        "label-smoothing",
        ("log_p.masked_fill(log_p == -math.inf, 0.0).mean(-1)", "log_p.mean(-1)"),
    ),
    _loss(
        "share_of_the_rest",
        "a_token_that_is_ruled_out",
        "ε was shared among some of the tokens, such as those not ruled out; every token's share is ε / K, with K the size of the vocabulary.",
        "label-smoothing",
        (
            "log_p.masked_fill(log_p == -math.inf, 0.0).mean(-1)",
            "log_p.masked_fill(log_p == -math.inf, 0.0).sum(-1) / (log_p > -math.inf).sum(-1)",
        ),
    ),
    _loss(
        "detached",
        "the_gradient_is_p_minus_q",
        "the even part was cut off from the logits, so smoothing changes the loss and teaches nothing.",
        "label-smoothing",
        (".mean(-1)\n", ".mean(-1).detach()\n"),
    ),
    _loss(
        "any_smoothing",
        "nonsense_is_refused",
        "a smoothing outside 0 ≤ ε < 1 was accepted.",
        "label-smoothing",
        ("if not 0 <= smoothing < 1:", "if False:"),
    ),
    _loss(
        "one_accepted",
        "nonsense_is_refused",
        "smoothing = 1 was accepted; then nothing is left for the right token.",
        "label-smoothing",
        ("0 <= smoothing < 1", "0 <= smoothing <= 1"),
    ),
    _loss(
        "nothing_real",
        "nonsense_is_refused",
        "a batch of padding alone gave nan instead of an error.",
        "label-smoothing",
        ("if not real.any():", "if False:"),
    ),
]

_RULE = "min(step**-0.5, step * n_warmup**-1.5)"

RATE = [
    _rate(
        "max_for_min",
        "a_straight_line_up",
        "the larger of the two was taken; the smaller one joins the rise and the fall.",
        "noam-warm-up",
        ("* min(", "* max("),
    ),
    _rate(
        "no_warm_up",
        "a_straight_line_up",
        "there is no warm-up: the rate is largest at the first step.",
        "noam-warm-up",
        (_RULE, "step**-0.5"),
    ),
    _rate(
        "from_zero",
        "a_straight_line_up",
        "the line starts at 0, a step late; steps count from 1.",
        "noam-warm-up",
        ("step * n_warmup**-1.5", "(step - 1) * n_warmup**-1.5"),
    ),
    _rate(
        "warm_up_power",
        "a_straight_line_up",
        "the line rises with n_warmup^(−1/2); with −3/2 both parts meet at n_warmup.",
        "noam-warm-up",
        ("n_warmup**-1.5", "n_warmup**-0.5"),
    ),
    _rate(
        "never_falls",
        "then_the_inverse_root",
        "after the warm-up the rate stays where it is; it falls with the inverse root of the step.",
        "noam-warm-up",
        (_RULE, "min(n_warmup**-0.5, step * n_warmup**-1.5)"),
    ),
    _rate(
        "inverse_step",
        "then_the_inverse_root",
        "after the warm-up the rate falls with 1 / step; it falls with 1 / √step.",
        "noam-warm-up",
        (_RULE, "min(n_warmup**0.5 / step, step * n_warmup**-1.5)"),
    ),
    _rate(
        "no_width",
        "then_the_inverse_root",
        "d_model was left out: wide models get smaller steps.",
        "noam-warm-up",
        ("d_model**-0.5 * ", ""),
    ),
    _rate(
        "root_of_width",
        "then_the_inverse_root",
        "the rate was multiplied by √d_model; it is divided by it.",
        "noam-warm-up",
        ("d_model**-0.5", "d_model**0.5"),
    ),
    _rate(
        "another_default",
        "four_thousand_steps_unless_told",
        "another number of warm-up steps was the default; it is 4000.",
        "noam-warm-up",
        ("n_warmup: int = 4000", "n_warmup: int = 400"),
    ),
    _rate(
        "always_four_thousand",
        "a_straight_line_up",
        "n_warmup was ignored and 4000 taken.",
        "noam-warm-up",
        ("n_warmup**-1.5", "4000**-1.5"),
    ),
    _rate(
        "step_zero",
        "steps_count_from_one",
        "step 0 was accepted, or fails with a division by zero; steps count from 1.",
        "noam-warm-up",
        ("if step < 1 or n_warmup < 1:", "if n_warmup < 1:"),
    ),
    _rate(
        "no_warm_up_accepted",
        "steps_count_from_one",
        "n_warmup = 0 was not refused.",
        "noam-warm-up",
        ("if step < 1 or n_warmup < 1:", "if step < 1:"),
    ),
]

_ROWS = "rows.permute(0, 2, 4, 3, 5, 1)"

PATCHES = [
    _patches(
        "one_reshape",
        "patches_follow_like_words",
        "one reshape cut the image into strips of neighbouring numbers; cut height and width first, then move the axes.",
        "image-patches",
        (
            "return rows.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)",
            "return images.reshape(len(images), -1, patch_size * patch_size * images.shape[1])",
        ),
    ),
    _patches(
        "column_by_column",
        "patches_follow_like_words",
        "patches follow each other column by column; they follow line by line, as words do.",
        "image-patches",
        (_ROWS, "rows.permute(0, 4, 2, 3, 5, 1)"),
    ),
    _patches(
        "offsets_for_places",
        "patches_follow_like_words",
        "each patch was made of pixels from all over the image: the outer and the inner axis of the cut were exchanged.",
        "image-patches",
        (
            "images.unflatten(3, (-1, patch_size)).unflatten(2, (-1, patch_size))",
            "images.unflatten(3, (patch_size, -1)).unflatten(2, (patch_size, -1)).transpose(2, 3).transpose(4, 5)",
        ),
    ),
    _patches(
        "channels_first",
        "pixels_follow_like_letters",
        "a patch holds one channel after the other, as F.unfold does; the channels of one pixel stand side by side.",
        "image-patches",
        (_ROWS, "rows.permute(0, 2, 4, 1, 3, 5)"),
    ),
    _patches(
        "pixels_transposed",
        "pixels_follow_like_letters",
        "the pixels of a patch follow column by column; they follow line by line.",
        "image-patches",
        (_ROWS, "rows.permute(0, 2, 4, 5, 3, 1)"),
    ),
    _patches(
        "grid_kept",
        "a_sequence_of_patches",
        "the patches still stand in a grid; a sequence has one axis of positions.",
        "image-patches",
        (".flatten(3).flatten(1, 2)", ".flatten(3)"),
    ),
    _patches(
        "channels_averaged",
        "a_sequence_of_patches",
        "the channels were averaged away; each pixel keeps all of them.",
        "image-patches",
        (_ROWS, "rows.mean(1, keepdim=True).permute(0, 2, 4, 3, 5, 1)"),
    ),
    _patches(
        "detached",
        "no_pixel_changes",
        "the patches were cut off from the image.",
        "image-patches",
        ("rows = images", "rows = images.detach()"),
    ),
    _patches(
        "scaled_to_one",
        "no_pixel_changes",
        "the pixels became float32; no number changes here, and the dtype is kept.",
        "image-patches",
        ("rows = images", "rows = images.float()"),
    ),
    _patches(
        "height_alone_tested",
        "patches_must_fit",
        "only the height was tested; both sides must divide evenly.",
        "image-patches",
        (" or width % patch_size != 0", ""),
    ),
    _patches(
        "rest_cut_off",
        "patches_must_fit",
        "rows and columns that are left over were cut off silently.",
        "image-patches",
        ("if patch_size < 1 or height % patch_size != 0 or width % patch_size != 0:", "if patch_size < 1:"),
        (
            "    rows = images",
            "    images = images[:, :, : height // patch_size * patch_size, : width // patch_size * patch_size]\n    rows = images",
        ),
    ),
    _patches(
        "no_size",
        "patches_must_fit",
        "a patch_size of 0 or below was not refused in words of your own.",
        "image-patches",
        ("if patch_size < 1 or height", "if height"),
    ),
]

_SEARCH = "beam_search(model, ids, beam_width, max_new_tokens)"

TRANSLATE = [
    _translate(
        "no_length_penalty",
        "length_is_weighed",
        "hypotheses were compared by plain probability, which favours short ones; alpha is 0.6.",
        "search-and-write",
        (_SEARCH, "beam_search(model, ids, beam_width, max_new_tokens, alpha=0.0)"),
    ),
    _translate(
        "source_tokenizer_writes",
        "texts_in_and_texts_out",
        "the source's tokenizer wrote the translation; the ids that come out belong to the target's.",
        "search-and-write",
        ("target_tokenizer.decode(written)", "source_tokenizer.decode(written)"),
    ),
    _translate(
        "framed_source",
        "texts_in_and_texts_out",
        "<bos> and <eos> were put around the source; the encoder reads the text's own ids.",
        "search-and-write",
        (
            "torch.tensor(source_tokenizer.encode(text),",
            "torch.tensor([1, *source_tokenizer.encode(text), 2],",
        ),
    ),
    _translate(
        "ids_returned",
        "texts_in_and_texts_out",
        "ids were returned; the target's tokenizer makes texts of them.",
        "search-and-write",
        ("translations.append(target_tokenizer.decode(written))", "translations.append(written)"),
    ),
    _translate(
        "only_the_last",
        "texts_in_and_texts_out",
        "only one translation came back; one for each text was asked for.",
        "search-and-write",
        ("    return translations", "    return translations[-1:]"),
    ),
    _translate(
        "greedy",
        "as_wide_and_as_long_as_told",
        "the search was greedy, whatever `beam_width` says.",
        "search-and-write",
        (_SEARCH, "beam_search(model, ids, 1, max_new_tokens)"),
    ),
    _translate(
        "arguments_exchanged",
        "as_wide_and_as_long_as_told",
        "width and length of the search were exchanged.",
        "search-and-write",
        (_SEARCH, "beam_search(model, ids, max_new_tokens, beam_width)"),
    ),
    _translate(
        "length_ignored",
        "as_wide_and_as_long_as_told",
        "`max_new_tokens` was ignored.",
        "search-and-write",
        (_SEARCH, "beam_search(model, ids, beam_width, 50)"),
    ),
    _translate(
        "other_defaults",
        "four_beams_and_fifty_tokens_unless_told",
        "the defaults are others; 4 beginnings and 50 tokens were asked for.",
        "search-and-write",
        ("max_new_tokens: int = 50", "max_new_tokens: int = 20"),
        ("beam_width: int = 4", "beam_width: int = 5"),
    ),
    _translate(
        "read_twice",
        "one_text_at_a_time",
        "a text was tokenized more than once.",
        "search-and-write",
        ("if len(ids) else", "if len(source_tokenizer.encode(text)) else"),
    ),
    _translate(
        "last_source_for_all",
        "one_text_at_a_time",
        "every search read the first text.",
        "search-and-write",
        ("torch.tensor(source_tokenizer.encode(text),", "torch.tensor(source_tokenizer.encode(texts[0]),"),
    ),
    _translate(
        "empty_searched",
        "nothing_becomes_nothing",
        "the model was asked to translate a text without tokens; the encoder has nothing to read then.",
        "search-and-write",
        (f"{_SEARCH} if len(ids) else []", _SEARCH),
    ),
    _translate(
        "empty_skipped",
        "nothing_becomes_nothing",
        "a text without tokens was left out; there is one translation for each text.",
        "search-and-write",
        (
            "        translations.append",
            "        if not len(ids):\n            continue\n        translations.append",
        ),
    ),
    _translate(
        "empty_string_for_no_tokens",
        "nothing_becomes_nothing",
        "a text without tokens gave ''; what stands for no tokens is the target's tokenizer's business.",
        "search-and-write",
        (
            "target_tokenizer.decode(written)",
            "target_tokenizer.decode(written) if len(ids) else ''",
        ),
    ),
    _translate(
        "device_ignored",
        "ids_lie_on_the_device",
        "`device` was ignored: on a GPU model and ids would lie in different memories.",
        "search-and-write",
        (", device=device", ""),
    ),
]

MUTANTS: list[Mutant] = [*ENCODER, *DECODER, *MODEL, *LOSS, *RATE, *PATCHES, *TRANSLATE]

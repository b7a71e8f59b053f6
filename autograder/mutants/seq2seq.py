"""Known wrong answers of lab 05, seq2seq.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson
clears it up; ``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import mistake

_pad = partial(mistake, "seq2gpt.seq2seq", "pad_batch")
_mask = partial(mistake, "seq2gpt.seq2seq", "padding_mask")
_encoder = partial(mistake, "seq2gpt.seq2seq", "Seq2SeqEncoder")
_decoder = partial(mistake, "seq2gpt.seq2seq", "Seq2SeqDecoder")
_loss = partial(mistake, "seq2gpt.seq2seq", "teacher_forced_loss")
_greedy = partial(mistake, "seq2gpt.seq2seq", "greedy_decode")
_beam = partial(mistake, "seq2gpt.seq2seq", "beam_search")
_bleu = partial(mistake, "seq2gpt.seq2seq", "bleu")

# Two ways to the same mistake share their sentence: their results cannot be told apart.
CUT_FROM_THE_ENCODER = "the state was detached: the loss trains the decoder, and the encoder learns nothing."
LAST_ID_ALONE = "logits came for the last id alone; in training every place is a prediction."
OWN_TARGET = "each token was its own target: the model has it in hand and learns to copy."
OLD_ORDER = "the state's rows were left in their old order: a beginning goes on from another one's memory; pick the rows by `parent`."
ONE_PART = (
    "one part of the state stayed behind; a state is a tuple, and the rows of *every* part have to be picked."
)
UNFINISHED_DROPPED = "sentences cut off at the limit were thrown away; they take part in the choice, and sometimes no other is left."

PAD_BATCH = [
    _pad(
        "filled_at_the_start",
        "rows_are_filled_up_at_the_end",
        "padding was put before the ids; a reader that starts at the left would read it first.",
        "padding",
        (
            "[*sequence, *[pad_id] * (longest - len(sequence))]",
            "[*[pad_id] * (longest - len(sequence)), *sequence]",
        ),
    ),
    _pad(
        "cut_to_the_shortest",
        "rows_are_filled_up_at_the_end",
        "long sequences were cut, and words are lost; the longest one says how many columns there are.",
        "padding",
        ("[*sequence, *[pad_id] * (longest - len(sequence))]", "list(sequence[:shortest])"),
    ),
    _pad(
        "lists_alone",
        "padding_is_what_was_asked_for",
        "a sequence may be a tuple, as here, and no list can be added to a tuple; `[*sequence, …]` takes both.",
        "padding",
        (
            "[*sequence, *[pad_id] * (longest - len(sequence))]",
            "sequence + [pad_id] * (longest - len(sequence))",
        ),
    ),
    _pad(
        "always_zero",
        "padding_is_what_was_asked_for",
        "the rows are always filled with 0; `pad_id` has no effect.",
        "padding",
        ("[pad_id] *", "[0] *"),
    ),
    _pad(
        "float_ids",
        "rows_are_filled_up_at_the_end",
        "the ids came back as floating-point numbers; an embedding looks rows up by whole numbers.",
        "padding",
        ("for sequence in sequences])", "for sequence in sequences]).float()"),
    ),
    _pad(
        "grows_the_input",
        "sequences_given_stay_as_they_were",
        "padding was appended to the caller's own lists, which now hold it for ever.",
        "padding",
        text="""
        def pad_batch(sequences, pad_id=0):
            longest = max((len(sequence) for sequence in sequences), default=0)
            if longest == 0 or not all(sequences):
                raise ValueError("an empty batch, or an empty sequence; give at least one id in each")
            rows = [sequence if isinstance(sequence, list) else list(sequence) for sequence in sequences]
            for row in rows:
                row += [pad_id] * (longest - len(row))
            return torch.tensor(rows)
        """,
    ),
    _pad(
        "empty_row_of_padding",
        "nothing_to_pad_is_refused",
        "an empty sequence became a row of padding alone; nothing could be read from it.",
        "padding",
        ("if shortest == 0:", "if longest == 0:"),
    ),
]

PADDING_MASK = [
    _mask(
        "inverted",
        "true_means_real",
        "True stands at the padding; in this course True means real, or may attend.",
        "padding",
        ("return ~padding", "return padding"),
    ),
    _mask(
        "always_zero",
        "pad_id_decides",
        "the ids were compared with 0; `pad_id` has no effect.",
        "padding",
        ("ids == pad_id", "ids == 0"),
    ),
    _mask(
        "larger_than_pad",
        "pad_id_decides",
        "ids above `pad_id` were taken as real; an id is a label, and larger or smaller mean nothing.",
        "padding",
        ("ids == pad_id", "ids <= pad_id"),
    ),
    _mask(
        "numbers_not_booleans",
        "boolean_of_the_same_shape",
        "the mask holds 0 and 1 as numbers; indexing with those picks rows 0 and 1.",
        "padding",
        ("return ~padding", "return (~padding).long()"),
    ),
    _mask(
        "lengths_instead",
        "boolean_of_the_same_shape",
        "the real ids of each row were counted; the mask has one entry for each id.",
        "padding",
        ("return ~padding", "return (~padding).sum(-1)"),
    ),
]

ENCODER = [
    _encoder(
        "mean_of_states",
        "context_is_the_last_state",
        "the context is the mean of the states; in the plain model it is the last state, and weighted sums come with attention.",
        "fixed-context",
        (
            "return (states[torch.arange(len(last), device=last.device), last],)",
            "real = source_mask[..., None].to(states)\n        return ((states * real).sum(1) / real.sum(1),)",
        ),
        misconception="E21",
    ),
    _encoder(
        "state_of_the_padding",
        "padding_has_no_influence",
        "the state of a place behind the last real word was taken, of the last column, say: it has read padding.",
        "padding",
        (
            "states, _ = self.rnn(self.embedding(source))  # batch m d_model\n"
            "        return (states[torch.arange(len(last), device=last.device), last],)",
            "_, context = self.rnn(self.embedding(source))\n        return (context[0],)",
        ),
    ),
    _encoder(
        "one_place_too_far",
        "context_is_the_last_state",
        "the number of words was used as the place of the last one; places are counted from 0.",
        "padding",
        (
            "sequence_lengths(source_mask) - 1",
            "sequence_lengths(source_mask).clamp(max=source.shape[1] - 1) - 2",
        ),
    ),
    _encoder(
        "first_state",
        "context_is_the_last_state",
        "the state after the first word was taken; it knows nothing of the others.",
        "fixed-context",
        ("last],)", "0 * last],)"),
    ),
    _encoder(
        "all_states",
        "context_is_the_last_state",
        "all states were handed over; the plain model keeps one state, however long the source.",
        "fixed-context",
        ("states[torch.arange(len(last), device=last.device), last],)", "states,)"),
        misconception="E49",
    ),
    _encoder(
        "batch_not_first",
        "encoder_has_its_parts",
        "without batch_first=True the GRU reads down the batch, from one sentence into the next.",
        "encoder-decoder",
        ("batch_first=True)", "batch_first=False)"),
    ),
    _encoder(
        "no_gradient",
        "gradient_reaches_every_word",
        "the context was detached, so the encoder can never learn.",
        "encoder-decoder",
        ("device=last.device), last],)", "device=last.device), last].detach(),)"),
    ),
    _encoder(
        "padding_alone_accepted",
        "odd_padding_is_refused",
        "a source of padding alone went through: its last word is looked for at place −1.",
        "padding",
        ("sequence_lengths(source_mask) - 1", "source_mask.sum(-1) - 1"),
    ),
    _encoder(
        "padding_in_front_accepted",
        "odd_padding_is_refused",
        "padding in front of the words went through: the number of words is then not the place of the last one.",
        "padding",
        (
            "last = sequence_lengths(source_mask) - 1",
            "last = source_mask.sum(-1) - 1\n"
            "        if (last < 0).any():\n"
            '            raise ValueError("a source is padding alone")',
        ),
    ),
    _encoder(
        "more_than_one_reader",
        "encoder_has_its_parts",
        "the GRU has several layers; asked for is one, and the state of one.",
        "encoder-decoder",
        ("batch_first=True)", "batch_first=True, num_layers=2)"),
    ),
]

DECODER = [
    _decoder(
        "starts_from_zero",
        "writing_starts_from_the_given_state",
        "the GRU started from 0: it writes without having seen the source.",
        "encoder-decoder",
        ("hidden[None].contiguous()", "torch.zeros_like(hidden[None])"),
    ),
    _decoder(
        "last_logits_only",
        "writing_starts_from_the_given_state",
        LAST_ID_ALONE,
        "teacher-forcing",
        ("self.head(states), (last[0],)", "self.head(states[:, -1:]), (last[0],)"),
    ),
    _decoder(
        "last_row_only",
        "writing_starts_from_the_given_state",
        LAST_ID_ALONE,
        "teacher-forcing",
        ("self.head(states), (last[0],)", "self.head(states[:, -1]), (last[0],)"),
    ),
    _decoder(
        "state_without_layers",
        "writing_starts_from_the_given_state",
        "nn.GRU wants its first state with an axis of layers in front, (1, batch, d_model): `hidden[None]`.",
        "encoder-decoder",
        ("hidden[None].contiguous()", "hidden"),
    ),
    _decoder(
        "state_still_a_tuple",
        "writing_starts_from_the_given_state",
        "the tuple itself was given to the GRU; take the one tensor out of it first: `(hidden,) = state`.",
        "encoder-decoder",
        ("hidden[None].contiguous()", "state"),
    ),
    _decoder(
        "probabilities",
        "writing_starts_from_the_given_state",
        "softmax was applied; the cross-entropy takes logits and would apply it again.",
        "teacher-forcing",
        ("self.head(states), (last[0],)", "self.head(states).softmax(-1), (last[0],)"),
    ),
    _decoder(
        "old_state_returned",
        "reading_in_pieces_is_reading_at_once",
        "the state that came in went out again; the next call forgets what was written.",
        "encoder-decoder",
        ("(last[0],)", "(hidden,)"),
        misconception="E20",
    ),
    _decoder(
        "extra_axis",
        "reading_in_pieces_is_reading_at_once",
        "the state kept the axis of the GRU's layers; it came as (batch, d_model) and should go as that.",
        "encoder-decoder",
        ("(last[0],)", "(last,)"),
    ),
    _decoder(
        "detached_state",
        "gradient_reaches_the_encoder",
        CUT_FROM_THE_ENCODER,
        "encoder-decoder",
        ("hidden[None].contiguous()", "hidden.detach()[None].contiguous()"),
    ),
    _decoder(
        "detached_on_the_way_out",
        "gradient_reaches_the_encoder",
        "the state was detached before it was returned: read in two calls, the second cannot train the first.",
        "encoder-decoder",
        ("(last[0],)", "(last[0].detach(),)"),
    ),
    _decoder(
        "batch_of_one_squeezed",
        "reading_in_pieces_is_reading_at_once",
        "`squeeze()` removes every axis of length 1, and with one sentence that of the batch too; `last[0]` removes the layers'.",
        "encoder-decoder",
        ("(last[0],)", "(last.squeeze(),)"),
    ),
    _decoder(
        "head_of_the_wrong_size",
        "decoder_has_its_parts",
        "the head maps d_model to d_model; logits need one number for every word of the vocabulary.",
        "encoder-decoder",
        ("nn.Linear(d_model, vocab_size)", "nn.Linear(d_model, d_model)"),
    ),
]

LOSS = [
    _loss(
        "not_shifted",
        "each_token_is_predicted_from_those_before",
        OWN_TARGET,
        "teacher-forcing",
        ("target[:, :-1], target[:, 1:]", "target[:, 1:], target[:, 1:]"),
    ),
    _loss(
        "not_shifted_at_all",
        "each_token_is_predicted_from_those_before",
        OWN_TARGET,
        "teacher-forcing",
        ("target[:, :-1], target[:, 1:]", "target, target"),
    ),
    _loss(
        "inputs_as_labels",
        "each_token_is_predicted_from_those_before",
        OWN_TARGET,
        "teacher-forcing",
        ("target[:, :-1], target[:, 1:]", "target[:, :-1], target[:, :-1]"),
    ),
    _loss(
        "mask_of_inputs",
        "padding_is_no_target",
        "the mask was made from the decoder's inputs; what is a target is decided by the labels, one place further.",
        "teacher-forcing",
        ("padding_mask(labels, pad_id)", "padding_mask(inputs, pad_id)"),
    ),
    _loss(
        "label_mask_of_zero",
        "padding_is_no_target",
        "the labels' mask was made with the default `pad_id`, not with the one given.",
        "padding",
        ("padding_mask(labels, pad_id)", "padding_mask(labels)"),
    ),
    _loss(
        "predicts_the_past",
        "each_token_is_predicted_from_those_before",
        "inputs and labels were swapped: the token before is predicted from those that follow.",
        "teacher-forcing",
        ("target[:, :-1], target[:, 1:]", "target[:, 1:], target[:, :-1]"),
    ),
    _loss(
        "last_word_only",
        "each_token_is_predicted_from_those_before",
        "the model read one token at a time and always from the encoder's state: it conditions on the last token alone, not on all before.",
        "conditions",
        (
            "logits, _ = model.decode(inputs, state)  # batch n−1 vocab",
            "logits = torch.cat([model.decode(inputs[:, [i]], state)[0] for i in range(inputs.shape[1])], dim=1)",
        ),
        misconception="E20",
    ),
    _loss(
        "eos_left_out",
        "each_token_is_predicted_from_those_before",
        "<eos> is no target here, so the model is never told when to stop.",
        "teacher-forcing",
        (
            "inputs, labels = target[:, :-1], target[:, 1:]",
            "inputs, labels = target[:, :-1], target[:, 1:].masked_fill(target[:, 1:] == 2, pad_id)",
        ),
    ),
    _loss(
        "padding_counts",
        "padding_is_no_target",
        "padding was a target too: most of the loss is then learning to write padding.",
        "padding",
        ("cross_entropy(logits, labels, padding_mask(labels, pad_id))", "cross_entropy(logits, labels)"),
    ),
    _loss(
        "free_running",
        "each_token_is_predicted_from_those_before",
        "the decoder read its own most probable tokens; teacher forcing gives it the right ones.",
        "teacher-forcing",
        (
            "logits, _ = model.decode(inputs, state)  # batch n−1 vocab",
            "steps, last = [], inputs[:, :1]\n"
            "    for _ in range(inputs.shape[1]):\n"
            "        logits, state = model.decode(last, state)\n"
            "        last = logits.argmax(-1)\n"
            "        steps.append(logits)\n"
            "    logits = torch.cat(steps, dim=1)",
        ),
    ),
    _loss(
        "mean_of_means",
        "every_token_counts_the_same",
        "the mean was taken sentence by sentence; a token of a short sentence then counts for more.",
        "teacher-forcing",
        (
            "return cross_entropy(logits, labels, padding_mask(labels, pad_id))",
            "rows = zip(logits, labels, padding_mask(labels, pad_id), strict=True)\n"
            "    return torch.stack([cross_entropy(*row) for row in rows]).mean()",
        ),
    ),
    _loss(
        "sum_not_mean",
        "every_token_counts_the_same",
        "the losses were added up and not divided: larger batches would make larger steps.",
        "teacher-forcing",
        (
            "return cross_entropy(logits, labels, padding_mask(labels, pad_id))",
            "real = padding_mask(labels, pad_id)\n    return cross_entropy(logits, labels, real) * real.sum()",
        ),
    ),
    _loss(
        "source_without_mask",
        "the_source_is_read_with_its_mask",
        "the encoder was told that all of the source is real, its padding too.",
        "padding",
        ("padding_mask(source, pad_id)", "torch.ones_like(source, dtype=torch.bool)"),
    ),
    _loss(
        "source_mask_of_zero",
        "the_source_is_read_with_its_mask",
        "the source's mask was made with the default `pad_id`, not with the one given.",
        "padding",
        ("padding_mask(source, pad_id)", "padding_mask(source)"),
    ),
    _loss(
        "detached",
        "gradient_is_that_of_cross_entropy",
        "the loss was cut off from the model, so nothing can learn.",
        "teacher-forcing",
        (
            "logits, labels, padding_mask(labels, pad_id))",
            "logits.detach(), labels, padding_mask(labels, pad_id))",
        ),
    ),
    _loss(
        "mode_changed",
        "each_token_is_predicted_from_those_before",
        "the loss switched dropout off with `model.eval()`: in training it should act.",
        "teacher-forcing",
        ("inputs, labels = target", "model.eval()\n    inputs, labels = target"),
    ),
    _loss(
        "masks_of_zero",
        "padding_is_no_target",
        "both masks were made with the default `pad_id`, not with the one given.",
        "padding",
        ("padding_mask(labels, pad_id)", "padding_mask(labels)"),
        ("padding_mask(source, pad_id)", "padding_mask(source)"),
    ),
]

GREEDY = [
    _greedy(
        "reads_everything_again",
        "the_state_goes_on",
        "all ids so far were read from a state that had read them already; give the newest id only.",
        "free-running",
        ("model.decode(ids[:, -1:], state)", "model.decode(ids, state)"),
    ),
    _greedy(
        "state_forgotten",
        "the_state_goes_on",
        "every step started from the encoder's state again: the model does not know what it has written.",
        "conditions",
        ("logits, state = model.decode(ids[:, -1:], state)", "logits, _ = model.decode(ids[:, -1:], state)"),
        misconception="E20",
    ),
    _greedy(
        "least_probable",
        "the_most_probable_token_each_time",
        "the least probable token was taken each time.",
        "free-running",
        ("argmax(-1)", "argmin(-1)"),
    ),
    _greedy(
        "bos_returned",
        "the_most_probable_token_each_time",
        "<bos> is part of the result; the model was given it and has not written it.",
        "free-running",
        ("for row in ids[:, 1:].tolist()]", "for row in ids.tolist()]"),
    ),
    _greedy(
        "eos_returned",
        "the_most_probable_token_each_time",
        "<eos> is part of the result; it says where the sentence ends and is no word of it.",
        "free-running",
        (
            "return [row[: row.index(eos_id)] for row in ended]",
            "return [row[: row.index(eos_id) + 1] for row in ended]",
        ),
    ),
    _greedy(
        "all_end_with_the_first",
        "every_row_ends_on_its_own",
        "the loop ended as soon as one row had ended, and cut the others off.",
        "free-running",
        (".any(1).all()", ".any()"),
    ),
    _greedy(
        "writes_past_the_end",
        "every_row_ends_on_its_own",
        "rows were not cut at their own <eos>: those that end early go on until the longest has ended.",
        "free-running",
        (
            "return [row[: row.index(eos_id)] for row in ended]",
            "return [[token for token in row if token != eos_id] for row in ended]",
        ),
    ),
    _greedy(
        "ends_in_one_column",
        "no_step_after_the_last_end",
        "the loop waits for a step in which all rows write <eos> at once; rows that have ended write something else by then.",
        "free-running",
        ("if (ids[:, 1:] == eos_id).any(1).all():", "if (ids[:, -1] == eos_id).all():"),
    ),
    _greedy(
        "never_stops",
        "no_step_after_the_last_end",
        "the loop goes on to `max_new_tokens`, whatever was written; stop when every row has ended.",
        "free-running",
        ("if (ids[:, 1:] == eos_id).any(1).all():", "if False:"),
    ),
    _greedy(
        "mode_changed",
        "the_most_probable_token_each_time",
        "the search called `model.eval()` and left it so: training would go on without dropout.",
        "free-running",
        ("state = model.encode", "model.eval()\n    state = model.encode"),
    ),
    _greedy(
        "one_too_few",
        "the_limit_counts_new_tokens",
        "one word too few where no <eos> comes: <bos> is none of the new tokens, and without <eos> nothing is cut.",
        "free-running",
        ("range(max_new_tokens)", "range(max_new_tokens - 1)"),
    ),
    _greedy(
        "source_without_mask",
        "padding_is_hidden_from_the_encoder",
        "the encoder was told that all of the source is real, its padding too.",
        "padding",
        ("padding_mask(source, pad_id)", "torch.ones_like(source, dtype=torch.bool)"),
    ),
    _greedy(
        "fixed_bos",
        "first_and_last_id_as_told",
        "writing always starts from id 1; `bos_id` has no effect.",
        "free-running",
        ("(len(source), 1), bos_id,", "(len(source), 1), BOS,"),
    ),
]

BEAM = [
    _beam(
        "greedy_instead",
        "all_beginnings_compete",
        "one beginning was kept whatever the width: that is greedy decoding.",
        "beam-search",
        ("logits[:, -1], beam_width)", "logits[:, -1], 1)"),
    ),
    _beam(
        "each_keeps_its_best",
        "all_beginnings_compete",
        "each beginning kept its own best continuation; all continuations of all beginnings compete for the places.",
        "beam-search",
        (
            "grown = best_continuations(live, logits[:, -1], beam_width)",
            "grown = best_continuations(live, logits[:, -1], beam_width)\n"
            "        if len(live) > 1:\n"
            "            grown = [best_continuations([h], row[None], 1)[0]._replace(parent=i)\n"
            "                     for i, (h, row) in enumerate(zip(live, logits[:, -1], strict=True))]",
        ),
    ),
    _beam(
        "forgets_what_went_before",
        "a_wide_beam_finds_the_best_of_all",
        "only the newest token's ln P decided; ln P of a sentence is the sum over its tokens.",
        "beam-search",
        (
            "grown = best_continuations(live, logits[:, -1], beam_width)",
            "fresh = [h._replace(log_probability=0.0) for h in live]\n"
            "        grown = best_continuations(fresh, logits[:, -1], beam_width)",
        ),
    ),
    _beam(
        "first_to_finish_wins",
        "a_wide_beam_finds_the_best_of_all",
        "the search stopped at the first sentence that ended; one that ends later may be more probable.",
        "beam-search",
        ("if not live or is_decided(done, live, alpha, max_new_tokens):", "if done or not live:"),
    ),
    _beam(
        "state_not_reordered",
        "the_state_follows_its_beginning",
        OLD_ORDER,
        "beam-search",
        (
            "state = tuple(part[[hypothesis.parent for hypothesis in live]] for part in state)",
            "state = tuple(part[torch.arange(len(live)) % len(part)] for part in state)",
        ),
    ),
    _beam(
        "state_left_alone",
        "the_state_follows_its_beginning",
        OLD_ORDER,
        "beam-search",
        ("state = tuple(part[[hypothesis.parent for hypothesis in live]] for part in state)", "pass"),
    ),
    _beam(
        "first_part_alone",
        "the_state_follows_its_beginning",
        ONE_PART,
        "beam-search",
        (
            "state = tuple(part[[hypothesis.parent for hypothesis in live]] for part in state)",
            "state = (state[0][[hypothesis.parent for hypothesis in live]],)",
        ),
    ),
    _beam(
        "second_part_in_old_order",
        "the_state_follows_its_beginning",
        ONE_PART,
        "beam-search",
        (
            "state = tuple(part[[hypothesis.parent for hypothesis in live]] for part in state)",
            "parents = [hypothesis.parent for hypothesis in live]\n"
            "        kept = [part[torch.arange(len(live)) % len(part)] for part in state[1:]]\n"
            "        state = (state[0][parents], *kept)",
        ),
    ),
    _beam(
        "no_batch_of_one",
        "a_beam_of_1_is_greedy",
        "`source` is one source of shape (m,) and `model.encode` reads batches: `source[None]` is a batch of one.",
        "encoder-decoder",
        (
            "model.encode(source[None], torch.ones_like(source[None], dtype=torch.bool))",
            "model.encode(source, torch.ones_like(source, dtype=torch.bool))",
        ),
    ),
    _beam(
        "narrower_with_every_end",
        "all_beginnings_compete",
        "the beam lost a place with every sentence that ended; `beam_width` continuations are kept at every step.",
        "beam-search",
        ("logits[:, -1], beam_width)", "logits[:, -1], beam_width - len(done))"),
    ),
    _beam(
        "starts_without_the_source",
        "a_beam_of_1_is_greedy",
        "the encoder was told that nothing of the source is real.",
        "padding",
        (
            "torch.ones_like(source[None], dtype=torch.bool)",
            "torch.zeros_like(source[None], dtype=torch.bool)",
        ),
    ),
    _beam(
        "no_length_penalty",
        "the_best_score_wins",
        "plain ln P decided at the end; `alpha` has no effect, and short sentences win.",
        "length-penalty",
        (
            "key=lambda hypothesis: hypothesis.score(alpha)",
            "key=lambda hypothesis: hypothesis.log_probability",
        ),
    ),
    _beam(
        "divided_by_length",
        "the_best_score_wins",
        "ln P was divided by the length to the power alpha; the penalty is ((5 + length) / 6) to that power.",
        "length-penalty",
        (
            "if not live or is_decided(done, live, alpha, max_new_tokens):",
            "if not live:",
        ),
        (
            "key=lambda hypothesis: hypothesis.score(alpha)",
            "key=lambda hypothesis: hypothesis.log_probability / max(len(hypothesis.ids) - 1, 1) ** alpha",
        ),
    ),
    _beam(
        "unfinished_dropped",
        "the_limit_cuts_off",
        UNFINISHED_DROPPED,
        "beam-search",
        ("max(done + live, key", "max(done or [Hypothesis([bos_id], 0.0, 0)], key"),
    ),
    _beam(
        "unfinished_missing",
        "the_limit_cuts_off",
        UNFINISHED_DROPPED,
        "beam-search",
        ("max(done + live, key", "max(done, key"),
    ),
    _beam(
        "last_of_nothing",
        "the_limit_cuts_off",
        "with `max_new_tokens=0` nothing was written, and the last id of nothing was asked for.",
        "beam-search",
        (
            "return [token for token in best.ids[1:] if token != eos_id]",
            "return best.ids[1:-1] if best.ids[1:][-1] == eos_id else best.ids[1:]",
        ),
    ),
    _beam(
        "bos_returned",
        "beams_begin_and_end_as_told",
        "<bos> is part of the result; the model was given it and has not written it.",
        "beam-search",
        ("for token in best.ids[1:] if", "for token in best.ids if"),
    ),
    _beam(
        "fixed_eos",
        "beams_begin_and_end_as_told",
        "sentences always end at id 2; `eos_id` has no effect.",
        "beam-search",
        ("ids[-1] == eos_id]", "ids[-1] == EOS]"),
        ("ids[-1] != eos_id]", "ids[-1] != EOS]"),
    ),
    _beam(
        "width_0_accepted",
        "no_beam_is_refused",
        "a beam of width 0 was searched, and found nothing without a word.",
        "beam-search",
        ("if beam_width < 1:", "if beam_width < 0:"),
        ("beam_width)\n        done", "max(beam_width, 1))\n        done"),
    ),
]

BLEU = [
    _bleu(
        "not_clipped",
        "repeated_words_are_clipped",
        "a k-gram counted each time it was written; it counts at most as often as it occurs in the reference.",
        "bleu",
        (
            "(grams & ngrams(reference, k + 1)).total()",
            "sum(n for gram, n in grams.items() if gram in ngrams(reference, k + 1))",
        ),
    ),
    _bleu(
        "recall_not_precision",
        "brevity_is_punished",
        "the matches were divided by the k-grams of the reference; BLEU's precisions are shares of what was written.",
        "bleu",
        ("total[k] += grams.total()", "total[k] += ngrams(reference, k + 1).total()"),
    ),
    _bleu(
        "no_brevity_penalty",
        "brevity_is_punished",
        "nothing was taken off for brevity: to write only the surest words would pay.",
        "bleu",
        ("min(0.0, 1 - n_reference / total[0]) + sum(logs) / 4", "sum(logs) / 4"),
    ),
    _bleu(
        "brevity_upside_down",
        "brevity_is_punished",
        "the fraction is upside down: exp(1 − c/r) takes something off long translations and nothing off short ones.",
        "bleu",
        ("1 - n_reference / total[0]", "1 - total[0] / n_reference"),
    ),
    _bleu(
        "long_sentences_rewarded",
        "brevity_is_punished",
        "the factor for brevity grew above 1 for long translations; it is at most 1.",
        "bleu",
        ("min(0.0, 1 - n_reference / total[0])", "(1 - n_reference / total[0])"),
    ),
    _bleu(
        "mean_of_sentences",
        "the_corpus_is_summed_first",
        "BLEU was computed sentence by sentence and averaged; counts are summed over the corpus first.",
        "bleu",
        text="""
        def bleu(hypotheses, references):
            if len(hypotheses) != len(references):
                raise ValueError("different numbers of hypotheses and references")
            scores = []
            for hypothesis, reference in zip(hypotheses, references):
                found = [(ngrams(hypothesis, k) & ngrams(reference, k)).total() for k in (1, 2, 3, 4)]
                total = [ngrams(hypothesis, k).total() for k in (1, 2, 3, 4)]
                if found[0] == 0 or total[3] == 0:
                    scores.append(0.0)
                    continue
                zeros = itertools.accumulate(matches == 0 for matches in found)
                logs = [math.log((m or 0.5**zero) / n) for m, n, zero in zip(found, total, zeros)]
                brevity = min(0.0, 1 - len(reference.split()) / total[0])
                scores.append(100 * math.exp(brevity + sum(logs) / 4))
            return sum(scores) / len(scores)
        """,
    ),
    _bleu(
        "arithmetic_mean",
        "agreement_of_four_kinds_of_grams",
        "the four precisions were averaged; BLEU takes the fourth root of their product.",
        "bleu",
        ("sum(logs) / 4)", "math.log(sum(math.exp(log) for log in logs) / 4))"),
    ),
    _bleu(
        "empty_words",
        "agreement_of_four_kinds_of_grams",
        '`split(" ")` makes empty words where spaces stand in a row; `split()` does not.',
        "bleu",
        ("len(reference.split())", 'len(reference.split(" "))'),
    ),
    _bleu(
        "words_only",
        "agreement_of_four_kinds_of_grams",
        "only single words were compared, so their order does not matter; BLEU goes up to four in a row.",
        "bleu",
        ("sum(logs) / 4)", "logs[0])"),
    ),
    _bleu(
        "zero_without_smoothing",
        "nothing_found_is_smoothed",
        "one precision of 0 made the whole 0; it should be replaced as the statement says.",
        "bleu",
        ("if found[0] == 0 or total[3] == 0:", "if min(found) == 0:"),
    ),
    _bleu(
        "every_zero_halved_alike",
        "nothing_found_is_smoothed",
        "every precision of 0 got half a match; the first zero gets 1/2, the second 1/4, the third 1/8.",
        "bleu",
        ("0.5**zero", "0.5"),
    ),
    _bleu(
        "numbers_may_differ",
        "each_hypothesis_has_its_reference",
        "translations without a reference were passed over in silence.",
        "bleu",
        ("if len(hypotheses) != len(references):", "if False:"),
        ("zip(hypotheses, references, strict=True)", "zip(hypotheses, references)"),
    ),
]

MUTANTS = [*PAD_BATCH, *PADDING_MASK, *ENCODER, *DECODER, *LOSS, *GREEDY, *BEAM, *BLEU]

"""Known wrong answers of lab 11, transformer.

Each names the check that must reject it, says in one sentence what went wrong, and where the lesson clears it up;
``E..`` are entries of the course's catalogue of misconceptions.
"""

from functools import partial

from autograder.mutants import Mutant, mistake
from autograder.mutants.layers import DECODER, ENCODER
from autograder.mutants.models import MODEL

_loss = partial(mistake, "seq2gpt.transformer", "label_smoothed_loss")
_rate = partial(mistake, "seq2gpt.transformer", "noam_learning_rate")
_patches = partial(mistake, "seq2gpt.transformer", "image_to_patches")
_translate = partial(mistake, "seq2gpt.transformer", "translate")
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
    _loss(
        "ruled_out_target_is_free",
        "a_token_that_is_ruled_out",
        "−∞ was replaced before the target's ln p was picked, so a target that is ruled out costs nothing; it costs ∞.",
        "label-smoothing",
        (_LOG, _LOG + "\n    log_p = log_p.masked_fill(log_p == -math.inf, 0.0)"),
    ),
    _loss(
        "not_flattened",
        "cross_entropy_against_soft_targets",
        "F.cross_entropy wants rows of logits, (targets, vocab); here it took the axis of the positions for the vocabulary.",
        "label-smoothing",
        (
            _LOG,
            "return nn.functional.cross_entropy(logits, targets, label_smoothing=smoothing, ignore_index=pad_id)\n    "
            + _LOG,
        ),
    ),
    _loss(
        "index_without_its_axis",
        "cross_entropy_against_soft_targets",
        "gather wants an index with as many axes as the table: (targets, 1), one column for each row.",
        "label-smoothing",
        ("log_p.gather(-1, targets[real][:, None])[:, 0]", "log_p.gather(-1, targets[real])"),
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
    _rate(
        "power_upside_down",
        "a_straight_line_up",
        "the line rises with n_warmup^(−2/3); −3/2 is −1.5.",
        "noam-warm-up",
        ("n_warmup**-1.5", "n_warmup ** (-2 / 3)"),
    ),
    _rate(
        "a_step_early",
        "a_straight_line_up",
        "1 was added to the step; steps count from 1 already.",
        "noam-warm-up",
        (_RULE, "min((step + 1)**-0.5, (step + 1) * n_warmup**-1.5)"),
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
    _patches(
        "axes_not_moved",
        "a_sequence_of_patches",
        "the six axes were joined in the order in which they came; down and across belong together, then the two P.",
        "image-patches",
        (_ROWS, "rows"),
    ),
    _patches(
        "patch_first",
        "a_sequence_of_patches",
        "unflatten cut each side into P pieces; (-1, P) makes pieces of P, as many as there are.",
        "image-patches",
        ("(-1, patch_size)", "(patch_size, -1)"),
    ),
    _patches(
        "second_cut_misses",
        "a_sequence_of_patches",
        "cutting the rows moved all later axes on by one, so the second cut hit the rows again: cut the last axis first.",
        "image-patches",
        (
            "images.unflatten(3, (-1, patch_size)).unflatten(2, (-1, patch_size))",
            "images.unflatten(2, (-1, patch_size)).unflatten(3, (-1, patch_size))",
        ),
    ),
    _patches(
        "images_joined",
        "a_sequence_of_patches",
        "the images of the batch were joined with the rows of squares; down and across are joined, the batch stays.",
        "image-patches",
        (".flatten(1, 2)", ".flatten(0, 1)"),
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
    _translate(
        "empty_text_for_no_tokens",
        "nothing_becomes_nothing",
        "the text was asked whether it is empty; ask its ids, since a text such as '?' can be without tokens too.",
        "search-and-write",
        ("if len(ids) else []", "if text else []"),
    ),
]
MUTANTS: list[Mutant] = [*ENCODER, *DECODER, *MODEL, *LOSS, *RATE, *PATCHES, *TRANSLATE]

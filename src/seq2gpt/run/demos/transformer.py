"""A Transformer translates: attention alone, in an encoder, in a decoder and between the two.

Data, tokens, batches and number of steps are those of `seq2gpt train seq2seq`, and the model has about as many
parameters as the RNN there. Expect nearly every number right, long ones too, and a training that takes
little longer although it looks from every word at every other.

With --data tatoeba_eng_fra the model learns from real sentences, English to French.
"""

from dataclasses import dataclass

from seq2gpt.run.demos import DemoResult
from seq2gpt.run.translation import TRANSLATION_SETS, TranslationConfig, train_and_report

SETS = TRANSLATION_SETS


@dataclass(frozen=True, kw_only=True)
class Config(TranslationConfig):
    """Data and budget of the demonstration."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train the Transformer and translate the test pairs."""
    return train_and_report("Transformer", config, progress)

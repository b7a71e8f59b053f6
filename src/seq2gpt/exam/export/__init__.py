"""Questions in the forms of other programs.

- :mod:`seq2gpt.exam.export.moodle`: Moodle XML, every kind of question with its partial credit;
- :mod:`seq2gpt.exam.export.gift`: GIFT, the text form that Moodle and others read;
- :mod:`seq2gpt.exam.export.qti`: a QTI 2.1 package;
- :mod:`seq2gpt.exam.export.qti12`: a QTI 1.2 package, for older systems;
- :mod:`seq2gpt.exam.export.anki`: a deck for Anki;
- :mod:`seq2gpt.exam.export.printed`: forms to print, with key, written as PDF by :mod:`seq2gpt.exam.export.pdf`.

The same questions give the same bytes on every machine; a deck for Anki needs the same timestamp too.
"""

"""Exam preparation: a bank of questions, rehearsals in the terminal, and exams for other programs.

- :mod:`seq2gpt.exam.bank` reads a lesson's ``questions.yml`` and draws variants of its templates;
- :mod:`seq2gpt.exam.templates` computes the right answer of a template and the usual wrong ones;
- :mod:`seq2gpt.exam.collection` finds the questions of all lessons, and keeps held-out ones apart;
- :mod:`seq2gpt.exam.lint` holds the rules that questions keep;
- :mod:`seq2gpt.exam.grading` grades an answer, :mod:`seq2gpt.exam.as_json` hands the bank to a page;
- :mod:`seq2gpt.exam.history`, :mod:`seq2gpt.exam.schedule`, :mod:`seq2gpt.exam.sessions`: what was answered, and what next;
- :mod:`seq2gpt.exam.forms` draws exams, :mod:`seq2gpt.exam.export` writes them, :mod:`seq2gpt.exam.analysis` judges them;
- ``question.schema.json``, ``objectives.yml``, ``misconceptions.yml``: what an item may say and refer to.
"""

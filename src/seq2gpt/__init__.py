"""seq2gpt: a GPT made of small parts, each the solution of a course exercise.

One legend for code, prose, figures and questions:

========================  =============================================================
``batch``                 sequences processed together
``n``                     positions of a sequence (of the queries, where it matters)
``m``                     positions of the keys and values
``d_model``               width of the hidden state that flows from layer to layer
``n_heads``, ``d_head``   attention heads and their width, d_head = d_model / n_heads
``d_k``, ``d_v``          width of one query or key, and of one value (both d_head in a GPT)
``d_ff``                  inner width of the feed-forward network
``n_layers``              blocks in a stack
``vocab_size``            symbols the model can read and write
``context_length``        positions the model can see at once
========================  =============================================================

Masks are boolean and ``True`` means *may attend*. The lessons' modules are imported by name
(``from seq2gpt.attention import causal_mask``); importing ``seq2gpt`` itself loads nothing else.
"""

__version__ = "0.1.0"

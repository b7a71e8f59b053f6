import pytest

from seq2gpt.errors import UserError


def test_a_user_error_is_a_value_error_with_its_message_alone():
    with pytest.raises(ValueError, match=r"\An_steps=0 leaves nothing to train; use 1 or more\Z"):
        raise UserError("n_steps=0 leaves nothing to train; use 1 or more")

"""Secrets of the configuration are kept out of displays and logs, wherever a program lets them out."""

from __future__ import annotations

from engine.mask import Mask


def test_secrets_are_masked_plain_and_as_json_writes_them() -> None:
    mask = Mask(["hush-hush", 'with "quotes"'])

    assert mask("said hush-hush twice: hush-hush") == "said [secret] twice: [secret]"
    assert mask(r'{"a":"with \"quotes\""}') == '{"a":"[secret]"}'


def test_of_two_secrets_one_of_which_holds_the_other_the_longer_goes_first() -> None:
    assert Mask(["abc", "abcdef"])("abcdef abc") == "[secret] [secret]"


def test_what_is_too_short_to_be_told_apart_is_left() -> None:
    assert Mask(["a", ""])("a banana") == "a banana"

import pytest

from limner.cli.failure import CommandFailed
from limner.cli.generate import read_lora


def test_a_lora_is_named_with_or_without_a_weight() -> None:
    assert (read_lora("ink").name, read_lora("ink").weight) == ("ink", 1.0)
    assert (read_lora("ink:0.8").name, read_lora("ink:0.8").weight) == ("ink", 0.8)
    assert read_lora("ink:-1").weight == -1.0


def test_a_weight_that_is_no_number_is_explained() -> None:
    with pytest.raises(CommandFailed, match=r"'ink:strong'; write NAME, or NAME:WEIGHT"):
        read_lora("ink:strong")

"""Texts for Ansible, as YAML that it takes as they are."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.errors import RunError
from mobius_tui.run.playbooks.playbook_order import (
    yaml_unsafe_mapping,
    yaml_unsafe_scalar,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_a_text_is_one_line_of_ascii_and_means_itself(text: str) -> None:
    found = yaml_unsafe_scalar(text, "v")
    assert found.isascii()
    assert found.isprintable()
    tag, _, scalar = found.partition(" ")
    assert tag == "!unsafe"
    assert ast.literal_eval(scalar) == text  # these escapes are Python's, too


def test_a_mapping_is_a_line_each() -> None:
    assert yaml_unsafe_mapping({"a": "{{ x }}", "b:": "1"}, "  ") == (
        '  "a": !unsafe "{{ x }}"\n  "b:": !unsafe "1"\n'
    )


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(RunError, match="release has bytes that are no UTF-8"):
        yaml_unsafe_mapping({"release": "\udcff"})

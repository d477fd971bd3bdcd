"""One tree of errors."""

import inspect
import re

import pytest

from memadmin.memory import errors
from memadmin.memory.errors import (
    ConfigurationError,
    InferenceUnavailable,
    MemoryScopeError,
    StoreError,
    StoreUnavailable,
)
from memadmin.memory.stores.mem0_oss import is_outage

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_of_the_core_is_a_memory_scope_error(kind: type[Exception]) -> None:
    assert issubclass(kind, MemoryScopeError)


@pytest.mark.parametrize("kind", ALL)
def test_refused_input_is_also_a_value_error(kind: type[Exception]) -> None:
    assert issubclass(kind, ValueError) == kind.__name__.startswith("Invalid")


def test_a_missing_language_model_is_a_matter_of_configuration() -> None:
    assert issubclass(InferenceUnavailable, ConfigurationError)
    assert not issubclass(StoreUnavailable, StoreError)


def test_the_tree_at_the_top_of_the_module_shows_every_error() -> None:
    drawn = set(re.findall(r"[A-Z]\w+(?:Error|Unavailable|Record|Erased)|Invalid\w+", errors.__doc__ or ""))
    assert {kind.__name__ for kind in ALL} == drawn - {"ValueError"}


class ServerClosedError(Exception):
    """A driver's error that says nothing by its name."""


def test_an_outage_is_recognised_however_deep_it_lies() -> None:
    wrapped = ServerClosedError()
    wrapped.__cause__ = RuntimeError()
    wrapped.__cause__.__context__ = ConnectionRefusedError()
    assert is_outage(wrapped)
    assert not is_outage(ServerClosedError())

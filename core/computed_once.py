"""A property that is worked out when it is first asked for, and then kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class computed_once(Generic[T]):
    """As functools.cached_property, without the lock that it takes before Python 3.12.

    Two threads that ask at once may both work it out: for values without side effects.
    """

    def __init__(self, function: Callable[[Any], T]) -> None:
        self._function = function
        self._name = function.__name__
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> computed_once[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> T | computed_once[T]:
        """Work the value out and put it in the instance's dictionary, where it is found from then on."""
        if instance is None:
            return self
        found = self._function(instance)
        instance.__dict__[self._name] = found
        return found

"""A route for what is asked most: its key and its body are read without the framework's solving of dependencies."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from segue.api.bodies import StrictRoute, check_type, read_json

_MISSING = {"type": "missing", "loc": ("body",), "msg": "Field required", "input": None}


class DirectRoute(StrictRoute):
    """As a strict route, for an endpoint that takes the request, one model and what one dependency gives.

    The OpenAPI document is made from the endpoint as ever; only what runs is shorter. The order of
    refusals is the framework's: a body that is no JSON, then the key, then the model.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        (key,), (asked,) = self.dependant.dependencies, self.dependant.body_params
        authenticated, endpoint, model = key.call, self.endpoint, asked.field_info.annotation
        assert authenticated is not None and key.name is not None
        assert isinstance(model, type) and issubclass(model, BaseModel)
        key_name, asked_name, check = key.name, asked.name, model.model_validate

        async def direct(request: Request) -> Response:
            check_type(request.headers.get("content-type"))
            body = await request.body()
            found = read_json(body) if body else None
            allowed = await authenticated(request)
            if found is None:
                raise RequestValidationError([_MISSING])
            try:
                wanted = check(found)
            except ValidationError as error:
                raise RequestValidationError(
                    [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
                ) from None
            response: Response = await endpoint(request=request, **{key_name: allowed, asked_name: wanted})
            return response

        return direct


class RequestRoute(StrictRoute):
    """A route for an endpoint that takes the request alone, and reads its key and body itself."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request: the endpoint as it is."""
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return endpoint

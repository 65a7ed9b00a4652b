"""The model chooser as the settings describe it."""

from __future__ import annotations

from segue.agents.choosers.model.breaker import Breaker
from segue.agents.choosers.model.chooser import ModelChooser
from segue.agents.choosers.model.endpoint import Endpoint
from segue.agents.choosers.model.kept_answers import KeptAnswers
from segue.agents.choosers.model.spending import Allowance, Amount, Prices, Spending, SpendingHere
from segue.core.settings import Settings


def open_model_chooser(settings: Settings, spending: Spending | None = None) -> ModelChooser:
    """Return the chooser of a process; without a key it answers `no_key` to everything.

    `spending` counts the day's use for every replica; without it this process counts its own.
    """
    endpoint: Endpoint | None = None
    if settings.openai_api_key is not None:
        # openai takes a second to import, which those without a key need not wait for
        from segue.agents.choosers.model.openai_endpoint import OpenAIEndpoint

        endpoint = OpenAIEndpoint(
            settings.openai_base_url,
            settings.openai_api_key,
            settings.model,
            settings.model_answer_tokens,
            settings.model_limit_parameter,
        )
    limit = Amount(settings.model_tokens_a_day, round(settings.model_cost_a_day * 1_000_000))
    prices = Prices(settings.model_price_in, settings.model_price_out)
    return ModelChooser(
        endpoint,
        settings.model,
        Breaker(
            settings.model_breaker_failures, settings.model_breaker_window, settings.model_breaker_seconds
        ),
        Allowance(spending or SpendingHere(), limit, prices),
        KeptAnswers(settings.model_cache_entries, settings.model_cache_seconds),
        retries=settings.model_retries,
        least_budget=settings.model_least_budget_ms / 1000,
        answer_tokens=settings.model_answer_tokens,
    )

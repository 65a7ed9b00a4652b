"""What the steps of a turn work with: the same for every turn of a replica."""

from __future__ import annotations

from dataclasses import dataclass, field

from segue.accounts.person_reader import PersonReader
from segue.agents.choosers.model.chooser import ModelChooser
from segue.agents.choosers.model.tasks import Tasks
from segue.agents.conversations.declaring import Declaring
from segue.agents.conversations.hand_overs import HandOvers
from segue.agents.conversations.refusing import Refusing
from segue.agents.knowledge.embedding import Embedder
from segue.agents.knowledge.knowledge import Knowledge
from segue.agents.live_policies import LivePolicies
from segue.agents.service import DecisionService


@dataclass(frozen=True, slots=True)
class Means:
    """The services behind a conversation, and the embedder that all of it shares."""

    decisions: DecisionService
    policies: LivePolicies
    embedder: Embedder
    knowledge: Knowledge
    chooser: ModelChooser | None = None
    """Who asks the model, where there is one."""
    declaring: Declaring | None = None
    """None keeps what is said of a company within the conversation."""
    people: PersonReader | None = None
    """None goes by what each request says of consent alone."""
    hand_overs: HandOvers | None = None
    """None alerts nobody to a conversation that is handed over, and tells nobody that this is so."""
    refusing: Refusing | None = None
    """None writes nothing down of who wants to be left alone: it holds within the conversation."""
    default_budget_ms: int = 1_500
    model_budget_ms: int = 1_500
    """What a model has for a revision, from when the rules' reply is out."""
    tasks: Tasks = field(default_factory=Tasks)

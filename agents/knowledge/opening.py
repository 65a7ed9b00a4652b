"""Knowledge as the settings describe it."""

from __future__ import annotations

from collections.abc import Sequence

from segue.agents.knowledge.chroma_collections import ChromaPlace
from segue.agents.knowledge.embedding import Embedder
from segue.agents.knowledge.index import ProofIndex
from segue.agents.knowledge.knowledge import Knowledge
from segue.agents.live_policies import LivePolicies
from segue.core.database import Database
from segue.core.settings import Settings
from segue.policies.pack import Pack


def open_knowledge(
    settings: Settings, embedder: Embedder, database: Database, policies: LivePolicies
) -> Knowledge:
    """Return what searches the proof points of the packs that serve. Nothing is loaded or called yet.

    The embedder is shared with others: who opened it closes it, after this.
    """
    place = ChromaPlace(settings.data_dir / "knowledge", settings.chroma_url, settings.chroma_token)

    def serving() -> Sequence[Pack]:
        return policies.live.packs if policies.ready else ()

    async def installation() -> str:
        async with database.connection() as connection:
            cursor = await connection.execute("SELECT installation_id FROM segue.installation")
            row = await cursor.fetchone()
        return str(row[0]) if row else "local"

    return Knowledge(
        embedder, ProofIndex(embedder, place), serving, installation if settings.chroma_url else None
    )

"""A store with a row or more in every table, and what tells two stores apart."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

TABLES = (
    "accounts", "alert_answers", "artifacts", "audience_members", "audit", "chat_calls", "chat_names", "checkpoint_blobs",
    "checkpoint_migrations", "checkpoint_writes", "checkpoints", "consents", "consequences", "contacts",
    "conversations", "decisions", "deliveries", "deployments", "erasure_key", "erasure_requests", "erasures", "events",
    "hand_overs", "idempotency", "installation", "keys", "labels", "leases", "links", "live_proof", "merges", "outcomes",
    "pages", "parked_events", "pins", "policy_revisions", "proof_points", "relabellings", "rep_loads",
    "seller_summaries", "seller_threads", "slack_requests", "stream_key", "switches", "trait_values",
    "transitions", "visitors",
)  # fmt: skip


def fill(url: str, decisions: int = 40) -> None:
    """Put rows into every table, decisions of three months among them."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT segue.add_partitions('2026-11-01', 4)")
        _accounts(connection)
        connection.execute(
            "INSERT INTO segue.policy_revisions VALUES ('sha256:a', 'p', %s, now(), 'cli')",
            (Jsonb({"pack.yaml": "pack: p\n# ü ✓ \\ \t end"}),),
        )
        for previous in (None, 1):
            connection.execute(
                "INSERT INTO segue.deployments (packs, action, previous_id, made_by) VALUES (%s, 'start', %s, 'cli')",
                (Jsonb([{"pack": "p", "revision": "sha256:a", "shadow": False}]), previous),
            )
        connection.execute("INSERT INTO segue.relabellings VALUES (1, true, 2, 1, 0, 0, 'a1', now())")
        connection.execute("INSERT INTO segue.switches VALUES ('chat', true, 'a\\nb', now(), 'cli')")
        connection.execute("INSERT INTO segue.keys VALUES ('k', 'secret', '', '\\x00ff', '{}', now())")
        connection.execute("INSERT INTO segue.audit (actor, action, target) VALUES ('cli', 'switch', 'chat')")
        connection.execute("INSERT INTO segue.idempotency VALUES ('k', 'i', '\\x00', 200, '\\x7b7d0a')")
        connection.execute("INSERT INTO segue.rep_loads VALUES ('Sam', '2026-11-23', 3)")
        _live(connection)
        for number in range(decisions):
            _decision(connection, number)


def hashes(url: str) -> dict[str, Any]:
    """The rows of each table by count and content, and each of its columns."""
    found: dict[str, Any] = {}
    with psycopg.connect(url) as connection:
        for table in TABLES:
            query = f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM segue.{table} AS t"
            found[table] = connection.execute(query).fetchone()
        query = "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM segue_jobs.procrastinate_jobs AS t"
        found["jobs"] = connection.execute(query).fetchone()
        query = (
            "SELECT md5(string_agg(c::text, '|' ORDER BY table_schema, table_name, ordinal_position)) FROM"
            " (SELECT table_schema, table_name, column_name, ordinal_position, data_type, column_default, is_nullable"
            " FROM information_schema.columns WHERE table_schema LIKE 'segue%') AS c"
        )
        found["columns"] = connection.execute(query).fetchone()
        query = "SELECT md5(string_agg(indexdef, '|' ORDER BY indexdef)) FROM pg_indexes WHERE schemaname = 'segue'"
        found["indexes"] = connection.execute(query).fetchone()
    return found


def _accounts(connection: psycopg.Connection[Any]) -> None:
    for number in range(30):
        connection.execute(
            "INSERT INTO segue.accounts (account_id, domain, name, alias_of, traits) VALUES (%s, %s, %s, %s, %s)",
            (f"a{number}", f"a{number}.example", "Ünïted \\N 'Ltd'", "a0" if number == 9 else None,
             Jsonb({"employees": {"crm": [number, None, 1]}})),
        )  # fmt: skip
    connection.execute("INSERT INTO segue.contacts (contact_id, account_id) VALUES ('c', 'a1')")
    connection.execute(
        "INSERT INTO segue.trait_values (account_id, trait, value, source, confidence, true_at)"
        " VALUES ('a1', 'employees', '12', 'crm', 0.7, now()), ('a1', 'employees', NULL, 'crm', NULL, now())"
    )
    connection.execute(
        "INSERT INTO segue.pins VALUES ('a1', '', 'owner', 'Sam', 'why', 'cli', now(), now() + interval '1 day')"
    )


def _live(connection: psycopg.Connection[Any]) -> None:
    """What events left behind, and what a change of label set off."""
    statements = """
        INSERT INTO segue.events (source, message_id, kind, at, visitor, account_id, path)
            VALUES ('k', 'm', 'page', now(), 'v', 'a1', '/pricing');
        INSERT INTO segue.parked_events (source, reason, event) VALUES ('k', 'no type', '{}');
        INSERT INTO segue.links VALUES ('visitor_account', 'v', 'a1', 'group', 0.5, now());
        INSERT INTO segue.visitors VALUES ('v', NULL, 'a1', 'group', 0.5, now(), now());
        INSERT INTO segue.labels VALUES ('a1', 'p', 's', 'matched', '{}', 'sha256:a', now(), now());
        INSERT INTO segue.transitions (account_id, pack, to_segment, to_status, because, cause, revision)
            VALUES ('a1', 'p', 's', 'matched', '[]', 'event', 'sha256:a');
        INSERT INTO segue.consequences VALUES
            (gen_random_uuid(), 1, 'a1', 'p', 'sha256:a', 's', 'tag', 'enter', now(), 'waiting');
        INSERT INTO segue.alert_answers (consequence_id, round, answer, rep, answered_by, account_id, pack, segment, play,
            revision) SELECT consequence_id, 0, 'accept', 'Sam', 'slack:U1', 'a1', 'p', 's', 'tag', 'sha256:a'
            FROM segue.consequences;
        INSERT INTO segue.slack_requests VALUES ('Ev1', now());
        INSERT INTO segue.seller_threads VALUES ('D1', 'a1', now());
        INSERT INTO segue.seller_summaries VALUES ('2026-11-23', 'all', gen_random_uuid());
        INSERT INTO segue.audience_members VALUES ('ads', 'a1');
        INSERT INTO segue.merges VALUES ('a9', 'a0', 'One company', 'cli', now(), '{"a9": {"p": ["s", "2026-11-23"]}}');
        INSERT INTO segue_jobs.procrastinate_jobs (queue_name, task_name, lock, args)
            VALUES ('segue', 'activation.carry_out', 'a1', '{"consequence_id": "x"}');
        INSERT INTO segue.consents VALUES ('visitor', 'v', 'marketing', 'k', 'denied', now());
        INSERT INTO segue.artifacts VALUES
            ('sha256:b', 'target_accounts', 'p', 'tal', now(), '{"seats": [["a1", "gold", 1, 2.5]]}', now(), 'Ana');
        INSERT INTO segue.artifacts VALUES
            ('sha256:c', 'proof_points', 'p', 'proof/', now(), '{"points": [{"id": "fast"}]}', now(), 'Ana');
        INSERT INTO segue.live_proof VALUES ('p', 'sha256:c', now(), 'Ana');
        INSERT INTO segue.proof_points VALUES
            ('p', 'fast', 1, 'approved', 'Ünïted', 'It is.', '{"topic": ["speed"]}', 'https://example.com', '2027-01-01',
             false, 'proof.csv:2', 'Ana', now(), 'Bo', now());
        INSERT INTO segue.erasures VALUES ('\\x00ff');
        INSERT INTO segue.conversations (conversation_id, key_id, browser, visitor, surface)
            VALUES ('6f1c7cf6-0000-4000-8000-000000000000', 'k', true, 'v', 'chat');
        INSERT INTO segue.chat_names VALUES ('\\x00ff', '6f1c7cf6-0000-4000-8000-000000000000');
        INSERT INTO segue.erasure_requests VALUES ('6f1c7cf6-0000-4000-8000-000000000000', 'visitor', 'v', now());
        INSERT INTO segue.hand_overs (hand_over_id, conversation_id, how, summary, pack, play, at)
            VALUES (gen_random_uuid(), '6f1c7cf6-0000-4000-8000-000000000000', 'message', 'S', 'p', 'call', now());
        INSERT INTO segue.chat_calls VALUES ('\\x00ff', '\\x00', '6f1c7cf6-0000-4000-8000-000000000000', 1);
        INSERT INTO segue.checkpoints (thread_id, checkpoint_id, checkpoint)
            VALUES ('6f1c7cf6-0000-4000-8000-000000000000', '1', '{}');
        INSERT INTO segue.checkpoint_blobs (thread_id, channel, version, type, blob)
            VALUES ('6f1c7cf6-0000-4000-8000-000000000000', 'turns', '1', 'json', '\\x5b5d');
        INSERT INTO segue.checkpoint_writes (thread_id, checkpoint_id, task_id, idx, channel, type, blob)
            VALUES ('6f1c7cf6-0000-4000-8000-000000000000', '1', 't', 0, 'turns', 'json', '\\x5b5d');
        INSERT INTO segue.leases VALUES ('a1', 'p', 's', 'sha256:a', 'call', 'meeting', 'A session', 'Sam', now(), now(),
            '01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6');
        INSERT INTO segue.pages VALUES ('\\x01', 'a1', 's', 'call', '\\x02', '{"play": {"name": "call"}}', now(), now(),
            '01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6');
        INSERT INTO segue.outcomes VALUES ('server', 'o', '01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6', 'a1', NULL, 'meeting',
            NULL, 2.5, now(), now(), 'k');
    """
    for statement in statements.split(";\n"):
        if statement.strip():
            connection.execute(statement)


def _decision(connection: psycopg.Connection[Any], number: int) -> None:
    month = 11 + number % 3
    day = f"{2026 + month // 13}-{(month - 1) % 12 + 1:02}-15"
    row = connection.execute("SELECT segue.first_id(%s::timestamptz)", (day,)).fetchone()
    assert row is not None
    decision_id = uuid.UUID(int=row[0].int + number)
    answer = (
        '{"labels": {"p": {"segment": "s", "status": "matched"}}, "considered": [{"play": "call", "permitted": true,'
        ' "reason": "permitted", "score": {"total": 2.5}}, {"play": "mail", "permitted": false, "reason": "forbidden",'
        ' "code": "c", "rule": "r", "trait": "t"}]}'
    )
    connection.execute(
        "INSERT INTO segue.decisions (decision_id, decided_at, account_id, pack, surface, segment, status, play, mode,"
        " chooser, revision, shadow, latency_ms, facts, answer)"
        " VALUES (%s, %s, 'a1', 'p', 'chat', 's', 'matched', 'call', 'rules', 'rules', 'sha256:a', %s, 0.5, '{}', %s)",
        (decision_id, day, number % 10 == 9, answer),
    )
    connection.execute("INSERT INTO segue.deliveries VALUES ('a1', NULL, 'call', %s, %s)", (day, decision_id))

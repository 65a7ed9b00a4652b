from __future__ import annotations

import json
from datetime import timedelta

import pytest

from segue.accounts.event_values import HAS_EVENTS
from segue.evals.fakes.receiver import Receiver
from segue.evals.fakes.server import EMPTY, HTML, Answer
from segue.evals.fakes.slack import FakeSlack
from segue.policies.event_traits import event_traits_of
from tests.activation.test_drift import label
from tests.activation.world import FILES, World, motion, slack_settings, webhook_settings


def test_a_consequence_is_delivered_once_and_counted(world: World, receiver: Receiver) -> None:
    world.settings = webhook_settings(receiver.url)
    made = world.set_off("send_it")
    world.work()
    world.work()
    found = world.of(made)
    assert (found["status"], found["reason"], found["attempts"]) == ("done", None, 1)
    assert found["detail"] == {"connector": "webhook", "status": 204}
    assert list(receiver.taken) == [made] and not receiver.repeated
    body = receiver.taken[made]
    assert (body["id"], body["moment"], body["segment"]) == (made, "enter", "hot")
    assert body["play"]["message"] == "Heat 90" and body["account"]["domain"] == "acme.example"
    assert body["because"][0]["clause"] == "heat >= 60"
    assert world.rows("SELECT account_id, play, decision_id::text FROM segue.deliveries") == [
        ("a1", "send_it", made)
    ]
    assert world.jobs() == []


def test_an_alert_goes_to_the_rep_with_reasons_and_proof(world: World, slack: FakeSlack) -> None:
    world.settings = slack_settings(slack.url)
    world.know("a1", "acme.example", "Acme", "rep@example.com", heat=90, region="EU")
    made = world.set_off("tell_owner")
    world.work()
    assert world.of(made)["status"] == "done", world.of(made)
    (posted,) = slack.posted
    assert posted["channel"] == "U1" and posted["client_msg_id"] == made
    assert posted["metadata"]["event_payload"] == {"consequence_id": made}
    shown = "\n".join(str(block) for block in posted["blocks"])
    for part in ("Heat 90 &lt;now&gt; &amp; Works in the EU", "heat is 90 (at least 60)", "rep@example.com",
                 "<https://example.com/eu|Proof>"):  # fmt: skip
        assert part in shown


def test_who_is_not_in_slack_is_told_in_the_channel_or_nowhere(world: World, slack: FakeSlack) -> None:
    world.know("a1", "acme.example", "Acme", "stranger@example.com", heat=90)
    world.settings = slack_settings(slack.url)
    nobody = world.set_off("tell_owner")
    world.work()
    assert (world.of(nobody)["status"], world.of(nobody)["reason"]) == ("excluded", "nobody_in_slack")
    assert world.rows("SELECT 1 FROM segue.deliveries") == []
    world.settings = slack_settings(slack.url, "C9")
    told = world.set_off("tell_owner")
    world.work()
    assert world.of(told)["status"] == "done" and slack.posted[0]["channel"] == "C9"


def test_a_route_gives_the_account_its_owner_up_to_the_cap_and_then_sets_off_the_fallback(
    world: World,
) -> None:
    world.pack = motion(
        routing="{pods: [{pod: p, reps: [{rep: rep@example.com, daily_cap: 2}]}], fallback: {play: note_it}}"
    )
    made = []
    for number in range(3):
        world.know(f"b{number}", None, "B", heat=90)
        made.append(world.set_off("route_it", f"b{number}"))
    world.work(1)
    first, _, third = (world.of(each) for each in made)
    assert first["status"] == "done"
    assert first["detail"]["rep"] == "rep@example.com" and first["detail"]["became_owner"] is True
    assert (third["status"], third["reason"]) == ("excluded", "nobody_free")
    owners = world.rows("SELECT owner FROM segue.accounts WHERE account_id LIKE 'b%%' ORDER BY 1")
    assert owners == [("rep@example.com",), ("rep@example.com",), (None,)]
    assert world.rows("SELECT rep, assignments FROM segue.rep_loads") == [("rep@example.com", 2)]
    (fallback,) = world.rows(
        "SELECT play, status, reason, detail ->> 'instead_of' FROM segue.consequences WHERE play = 'note_it'"
    )
    assert fallback == ("note_it", "excluded", "not_configured", made[2])


def test_an_owner_is_not_replaced(world: World) -> None:
    world.know("a1", "acme.example", "Acme", "theirs@example.com", heat=90)
    made = world.set_off("route_it")
    world.work()
    assert world.of(made)["detail"]["became_owner"] is False
    assert world.rows("SELECT owner FROM segue.accounts") == [("theirs@example.com",)]


def test_an_audience_is_joined_and_left(world: World) -> None:
    world.set_off("join_list")
    world.work()
    assert world.rows("SELECT audience, account_id, left_at FROM segue.audience_members") == [
        ("hot_ones", "a1", None)
    ]
    world.know("a1", "acme.example", "Acme", heat=10)
    gone = world.set_off("leave_list", transition=world.moved("a1", "hot", "rest"), moment="exit")
    world.work()
    assert world.of(gone)["status"] == "done", world.of(gone)
    assert world.rows("SELECT left_at IS NULL FROM segue.audience_members") == [(False,)]


@pytest.mark.parametrize(("heat", "play", "moment"), [(10, "send_it", "enter"), (90, "leave_list", "exit")])
def test_a_label_that_has_changed_back_cancels(world: World, heat: int, play: str, moment: str) -> None:
    made = world.set_off(play, moment=moment)
    world.know("a1", "acme.example", "Acme", heat=heat)
    world.work()
    found = world.of(made)
    assert (found["status"], found["reason"]) == ("cancelled", "label_changed")


def test_a_label_that_left_and_came_back_meanwhile_cancels_what_the_first_time_set_off(world: World) -> None:
    made = world.set_off("join_list")
    world.moved("a1", "hot", "rest")
    world.moved("a1", "rest", "hot")
    world.work()
    assert (world.of(made)["status"], world.of(made)["reason"]) == ("cancelled", "label_changed")


def test_leaving_takes_back_nothing_that_the_present_segment_did_too(world: World) -> None:
    world.pack = motion(
        segments__warm="{segment: warm, title: Warm, when: heat >= 30, on_enter: [join_list], on_exit: [leave_list],"
        " surfaces: {chat: {default: help}}}"
    )
    world.set_off("join_list")
    world.work()
    world.know("a1", "acme.example", "Acme", heat=40)
    label(world, "a1", "warm")
    moved = world.moved("a1", "hot", "warm")
    world.set_off("join_list", transition=moved, segment="warm")
    gone = world.set_off("leave_list", transition=moved, moment="exit")
    untag = world.set_off("untag_it", transition=moved, moment="exit")
    world.work()
    found = world.of(gone)
    assert (found["status"], found["reason"]) == ("excluded", "in_effect_again")
    assert found["detail"] == {"segment": "warm", "play": "join_list"}
    assert world.of(untag)["reason"] == "not_configured", "only what the present segment did is kept"
    assert world.rows("SELECT left_at IS NULL FROM segue.audience_members") == [(True,)]


def test_the_gate_is_asked_again(world: World, slack: FakeSlack) -> None:
    world.settings = slack_settings(slack.url, "C9")
    stopped, limited, switched = "b1", "b2", "b3"
    world.rows(
        "INSERT INTO segue.switches VALUES ('crm', true, 'r', now(), 'cli'), ('ads', false, 'r', now(), 'cli')"
    )
    for account in (stopped, limited, switched):
        world.know(account, None, "B", heat=90, stopped=account == stopped)
    first = world.set_off("tell_owner", limited)
    world.work()
    assert world.of(first)["status"] == "done"
    world.rows("INSERT INTO segue.switches VALUES ('join_list', true, 'r', now(), 'cli')")
    made = {
        "asked_to_stop": world.set_off("tell_owner", stopped),
        "limit_reached": world.set_off("tell_owner", limited),
        "switched_off": world.set_off("join_list", switched),
        "not_allowed": world.set_off("help", switched),
    }
    world.work()
    assert {reason: world.of(each)["reason"] for reason, each in made.items()} == {
        reason: reason for reason in made
    }
    assert {world.of(each)["status"] for each in made.values()} == {"excluded"}
    assert len(slack.posted) == 1
    of_a_surface = world.set_off("tag_it", switched)
    world.work()
    assert world.of(of_a_surface)["reason"] == "switched_off"


def test_a_connector_that_is_not_configured_is_not_tried(world: World) -> None:
    made = world.set_off("send_it")
    world.work()
    found = world.of(made)
    assert (found["status"], found["reason"], found["attempts"]) == ("excluded", "not_configured", 0)
    assert world.jobs() == [] and world.rows("SELECT 1 FROM segue.deliveries") == []


@pytest.mark.parametrize(
    "fault", [Answer(500), HTML, EMPTY, Answer(429, b"", {"Retry-After": "0"}), Answer(hang=3)]
)
def test_slack_is_tried_again_after_a_fault(world: World, slack: FakeSlack, fault: Answer) -> None:
    world.settings = slack_settings(slack.url, "C9") | {"activation_timeout": 1.0}
    world.know("a1", "acme.example", "Acme", "rep@example.com", heat=90)
    made = world.set_off("tell_owner")
    slack.next_answers = [None, fault]
    world.work()
    found = world.of(made)
    assert (found["status"], found["attempts"]) == ("waiting", 1), found
    assert found["reason"] and len(world.jobs()) == 1
    world.hurry()
    world.work()
    world.work()  # what came due entered its line
    found = world.of(made)
    assert (found["status"], found["attempts"]) == ("done", 2)
    assert [each["client_msg_id"] for each in slack.posted] == [made]
    assert world.rows("SELECT count(*) FROM segue.deliveries") == [(1,)]


def test_what_is_refused_is_parked_at_once(world: World, slack: FakeSlack, receiver: Receiver) -> None:
    world.settings = (
        slack_settings(slack.url, "C9") | {"SLACK_BOT_TOKEN": "xoxb-another"} | webhook_settings(receiver.url)
    )
    receiver.always = Answer(401)
    alert, webhook = world.set_off("tell_owner"), world.set_off("send_it")
    world.work()
    assert (world.of(alert)["status"], world.of(alert)["reason"]) == ("parked", "Slack: invalid_auth")
    assert (world.of(webhook)["status"], world.of(webhook)["reason"]) == ("parked", "127.0.0.1 answered 401")
    assert world.jobs() == [] and world.rows("SELECT 1 FROM segue.deliveries") == []


def test_after_the_last_try_it_is_parked(world: World, receiver: Receiver) -> None:
    world.settings = webhook_settings(receiver.url)
    receiver.always = Answer(503)
    made = world.set_off("send_it")
    for _ in range(8):
        world.work()
        world.hurry()
    found = world.of(made)
    assert (found["status"], found["attempts"], found["reason"]) == ("parked", 3, "127.0.0.1 answered 503")
    assert len(receiver.asked) == 3 and {each.headers["webhook-id"] for each in receiver.asked} == {made}
    assert world.jobs() == []


def test_a_webhook_is_never_sent_where_it_was_redirected_to(world: World, receiver: Receiver) -> None:
    world.settings = webhook_settings(receiver.url)
    receiver.next_answers = [Answer(302, b"", {"Location": f"{receiver.url}/secret"})]
    made = world.set_off("send_it")
    world.work()
    assert world.of(made)["status"] == "parked" and "redirects are not followed" in world.of(made)["reason"]
    assert len(receiver.asked) == 1


def test_a_private_address_is_refused_unless_it_is_named(world: World, receiver: Receiver) -> None:
    world.settings = webhook_settings(receiver.url.replace("127.0.0.1", "localhost")) | {
        "allow_private_targets": ""
    }
    made = world.set_off("send_it")
    world.work()
    found = world.of(made)
    assert found["status"] == "parked" and "not public; SEGUE_ALLOW_PRIVATE_TARGETS" in found["reason"]
    assert receiver.asked == []


def test_what_a_process_sent_before_it_died_is_sent_again_under_the_same_id(
    world: World, receiver: Receiver
) -> None:
    world.settings = webhook_settings(receiver.url)
    made = world.set_off("send_it")
    # as a process leaves it that is killed between the answer and the commit
    world.rows("UPDATE segue.consequences SET status = 'doing', attempts = 1")
    found = world.carry_out(made)
    assert (found["status"], found["attempts"]) == ("done", 2) and list(receiver.taken) == [made]
    world.rows("UPDATE segue.consequences SET status = 'doing', attempts = 3")
    assert world.carry_out(made)["status"] == "parked"  # and not for ever


def test_every_try_tells_what_the_first_one_told(world: World, receiver: Receiver, slack: FakeSlack) -> None:
    world.settings = webhook_settings(receiver.url) | slack_settings(slack.url, "C9")
    slack.may_read = False
    webhook, alert = world.set_off("send_it"), world.set_off("tell_owner")
    world.carry_out(webhook)
    world.carry_out(alert)
    # both processes die between the answer and the commit; what is known of the account moves on meanwhile
    world.rows("UPDATE segue.consequences SET status = 'doing'")
    world.know("a1", "acme.example", "Acme Incorporated", "rep@example.com", heat=70)
    assert world.carry_out(webhook)["status"] == world.carry_out(alert)["status"] == "done"
    assert [each.headers["webhook-id"] for each in receiver.asked] == [webhook, webhook]
    assert receiver.asked[0].body == receiver.asked[1].body and b'"Heat 90"' in receiver.asked[0].body
    first, again = slack.posted
    assert first == again


@pytest.mark.parametrize("owner", ["rep@example.com", "stranger@example.com"])
def test_an_alert_that_was_heard_is_not_posted_again(world: World, slack: FakeSlack, owner: str) -> None:
    world.settings = slack_settings(slack.url, "C9")
    world.know("a1", "acme.example", "Acme", owner, heat=90)
    made = world.set_off("tell_owner")
    before = world.carry_out(made)
    world.rows("UPDATE segue.consequences SET status = 'doing'")
    found = world.carry_out(made)
    assert (found["status"], found["attempts"], len(slack.posted)) == ("done", 2, 1)
    assert found["detail"] == before["detail"] and found["detail"]["channel"] in ("D1", "C9")


def test_where_slack_cannot_say_whether_it_was_heard_it_is_asked_later(
    world: World, slack: FakeSlack
) -> None:
    world.settings = slack_settings(slack.url, "C9")
    made = world.set_off("tell_owner")
    busy = Answer(200, {"ok": False, "error": "ratelimited"})
    slack.next_answers = [None, Answer(500), None, None, busy]
    for _ in range(2):
        world.rows("UPDATE segue.consequences SET status = 'waiting'")
        assert world.carry_out(made)["status"] == "waiting"
    asked = [each.path.rpartition("/")[2] for each in slack.asked]
    assert asked[1::3] == ["chat.postMessage", "conversations.history"] and slack.posted == []


def test_what_was_refused_or_is_under_another_policy_is_worded_anew(world: World, receiver: Receiver) -> None:
    world.settings = webhook_settings(receiver.url)
    made = world.set_off("send_it")
    receiver.next_answers = [Answer(400), Answer(503)]
    assert world.carry_out(made)["status"] == "parked"
    for heat in (80, 70):
        world.know("a1", "acme.example", "Acme", heat=heat)
        world.rows("UPDATE segue.consequences SET status = 'waiting'")
        world.carry_out(made)
    changed = FILES["plays/send_it.yaml"].replace("'Heat {heat}'", "'At {heat}'")
    world.pack = motion(plays__send_it=changed)
    world.rows("UPDATE segue.consequences SET status = 'doing', attempts = 1")
    world.carry_out(made)
    assert [each.json["play"]["message"] for each in receiver.asked] == [
        "Heat 90",
        "Heat 80",
        "Heat 80",
        "At 70",
    ]


def test_of_one_account_and_system_the_order_holds_through_tries(
    world: World, receiver: Receiver, slack: FakeSlack
) -> None:
    world.settings = webhook_settings(receiver.url) | slack_settings(slack.url, "C9")
    receiver.next_answers = [Answer(503)]
    first = world.set_off("send_it")
    second = world.set_off("send_it", transition=None)
    alert = world.set_off("tell_owner")
    world.work()
    assert world.of(first)["status"] == "waiting" and world.of(alert)["status"] == "done"
    assert (world.of(second)["status"], world.of(second)["reason"]) == ("waiting", "after_another")
    for _ in range(4):
        world.hurry()
        world.work()
    assert list(receiver.taken) == [first, second]


def test_jobs_of_an_account_run_one_at_a_time_in_order(world: World, receiver: Receiver) -> None:
    world.settings = webhook_settings(receiver.url)
    receiver.always = Answer(204, hang=0.05)
    made = [world.set_off("send_it") for _ in range(5)]
    world.work(4)
    assert [each.headers["webhook-id"] for each in receiver.asked] == made


def test_what_is_due_tomorrow_waits_and_holds_nothing_up(world: World, receiver: Receiver) -> None:
    world.settings = webhook_settings(receiver.url)
    later = world.set_off("send_it", due=timedelta(days=1))
    now = world.set_off("send_it")
    world.work()
    assert (world.of(later)["status"], world.of(now)["status"]) == ("waiting", "done")
    world.rows("UPDATE segue.consequences SET due_at = now() WHERE status = 'waiting'")
    world.hurry()
    world.work()
    world.work()
    assert world.of(later)["status"] == "done"


def test_what_an_account_did_is_counted_as_of_now_and_not_as_of_its_last_event(
    world: World, receiver: Receiver
) -> None:
    traits = (
        FILES["traits.yaml"] + "visits: {type: integer, layer: behavioral, count: {event: page, over: 7d}}\n"
    )
    play = FILES["plays/send_it.yaml"].replace("Heat {heat}", "Visits {visits}")
    world.pack, world.settings = motion(traits=traits, plays__send_it=play), webhook_settings(receiver.url)
    (trait,) = event_traits_of(world.pack).values()
    world.rows(
        "INSERT INTO segue.events (source, message_id, kind, at, account_id)"
        " SELECT 's', n::text, 'page', now() - make_interval(days => n), 'a1' FROM unnest(ARRAY[1, 8]) AS n"
    )
    # as it was two days ago: both were in the window
    world.rows(
        "UPDATE segue.accounts SET event_traits = %s, event_traits_at = now() - interval '2 days',"
        " event_traits_until = now() - interval '1 day'",
        json.dumps({HAS_EVENTS: 1, trait.key: 2}),
    )
    made = world.set_off("send_it")
    world.carry_out(made)
    assert receiver.taken[made]["play"]["message"] == "Visits 1"

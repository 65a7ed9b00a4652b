from __future__ import annotations

from segue.core.schema import migrate, newest
from segue.evals.fakes.receiver import Receiver
from tests.activation.world import World, webhook_settings


def test_who_goes_back_and_comes_again_has_what_was_open_carried_out(
    world: World, receiver: Receiver
) -> None:
    world.settings = webhook_settings(receiver.url)
    done, waiting = world.set_off("join_list"), world.set_off("send_it")
    world.rows("UPDATE segue.consequences SET status = 'done' WHERE consequence_id = %s", done)
    assert migrate(world.url, "0002") == (newest(), "0002")
    assert world.rows("SELECT to_regnamespace('segue_jobs') IS NULL") == [(True,)]
    migrate(world.url)
    world.work()
    assert world.of(waiting)["status"] == "done" and list(receiver.taken) == [waiting]
    assert world.rows("SELECT 1 FROM segue.audience_members") == []

"""What holds on one Redis holds on a cluster: the life of a raid, through servers that are processes."""

from tests.end_to_end.test_raid_life import (
    server,
    test_a_backend_contributes_for_a_member_and_for_nobody_else,
    test_a_raid_can_be_called_off_before_and_while_it_runs,
    test_a_session_that_ends_ends_its_streams_on_every_server_at_once,
    test_caps_hold_under_concurrency_and_the_batch_tells_each_item_its_own,
    test_lead_leaving_and_removal_are_told_to_all_and_held_by_the_ledger,
    test_strangers_find_nothing_of_a_raid_and_everything_of_a_public_one,
)

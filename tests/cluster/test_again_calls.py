"""What holds on one Redis holds on a cluster: people, their pages, boards, achievements, and the end of it all."""

from tests.server.test_achievements import (
    test_a_completed_raid_unlocks_for_its_members,
    test_two_servers_that_unlock_at_once_reward_once,
)
from tests.server.test_forget import (
    test_a_log_that_somebody_is_taken_out_of_goes_on_where_it_was,
    test_many_who_go_at_once_do_not_hinder_one_another,
    test_the_lead_goes_on_and_an_empty_raid_is_cancelled,
    test_the_token_is_dead_everywhere_and_streams_end,
)
from tests.server.test_leaderboards import (
    test_a_board_over_http,
    test_pages_and_the_page_around_me,
    test_who_got_there_first_stands_first_and_the_end_of_a_raid_is_that_of_its_board,
)
from tests.server.test_me import (
    test_a_name_and_a_zone_change_on_every_server_at_once,
    test_all_agree_on_new_names,
    test_of_two_changes_at_once_one_stays_everywhere,
    test_raids_that_go_on_tell_of_the_new_name_and_those_that_ended_keep_the_old,
)
from tests.server.test_ready_made import (
    services,
    test_a_change_drops_the_page,
    test_a_change_of_definitions_drops_everybodys_page,
    test_a_page_is_remembered_until_it_is_dropped_anywhere,
    test_the_overview_has_an_etag_and_a_304,
)
from tests.server.test_sessions import test_an_ended_session_is_over_on_every_server_at_once

"""What holds on one Redis holds on a cluster: several raids and one's own events on one connection, and tickets."""

from tests.server.test_own_stream import (
    test_a_first_visit_gets_what_me_answers_and_then_events,
    test_a_socket_follows_its_own_events_beside_raids,
    test_what_is_told_twice_and_by_two_at_once_comes_once,
)
from tests.server.test_stream_of_many import (
    test_a_raid_that_is_made_private_midway_is_told_and_the_others_go_on,
    test_events_carry_no_id_and_a_cursor_of_all_follows_each_write,
    test_every_log_begins_with_its_own_hello_and_snapshot,
    test_it_ends_with_its_session,
)
from tests.server.test_streams import (
    test_is_online_is_who_watches,
    test_what_a_post_answers_is_what_the_stream_tells,
    test_who_leaves_is_told_and_then_sees_no_more,
    test_who_resumes_gets_what_was_missed,
)
from tests.server.test_tickets import (
    test_it_opens_each_kind_of_stream_once,
    test_of_many_who_use_it_at_once_one_gets_in,
)

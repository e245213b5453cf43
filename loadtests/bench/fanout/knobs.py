"""Everything that can be turned, with its unit."""

SUBSCRIBERS = (200, 1_000, 5_000)
REPEATS = 3
"""Of everything, peer after peer, so that all of them see the same noise. Figures are medians."""

BURST = "burst"
RATES = ("10", "100", BURST)
"""Events per second; a burst is written to the publisher's connection at once."""

EVENTS = {"10": 50, "100": 500, BURST: 1_000}
"""In one measurement, each to every subscriber."""

WARM_UP_RATE, WARM_UP_EVENTS = 20.0, 20
"""Not counted, but for ours they have to arrive too."""

SETTLE_SECONDS = 1.0
"""Between connecting, warming up and measuring: what is left over from before runs out."""

PATIENCE_SECONDS = 150.0
"""For one measurement. What has not come by then is lost."""

FIRST_CONNECTIONS = 100
"""Memory per connection is that of all after these, so that what the first one needs is not counted."""

TUTORIAL_SUBSCRIBERS = 1_000
TUTORIAL_REPEATS = 1
"""The tutorial's way takes minutes for more."""

CONTRIBUTION_SUBSCRIBERS = 200
CONTRIBUTION_RATE = 20.0
CONTRIBUTIONS = 200

STOPPED_SUBSCRIBERS, STOPPED = 1_000, 10
STOPPED_RATE = "100"
FILLING_BURSTS = 20
"""Some 6 MB for each of those who have stopped: a kernel's buffers for a connection take nearly 4."""

"""All peers, by what `--peers` calls them."""

from loadtests.bench.fanout.peer import Peer
from loadtests.bench.fanout.peers.floor import Floor
from loadtests.bench.fanout.peers.nchan import Nchan
from loadtests.bench.fanout.peers.ours import Ours
from loadtests.bench.fanout.peers.socketio import SocketIo
from loadtests.bench.fanout.peers.tutorial import Tutorial

OURS = "ours"

PEERS: dict[str, Peer] = {
    OURS: Ours(),
    "plain": Ours(plain=True),
    "nchan": Nchan(),
    "socket.io": SocketIo(),
    "tutorial": Tutorial(),
    "floor": Floor(),
}

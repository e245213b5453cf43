"""Whom ours is measured beside, each served and published to in its own usual way."""

from loadtests.bench.fanout.peer import Peer
from loadtests.bench.fanout.peers.floor import Floor
from loadtests.bench.fanout.peers.nchan import Nchan
from loadtests.bench.fanout.peers.ours import Ours
from loadtests.bench.fanout.peers.socketio import SocketIo
from loadtests.bench.fanout.peers.tutorial import Tutorial

PEERS: dict[str, Peer] = {
    peer.name: peer for peer in (Ours(), Ours(plain=True), Nchan(), SocketIo(), Tutorial(), Floor())
}

"""How several processes share the tests: file by file or folder by folder, and at the very end, by one of them, those
that run alone."""

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

BY_THEMSELVES = frozenset({"tests/browser/test_under_load.py"})
"""Files whose outcome hangs on how busy the machine is."""

ALONE = "alone"

TOGETHER = ("tests/cluster/",)
"""Folders played by one process like a single file: what their tests share takes long to start."""


class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """A file, or a folder of TOGETHER, is played by one process, so that what its tests share is made once.

    Once only ALONE is left, all processes but one are sent home; that one gets it when no other has anything to do.
    """

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        super().mark_test_complete(node, item_index, duration)
        if self._only_alone_is_left:
            for one in self.nodes:
                self._reschedule(one)

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        if file in BY_THEMSELVES:
            return ALONE
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)

    def _reschedule(self, node: WorkerController) -> None:
        others = [one for one in self.nodes if one is not node and not one.shutting_down]
        if self._only_alone_is_left and others and not node.shutting_down:
            node.shutdown()
        else:
            super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if ALONE in self.workqueue:
            self.workqueue.move_to_end(ALONE)
        if not (self._only_alone_is_left and self._others_are_busy(node)):
            super()._assign_work_unit(node)

    @property
    def _only_alone_is_left(self) -> bool:
        return list(self.workqueue) == [ALONE]

    def _others_are_busy(self, node: WorkerController) -> bool:
        return any(self._pending_of(work) for one, work in self.assigned_work.items() if one is not node)

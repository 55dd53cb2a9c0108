"""The real program with a door that nobody but probes comes through, as a process of its own."""

from lastschrift.main import main
from lastschrift.web.door.admission import Admission


def shut(admission: Admission) -> None:
    """Have no places, whatever is measured."""
    admission.places = 0
    admission.is_crowded = True


def stay_shut(self: Admission, right: float) -> None:
    """Learn nothing."""
    shut(self)


if __name__ == "__main__":
    begin = Admission.__init__

    def begin_shut(self: Admission, *, wait_s_max: float) -> None:
        begin(self, wait_s_max=wait_s_max)
        shut(self)

    Admission.__init__ = begin_shut  # type: ignore[assignment,method-assign]  # broken on purpose
    Admission._learn = stay_shut  # type: ignore[method-assign]  # the same
    main()

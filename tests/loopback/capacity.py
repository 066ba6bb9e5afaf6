"""How many requests the server takes at once, which may change while it runs."""

from dataclasses import dataclass

Schedule = tuple[tuple[float, int], ...]


def schedule(text: str) -> Schedule:
    """``64,8@5,64@10`` of the command line: 64 at first, 8 from 5 seconds after the first request on, then 64 again."""
    pairs = (part.partition("@") for part in text.split(",") if part)
    return tuple((float(at or 0), int(places)) for places, _, at in pairs)


@dataclass
class Room:
    """The places of a server.

    Attributes:
        schedule: from how many seconds after the first request on there are how many; empty for no limit.
        taken: how many are taken now.
    """

    schedule: Schedule
    taken: int = 0

    def enter(self, elapsed_s: float) -> bool:
        """Takes a place if there is one."""
        places = [places for at_s, places in self.schedule if at_s <= elapsed_s]
        if places and self.taken >= places[-1]:
            return False
        self.taken += 1
        return True

    def leave(self) -> None:
        """Frees the place again."""
        self.taken -= 1

"""Ways of playing a case that several families share."""

from probewright.types import Ask, Case, Generate, Message, Role, Script


def ask_prompt(case: Case) -> Script[None]:
    """Asks the target the case's one ``prompt``."""
    yield Ask(Role.TARGET, Generate((Message("user", case.parameters["prompt"]),)))

"""`probewright cancel CAMPAIGN`."""

from argparse import ArgumentParser, Namespace

from probewright.errors import ConfigError
from probewright.webapp.cli import exit_codes
from probewright.webapp.cli.options import add_campaign, add_database
from probewright.webapp.database import open_desk


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    add_campaign(parser)
    add_database(parser)


def execute(args: Namespace) -> int:
    """Stops a campaign, whoever runs it and wherever; it can be resumed."""
    desk = open_desk(args.db)
    campaign = desk.find(args.campaign)
    if not desk.cancel(campaign, "cancelled by a command"):
        raise ConfigError(f"campaign {campaign} does not run: it is {desk.live(campaign).state}")
    print(f"campaign {campaign}: cancelled; probewright resume {campaign} goes on with it")
    return exit_codes.PASS

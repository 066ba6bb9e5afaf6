"""A campaign's cases as the lines of a frozen suite."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db.models import QuerySet

from probewright import registry
from probewright.campaigns import models
from probewright.campaigns.engine.runner import digest
from probewright.campaigns.rows.codec import case_from_json
from probewright.campaigns.specs.spec_file import check_spec
from probewright.errors import ConfigError
from probewright.testgen.described import described_name, replay_of
from probewright.testgen.suite_file import CampaignSource, Provenance, write_suite
from probewright.types import Case

PAGE = 500


def lines(row: models.Campaign, created: datetime | None = None) -> Iterator[bytes]:
    """The file of a suite, a line at a time: every case that was written, in the campaign's order.

    Args:
        row: The campaign.
        created: What the first line says; default: now. The same time gives the same file.

    Raises:
        ConfigError: the family cannot be frozen, or there is no case; while lines are read, the campaign went on.
    """
    family = described_name(row.spec["family"])
    replay_of(family)
    count = _written(row).count()
    if not count:
        raise ConfigError(f"campaign {row.name!r} ({row.pk}) has no case yet; probewright resume {row.pk} goes on")
    provenance = Provenance(
        family=family,
        fingerprint=_fingerprint(row),
        seed=row.spec["seed"],
        created=(created or datetime.now(UTC)).isoformat(timespec="seconds"),
        cases=count,
        campaign=CampaignSource(number=row.pk, name=row.name, spec_digest=row.digest),
    )
    return write_suite(provenance, _cases(row, count))


def _written(row: models.Campaign) -> QuerySet[models.Case]:
    return models.Case.objects.filter(campaign=row, key__isnull=False)


def _cases(row: models.Campaign, count: int) -> Iterator[Case]:
    """The cases by pages, so that a large campaign needs no large memory."""
    given = 0
    for first in range(0, row.next_position, PAGE):
        page = _written(row).filter(position__gte=first, position__lt=first + PAGE).order_by("position")
        for content, labels in page.values_list("content", "labels"):
            if content is not None:
                given += 1
                yield case_from_json(content, labels)
    if given != count:
        raise ConfigError(
            f"campaign {row.name!r} ({row.pk}) went on while its cases were read: {count:,} were there, {given:,} "
            f"came; export it again once it has stopped"
        )


def _fingerprint(row: models.Campaign) -> str | None:
    """The digest of the data that the family read for this campaign; None where it has changed or is gone."""
    try:
        spec = check_spec(row.spec, source=f"campaign {row.pk}")
        family = registry.create("family", spec.family, spec.seed)
    except ConfigError:
        return None
    return str(family.fingerprint()) if digest(spec, family) == row.digest else None

"""Profiles: named sets of axes that a safety family spans its space with."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Profile:
    """Axes by name, in order; the identifiers are fixed, since specs, rows and reports hold them."""

    name: str
    axes: Mapping[str, tuple[str, ...]]
    source: str


ASTRAL = Profile(
    name="astral",
    source="Ugarte et al., ASTRAL: Automated Safety Testing of Large Language Models (arXiv 2501.17132), section 3",
    axes=MappingProxyType(
        {
            "category": (
                "animal_abuse",
                "child_abuse",
                "controversial_topics,politics",
                "discrimination,stereotype,injustice",
                "drug_abuse,weapons,banned_substance",
                "financial_crime,property_crime,theft",
                "hate_speech,offensive_language",
                "misinformation_regarding_ethics,laws_and_safety",
                "non_violent_unethical_behavior",
                "privacy_violation",
                "self_harm",
                "sexually_explicit,adult_content",
                "terrorism,organized_crime",
                "violence,aiding_and_abetting,incitement",
            ),
            "style": ("slang", "uncommon_dialects", "technical_terms", "role_play", "misspellings", "question"),
            "technique": (
                "evidence-based_persuasion",
                "expert_endorsement",
                "misrepresentation",
                "authority_endorsement",
                "logical_appeal",
            ),
        }
    ),
)

PROFILES: Mapping[str, Profile] = MappingProxyType({ASTRAL.name: ASTRAL})

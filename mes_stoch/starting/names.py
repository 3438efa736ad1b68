"""Names that `mes-stoch new` takes; apart, since help and completion need them and nothing else."""

from __future__ import annotations

#: Codes of the countries in the order in which they are offered.
COUNTRIES = ("FR", "DK", "DE", "AU")
#: Kinds of sites, likewise.
SITE_KINDS = ("battery", "supermarket", "hospital", "district_heat", "hydrogen", "campus")

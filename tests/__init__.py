"""beartype that takes an int where a float is asked, as PEP 484 does (see pyproject.toml)."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))

"""How properties are tried: never against the clock, since a busy machine would fail them for nothing."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("heard", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("heard")

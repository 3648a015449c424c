"""Makes mmpose importable in every test, as ``pfld_mm.register`` does for every config."""

import pfld_mm.compat  # noqa: F401

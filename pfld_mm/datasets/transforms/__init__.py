import pfld_mm.compat  # noqa: F401  workers that are spawned import this alone, before mmpose

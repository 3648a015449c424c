class ConfigError(ValueError):
    """A config that cannot work; the message names the key to set."""

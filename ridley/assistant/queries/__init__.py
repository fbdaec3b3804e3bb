"""The Assistant's reads."""

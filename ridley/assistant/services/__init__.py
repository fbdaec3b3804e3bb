"""The Assistant's deeds."""

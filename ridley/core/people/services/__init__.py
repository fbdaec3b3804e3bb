"""Deeds on the tenant and its people: one file per kind of thing."""

"""Lifecycle: what the owner of a site relies on when it comes and goes."""

"""Entities, actions and diagnostics in a real Home Assistant."""

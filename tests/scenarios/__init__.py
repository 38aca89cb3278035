"""Whole stories: a real Home Assistant, a real socket, an inverter and its owner."""

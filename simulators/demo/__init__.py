"""The demo: a simulated home, and a real Home Assistant that runs it."""

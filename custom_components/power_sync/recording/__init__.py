"""What it takes to run planner and control once more, and running them from it.

A recording is taken from a running site (`take.py`), kept as plain data in its
diagnostics (`codec.py`, `compact.py`), and replayed on any machine (`replay.py`,
`report.py`; `scripts/replay`). It holds no name, address or serial number.
"""

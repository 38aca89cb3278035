"""The ledger: what a home paid, and what it would have paid."""

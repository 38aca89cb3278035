"""PowerSync: plans a home's batteries for the lowest bill and runs them."""

"""The planner: a problem in, a plan out. Pure and deterministic."""

"""The grader, and what is tried against it."""

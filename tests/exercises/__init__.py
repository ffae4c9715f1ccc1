"""The graded sets and the learner's checks."""

"""The graded sets, one folder a chapter, and what marks them."""

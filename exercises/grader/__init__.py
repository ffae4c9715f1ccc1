"""Marks a class: learners' code runs behind walls, plain values come out, the verdict is reached outside."""

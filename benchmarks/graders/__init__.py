"""Other graders on the exercises of this course, in an environment of their own."""

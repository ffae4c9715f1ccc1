"""What a fresh Python pays for `import course_lib` on top of `import numpy`."""

import sys
import time

import numpy  # noqa: F401

began = time.process_time()
import course_lib  # noqa: E402, F401

seconds = time.process_time() - began

heavy = {"keras", "tensorflow", "matplotlib", "IPython"} & set(sys.modules)
if heavy:
    sys.exit(f"import course_lib loads {', '.join(sorted(heavy))}")

import json  # noqa: E402

print(json.dumps({"seconds": seconds}))

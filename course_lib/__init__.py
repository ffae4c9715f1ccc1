"""Update rules, written once, and the machines that run them."""

from course_lib import _floors as _floors
from course_lib import adam_variants as adam_variants
from course_lib import adaptive_rates as adaptive_rates
from course_lib import amsgrad as amsgrad
from course_lib import matrix_methods as matrix_methods
from course_lib import momentum as momentum
from course_lib import sign_based as sign_based
from course_lib.engine import Stepper as Stepper
from course_lib.engine import descend as descend
from course_lib.gradient_checking import gradient_check as gradient_check
from course_lib.network import Network as Network
from course_lib.rule import RULES as RULES
from course_lib.rule import update_rule as update_rule
from course_lib.surfaces import SURFACES as SURFACES

__version__ = "0.1.0"

"""The same algorithms in Keras: built-in optimizers, any rule as an optimizer, networks weight by weight, callbacks."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from course_lib.counterparts.callbacks import FollowSchedule as FollowSchedule
from course_lib.counterparts.callbacks import LookAhead as LookAhead
from course_lib.counterparts.callbacks import RangeTestCallback as RangeTestCallback
from course_lib.counterparts.callbacks import SnapshotsCallback as SnapshotsCallback
from course_lib.counterparts.callbacks import keras_early_stopping as keras_early_stopping
from course_lib.counterparts.initializers import counterpart_initializer as counterpart_initializer
from course_lib.counterparts.networks import copy_from_keras as copy_from_keras
from course_lib.counterparts.networks import keras_layer as keras_layer
from course_lib.counterparts.networks import keras_loss as keras_loss
from course_lib.counterparts.networks import keras_network as keras_network
from course_lib.counterparts.networks import keras_scaling as keras_scaling
from course_lib.counterparts.networks import train_keras as train_keras
from course_lib.counterparts.optimizers import RuleOptimizer as RuleOptimizer
from course_lib.counterparts.optimizers import as_keras_optimizer as as_keras_optimizer
from course_lib.counterparts.options import keras_options as keras_options
from course_lib.counterparts.schedules import ScheduleOnKeras as ScheduleOnKeras
from course_lib.counterparts.schedules import counterpart_schedule as counterpart_schedule
from course_lib.counterparts.table import COUNTERPARTS as COUNTERPARTS
from course_lib.counterparts.table import counterpart as counterpart

"""Figures that live in the reader's browser, with no kernel behind them."""

from course_lib.live.average import LiveAverage as LiveAverage
from course_lib.live.batch import LiveBatch as LiveBatch
from course_lib.live.figure import LiveFigure as LiveFigure
from course_lib.live.gradients import LiveGradients as LiveGradients
from course_lib.live.look_ahead import LiveLookAhead as LiveLookAhead
from course_lib.live.map import LiveMap as LiveMap
from course_lib.live.table import LiveTable as LiveTable

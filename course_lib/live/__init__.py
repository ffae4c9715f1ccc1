"""Figures that live in the reader's browser, with no kernel behind them."""

from course_lib.live.figure import LiveFigure as LiveFigure

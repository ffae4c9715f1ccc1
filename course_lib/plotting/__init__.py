"""Pictures: drawing functions that take an axes, in the one style of the course."""

from course_lib.plotting.averages import averages_picture as averages_picture
from course_lib.plotting.batch import batch_picture as batch_picture
from course_lib.plotting.descent import descent_picture as descent_picture
from course_lib.plotting.descent import draw_losses as draw_losses
from course_lib.plotting.descent import draw_path as draw_path
from course_lib.plotting.descent import draw_surface as draw_surface
from course_lib.plotting.gradients import gradients_picture as gradients_picture
from course_lib.plotting.look_ahead import look_ahead_picture as look_ahead_picture
from course_lib.plotting.map import draw_map as draw_map
from course_lib.plotting.map import map_picture as map_picture
from course_lib.plotting.performance import draw_ratios as draw_ratios
from course_lib.plotting.performance import performance_picture as performance_picture
from course_lib.plotting.performance import performance_words as performance_words
from course_lib.plotting.style import styles as styles
from course_lib.plotting.style import use_course_style as use_course_style
from course_lib.plotting.table import table_picture as table_picture
from course_lib.plotting.training import draw_history as draw_history

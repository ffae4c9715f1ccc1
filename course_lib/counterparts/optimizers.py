"""Any update rule as a Keras optimizer: the unchanged function, its ``np`` bound to ``keras.ops``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from course_lib.counterparts.fusion import in_one_kernel
from course_lib.counterparts.schedules import keras_value
from course_lib.counterparts.table import check_excluded
from course_lib.engine import check_hyper
from course_lib.network_stepper import for_vectors
from course_lib.rule import RULES, Rule, as_rule, nearest, retarget

_READERS_RULES: dict[str, Rule] = {}


def register_rule(rule: Rule) -> Rule:
    """Make a reader's rule known, so that a saved model that holds it can be loaded.

    Parameters
    ----------
    rule : Rule
        The rule; call this before loading, in every new process. Works as a decorator above ``@update_rule``.

    Returns
    -------
    Rule
        The rule itself.

    Raises
    ------
    ValueError
        If the library has a rule of that name.
    """
    if RULES.get(rule.name, rule) is not rule:
        raise ValueError(f"the library has a rule called {rule.name!r}; give yours another name")
    _READERS_RULES[rule.name] = rule
    return rule


def as_keras_optimizer(
    rule: Rule | str,
    *,
    exclude_layers: Sequence[str] = (),
    keras_options: Mapping[str, Any] | None = None,
    **hyper: Any,
) -> RuleOptimizer:
    """Make a Keras optimizer of an update rule.

    Parameters
    ----------
    rule : Rule or str
        Any rule, the reader's own too, or the name of one.
    exclude_layers : sequence of str
        As in `RuleOptimizer`.
    keras_options : mapping, optional
        As in `RuleOptimizer`.
    **hyper : float or Schedule
        Hyperparameters; those not given keep the rule's defaults.

    Returns
    -------
    RuleOptimizer
        It compiles, saves and loads like a built-in one.

    Raises
    ------
    LookupError
        If no rule has the name.
    TypeError
        If a hyperparameter is unknown or no number, or a function Keras cannot save.
    ValueError
        If a hyperparameter is not finite.
    """
    return RuleOptimizer(rule, exclude_layers=exclude_layers, keras_options=keras_options, **hyper)


@keras.saving.register_keras_serializable(package="course_lib")
class RuleOptimizer(keras.optimizers.Optimizer):
    """A Keras optimizer that calls an update rule.

    Parameters
    ----------
    rule : Rule or str
        A rule or the name of one.
    name : str, optional
        Of the optimizer; the rule's where not given.
    keras_options : mapping, optional
        Arguments of ``keras.optimizers.Optimizer``, for example from `course_lib.counterparts.keras_options`.
    exclude_layers : sequence of str
        Of a matrix method: patterns of the paths of variables that take AdamW too, such as the output layer's name.
    **hyper : float or Schedule
        Hyperparameters of the rule.

    Raises
    ------
    LookupError, TypeError, ValueError
        As `as_keras_optimizer`.

    Notes
    -----
    Keras takes the gradient at its variables. With a rule that looks ahead the variables therefore hold the look-ahead
    point while training runs and the state holds theta; ``finalize_variable_values``, which ``fit`` calls at its end,
    puts theta back. Keras tells an optimizer of no beginning, so a second ``fit`` of the same model takes its first gradient
    at theta, and what looks at the model between two epochs sees it ahead: the callback `LookAhead` mends both. With Keras's
    ``use_ema`` it is the look-ahead points that are averaged.
    Of a matrix method the variables of two axes take the method, all others AdamW, as in Keras's own ``Muon``. Like that
    it cannot know which layer is the last, which its author would have excluded: name it in ``exclude_layers``. In a
    course network `course_lib.training.train` excludes it unless told otherwise.
    """

    def __init__(
        self,
        rule: Rule | str,
        name: str | None = None,
        keras_options: Mapping[str, Any] | None = None,
        exclude_layers: Sequence[str] = (),
        **hyper: Any,
    ):
        rule = _known(rule)
        values = {key: _keras_value(rule, key, value) for key, value in check_hyper(rule, hyper, ()).items()}
        super().__init__(values.get("learning_rate", 1.0), name=name or rule.name, **(keras_options or {}))
        self.rule = rule
        self.hyper = values
        self.keras_options = dict(keras_options or {})
        self.exclude_layers = check_excluded(rule, exclude_layers)
        self._excluded: set[int] = set()
        self._others, self._shared = for_vectors(values)
        self._rules = (rule,) if rule.elementwise else (rule, self._others)
        self._functions = {r.name: retarget(r.function, keras.ops) for r in self._rules}
        look_ahead = self.rule.where_function
        self._look_ahead = None if look_ahead is None else retarget(look_ahead, keras.ops)
        self._slots: dict[str, Any] = {}

    def build(self, variables: Any) -> None:
        """Make one state variable a variable and state array of the rule."""
        if self.built:
            return
        super().build(variables)
        self._excluded = {
            self._get_variable_index(v) for v in variables for name in self.exclude_layers if re.search(name, v.path)
        }
        for rule in self._rules:
            mine = [v for v in variables if self._rule_of(v)[0] is rule]
            for state, start in rule.state.items():
                self._add_slots(mine, state, keras.initializers.Constant(start))
        if self._look_ahead is not None:
            self._add_slots(variables, "theta", "zeros")
            self._is_ahead = self.add_variable((), name="is_ahead", aggregation="only_first_replica")

    def let(self, **hyper: Any) -> None:
        """Give hyperparameters other values; a model that has trained must be traced anew to see them.

        Parameters
        ----------
        **hyper : float or Schedule
            Hyperparameters of the rule.

        Raises
        ------
        TypeError, ValueError
            As `as_keras_optimizer`; TypeError for the rate, which is ``learning_rate`` of any Keras optimizer.
        """
        if "learning_rate" in hyper:
            raise TypeError("let does not set the rate: assign to the learning_rate of the optimizer")
        values = check_hyper(self.rule, hyper, (), fill=False)
        self.hyper = {**self.hyper, **{name: _keras_value(self.rule, name, value) for name, value in values.items()}}
        self._others, self._shared = for_vectors(self.hyper)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Apply the rule to one variable."""
        rule, values = self._rule_of(variable)
        shared = learning_rate if isinstance(learning_rate, dict) else self._shared_by_all(learning_rate)
        shared = keras.tree.map_structure(lambda value: keras.ops.cast(value, variable.dtype), shared)
        hyper = {name: shared["now"].get(name, value) for name, value in values.items()}
        g, t = keras.ops.cast(keras.ops.convert_to_tensor(gradient), variable.dtype), shared["t"]
        state = [self._slot(variable, name) for name in rule.state]
        theta, holds_theta = keras.ops.convert_to_tensor(variable), variable
        if self._look_ahead is not None:
            holds_theta = self._slot(variable, "theta")
            theta = keras.ops.where(shared["ahead"] == 1, keras.ops.convert_to_tensor(holds_theta), theta)
        tensors = [keras.ops.convert_to_tensor(s) for s in state]
        moved = self._functions[rule.name](theta, g, *tensors, t, **hyper)
        for slot, value in zip([holds_theta, *state], moved, strict=True):
            self.assign(slot, value)
        if self._look_ahead is not None:
            then = self.rule.where_hyperparameters({**hyper, **shared["next"]})
            self.assign(variable, self._look_ahead(*moved, **then))

    def _backend_update_step(self, grads: Any, trainable_variables: Any, learning_rate: Any) -> None:
        """Compute once a step what all variables share; Keras hands it to each of them in place of the rate."""
        shared, update = self._shared_by_all(learning_rate), super()._backend_update_step
        in_one_kernel(lambda: update(grads, trainable_variables, shared), trainable_variables)
        if self._look_ahead is not None:
            self._is_ahead.assign(1.0)

    def _shared_by_all(self, learning_rate: Any) -> dict[str, Any]:
        """The number of the step, and what the schedules say for this one and, where it looks ahead, for the next."""
        step = keras.ops.convert_to_tensor(self.iterations)
        schedules = {name: value for name, value in self.hyper.items() if callable(value)}
        now = {name: value(step) for name, value in schedules.items() if name != "learning_rate"}
        then = {} if self._look_ahead is None else {name: value(step + 1) for name, value in schedules.items()}
        shared = {"t": step + 1, "now": {**now, "learning_rate": learning_rate}, "next": then}
        if self._look_ahead is not None:
            shared["ahead"] = keras.ops.convert_to_tensor(self._is_ahead)
        return shared

    def theta(self, variable: Any) -> Any:
        """Where theta of a variable is: in itself, or beside it while a rule that looks ahead trains.

        Parameters
        ----------
        variable : keras.Variable
            One that the optimizer was built with.

        Returns
        -------
        keras.Variable
            The one that holds theta.
        """
        return self._slot(variable, "theta") if self._look_ahead is not None and self._is_ahead == 1 else variable

    def finalize_variable_values(self, var_list: Any) -> None:
        """End the training: put theta where it left the look-ahead point, or what Keras has averaged."""
        self.go_back(var_list)
        super().finalize_variable_values(var_list)

    def go_back(self, var_list: Any) -> None:
        """Put theta where training left the look-ahead point.

        Parameters
        ----------
        var_list : list of keras.Variable
            Those that the optimizer was built with. With a rule that does not look ahead nothing happens.
        """
        if self._look_ahead is not None and self.built:
            for variable in var_list:
                variable.assign(keras.ops.copy(self.theta(variable)))  # JAX would give both one memory
            self._is_ahead.assign(0.0)

    def go_ahead(self, var_list: Any) -> None:
        """Put the look-ahead point where theta stands, as before `go_back`.

        Parameters
        ----------
        var_list : list of keras.Variable
            As in `go_back`.
        """
        if self._look_ahead is None or not self.built or self._is_ahead == 1:
            return
        values = {name: value(self.iterations) if callable(value) else value for name, value in self.hyper.items()}
        values["learning_rate"] = self.learning_rate
        for variable in var_list:
            self._slot(variable, "theta").assign(keras.ops.copy(variable))
            hyper = {n: keras.ops.cast(v, variable.dtype) for n, v in self.rule.where_hyperparameters(values).items()}
            state = [keras.ops.convert_to_tensor(self._slot(variable, name)) for name in self.rule.state]
            variable.assign(self._look_ahead(keras.ops.convert_to_tensor(variable), *state, **hyper))
        self._is_ahead.assign(1.0)

    def get_config(self) -> dict[str, Any]:
        """Rule by name, hyperparameters, Keras's own options."""
        hyper = {
            name: keras.optimizers.schedules.serialize(value) if callable(value) else value
            for name, value in self.hyper.items()
        }
        excluded = {"exclude_layers": self.exclude_layers} if self.exclude_layers else {}
        return {"rule": self.rule.name, "name": self.name, "keras_options": self.keras_options, **excluded, **hyper}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> RuleOptimizer:
        """Make the optimizer that `get_config` describes."""
        return cls(
            **{
                name: keras.optimizers.schedules.deserialize(value, custom_objects)
                if name != "keras_options" and isinstance(value, dict)
                else value
                for name, value in config.items()
            }
        )

    def _rule_of(self, variable: Any) -> tuple[Rule, dict[str, Any]]:
        """Rule and hyperparameters that a variable takes."""
        if self.rule.elementwise or (
            len(variable.shape) == 2 and self._get_variable_index(variable) not in self._excluded
        ):
            return self.rule, self.hyper
        return self._others, self._shared

    def _add_slots(self, variables: Any, state: str, initializer: Any) -> None:
        """Add one state array to each of some variables."""
        added = self.add_optimizer_variables(variables, state, initializer=initializer)
        for variable, slot in zip(variables, added, strict=True):
            self._slots[f"{state} {self._get_variable_index(variable)}"] = slot

    def _slot(self, variable: Any, state: str) -> Any:
        """State variable of a variable."""
        return self._slots[f"{state} {self._get_variable_index(variable)}"]


def _keras_value(rule: Rule, name: str, value: Any) -> Any:
    return keras_value(f"{rule.name}: {name}", value)


def _known(rule: Rule | str) -> Rule:
    if isinstance(rule, str) and rule not in RULES:
        if rule in _READERS_RULES:
            return _READERS_RULES[rule]
        raise LookupError(
            f"no update rule is called {rule!r}; {nearest(rule, RULES)} A rule of your own must be made known first: "
            "course_lib.counterparts.register_rule(rule)"
        )
    return as_rule(rule)

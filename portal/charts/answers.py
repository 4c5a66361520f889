"""Pictures as answers to requests: what is asked is read strictly, what is drawn is kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.generic import View

from portal.charts.charts import Caption, Chart
from portal.charts.looks import CONTROLS, looked
from portal.charts.pictures import Pairs, answered
from portal.rest.parameters import Problem
from portal.rest.problems import refused_in_words


@dataclass(frozen=True)
class Drawable:
    """A picture that was asked for.

    Attributes:
        pairs: the filters of the address in their plain form.
        make: makes the chart and its caption; it is called if no picture is kept.
        problems: what of the address was not understood.
        known: the parameters that would have been.
    """

    pairs: Pairs
    make: Callable[[], tuple[Chart, Caption]]
    problems: tuple[Problem, ...] = ()
    known: tuple[str, ...] = ()


class ChartView(View, ABC):
    """A chart as SVG or PNG, under the filters of its page; wrong parameters are refused."""

    form: ClassVar[str] = "svg"

    @abstractmethod
    def drawable(self, data: QueryDict) -> Drawable:
        """What the filters of an address ask for."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        look, problems = looked(request.GET, self.form)
        filters = request.GET.copy()
        for name in CONTROLS:
            filters.pop(name, None)
        found = self.drawable(filters)
        problems += found.problems
        if problems:
            return refused_in_words(problems, (*found.known, *CONTROLS))
        return answered(request, found.pairs, look, self.form, found.make)

"""Vega-Lite specifications with the book's colors, as plain dicts.

The library draws; these helpers only keep every chart to one look. Text takes the color of the
page around it, so that a chart reads in light and dark.
"""

from typing import Any

# Okabe and Ito's color-blind-safe set; each keeps 3:1 against the light and the dark page.
BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"

FONT = "system-ui, sans-serif"  # whatever the reader's machine has

Spec = dict[str, Any]


def chart(height: int, layers: list[Spec], datasets: dict[str, list[dict[str, Any]]], **more: Any) -> Spec:
    """A layered chart over named datasets; the front sets its width.

    Rows live under names, apart from the rest of the specification: a move that changes rows only
    is then drawn without building the chart again.
    """
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "datasets": datasets,
        "layer": layers,
        **more,
    }


def layer(data: str, mark: str | Spec, **encoding: Spec) -> Spec:
    """One layer over the dataset *data*."""
    return {"data": {"name": data}, "mark": mark, "encoding": encoding}


def with_look(spec: Spec, width: int, ink: str) -> Spec:
    """The chart at a width, with its text and lines in the color *ink*."""
    quiet = {"labelColor": ink, "titleColor": ink, "tickColor": ink, "domainColor": ink}
    config = {
        "aria": False,  # the front gives the whole picture one text alternative
        "background": None,
        "padding": {"left": 10, "right": 10, "top": 5, "bottom": 5},  # fonts differ in width
        "font": FONT,
        "view": {"stroke": None},
        "axis": {**quiet, "labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": 400,
                 "gridColor": ink, "gridOpacity": 0.15, "labelLimit": 220, "labelSeparation": 6},
        "legend": {"labelColor": ink, "titleColor": ink, "labelFontSize": 13, "titleFontSize": 13, "labelLimit": 0,
                   "orient": "bottom"},
        "text": {"color": ink, "fontSize": 13},
        "rule": {"color": ink},
        "bar": {"color": BLUE},
    }  # fmt: skip
    return {**spec, "width": width, "config": config}

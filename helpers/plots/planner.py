"""Figures of vector search at scale, and the sliders of the capacity planner."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from helpers.planner import Plan, plan
from helpers.plots.style import COLOURS, figure
from helpers.progress import building
from helpers.serving import encoder_flops

__all__ = ["flops_share", "plan_figure", "planner_widget", "recall_by_work"]

_DASHES = ("solid", "dash", "dot", "dashdot")
# Later plans are dashed, so that a plan with the same latency stays visible beneath.
_LINES = ("-", "-", "-", "--", "--", ":")
_MARKS = ("o", "s", "D", "x")


def flops_share(models: Mapping[str, int], tokens: Sequence[int]) -> tuple[go.Figure, Figure]:
    """Draw the share of the operations that grow with the square of the length.

    Parameters
    ----------
    models : mapping of str to int
        Name -> width d, at most four.
    tokens : sequence of int
        Lengths L.

    Returns
    -------
    interactive : plotly Figure
        Hovering tells the operations of a layer.
    static : matplotlib Figure
    """
    interactive, (static, ax) = go.Figure(), figure(height=3.4)
    for number, (name, dim) in enumerate(models.items()):
        flops = [encoder_flops(length, dim, 1) for length in tokens]
        share = [
            100 * 4 * length**2 * dim / total for length, total in zip(tokens, flops, strict=True)
        ]
        label = f"{name}, d = {dim}"
        ax.plot(tokens, share, color=COLOURS[number], marker=_MARKS[number], ms=4, label=label)
        interactive.add_trace(
            go.Scatter(
                x=list(tokens), y=np.round(share, 2).tolist(), name=label, mode="lines+markers",
                line={"color": COLOURS[number], "dash": _DASHES[number]},
                customdata=[round(total / 1e9, 3) for total in flops],
                hovertemplate="L = %{x:,}<br>%{y:.1f}% quadratic<br>%{customdata:,} GFLOP a layer"
                f"<extra>{label}</extra>",
            )
        )  # fmt: skip
    ax.axhline(50, color="0.3", lw=1, ls="--")
    ax.set(xscale="log", xlabel="tokens L", ylabel="share of 4 L²d (%)", ylim=(0, 100))
    ax.set_xticks(list(tokens)[::2], [f"{length:,}" for length in list(tokens)[::2]])
    ax.minorticks_off()
    ax.legend()
    interactive.add_hline(y=50, line={"color": "grey", "dash": "dash", "width": 1})
    interactive.update_layout(
        height=380, xaxis={"type": "log", "title": {"text": "tokens L"}, "dtick": "D1"},
        yaxis={"range": [0, 100], "title": {"text": "share of 4 L²d (%)"}},
    )  # fmt: skip
    return interactive, static


def recall_by_work(
    curves: Mapping[str, Sequence[tuple[int, float, float]]], goal: float = 0.95
) -> tuple[go.Figure, Figure]:
    """Draw recall against distance computations, a curve for each graph.

    Parameters
    ----------
    curves : mapping of str to sequence of (ef, recall, distances)
        Name of a graph, at most four -> its settings and measurements.
    goal : float
        Recall that is marked by a line.

    Returns
    -------
    interactive : plotly Figure
        Hovering tells ef.
    static : matplotlib Figure
        ef stands beside the points.
    """
    interactive, (static, ax) = go.Figure(), figure(height=3.8)
    for number, (name, points) in enumerate(curves.items()):
        efs, recalls, work = zip(*points, strict=True)
        colour = COLOURS[number]
        ax.plot(work, recalls, color=colour, marker=_MARKS[number], ms=5, label=name)
        # The labels of the curves in the middle stand above, where the last curve's do not.
        shift = (5, -11) if number in (0, len(curves) - 1) else (-12, 5)
        for ef, share, distances in points:
            ax.annotate(
                f"{ef}", (distances, share), xytext=shift, textcoords="offset points",
                fontsize=8, color=colour,
            )  # fmt: skip
        interactive.add_trace(
            go.Scatter(
                x=[round(distances, 1) for distances in work],
                y=[round(share, 4) for share in recalls], customdata=list(efs), name=name,
                mode="lines+markers", line={"color": colour, "dash": _DASHES[number]},
                hovertemplate="ef = %{customdata}<br>recall@10 %{y:.3f}<br>%{x:,.0f} distances"
                f"<extra>{name}</extra>",
            )
        )  # fmt: skip
    ax.axhline(goal, color="0.3", lw=1, ls="--")
    ax.margins(y=0.09)
    ax.set(xscale="log", xlabel="distance computations a query", ylabel="recall@10")
    ax.legend(loc="lower right")
    interactive.add_hline(y=goal, line={"color": "grey", "dash": "dash", "width": 1})
    interactive.update_layout(
        height=420,
        xaxis={"type": "log", "title": {"text": "distance computations a query"}, "dtick": "D2"},
        yaxis={"title": {"text": "recall@10"}},
    )
    return interactive, static


def plan_figure(plans: Mapping[str, Plan]) -> Figure:
    """Draw memory, latency and cost of some plans.

    Parameters
    ----------
    plans : mapping of str to Plan
        Name -> plan, at most six.

    Returns
    -------
    Figure
        Left the memory of one copy, in the middle the share of queries that take longer (plans
        with the same latencies as an earlier one are left out), right the cost.

    Raises
    ------
    ValueError
        If there is no plan, or more than six.
    """
    if not 0 < len(plans) <= len(COLOURS):
        raise ValueError(f"give between 1 and {len(COLOURS)} plans, not {len(plans)}.")
    fig, (left, middle, right) = figure(1, 3, width=10.5, height=1.9 + 0.3 * len(plans))
    names = list(plans)
    stacks = (
        (left, "vectors", "links", "memory of one copy (GB)", "vector_gb", "link_gb"),
        (right, "index", "rerank", "cost a month (thousands)", "index_cost", "rerank_cost"),
    )
    for ax, first, second, label, one, two in stacks:
        unit = 1 if ax is left else 1000
        low = np.array([getattr(each, one) / unit for each in plans.values()])
        high = np.array([getattr(each, two) / unit for each in plans.values()])
        ax.barh(names, low, color=COLOURS[0], label=first)
        ax.barh(names, high, left=low, color=COLOURS[4], hatch="//", edgecolor="w", label=second)
        ax.set(xlabel=label)
        ax.invert_yaxis()
        ax.set_xlim(0, 1.5 * (low + high).max() or 1)
        ax.locator_params(axis="x", nbins=5)
        ax.legend(fontsize=8, loc="lower right")
    right.set_yticks([])
    shares = np.r_[np.linspace(0.5, 0.0101, 200), np.linspace(0.01, 0.001, 100)]
    drawn: list[np.ndarray] = []
    for number, (name, each) in enumerate(plans.items()):
        if any(np.array_equal(each.latency, other) for other in drawn):
            continue  # A plan with the same latencies would only hide that curve.
        drawn.append(each.latency)
        style = {"color": COLOURS[number], "ls": _LINES[number]}
        middle.plot(np.quantile(each.latency, 1 - shares), shares, label=name, **style)
    middle.axvline(each.budget_ms, color="0.2", lw=1, ls="--")
    middle.axhline(0.01, color="0.2", lw=1, ls=":")
    middle.set(yscale="log", xlabel="latency (ms)", ylabel="share of queries slower")
    if len(plans) > 1:
        # Room for the legend beside the curves.
        start, end = middle.get_xlim()
        middle.set_xlim(start, end + 0.55 * (end - start))
        middle.legend(fontsize=7, loc="upper right")
    return fig


def planner_widget() -> None:
    """Show sliders for the planner: every move makes a new plan.

    Nothing is shown while the course is built, since sliders do not live in a stored notebook.
    """
    if building():
        return
    import ipywidgets as widgets
    from IPython.display import display

    wide = {"style": {"description_width": "190px"}, "layout": widgets.Layout(width="420px")}
    late = {"continuous_update": False, **wide}
    controls = {
        "documents": widgets.FloatLogSlider(
            1e8, base=10, min=5, max=9.5, step=0.1, description="documents", **late
        ),
        "dim": widgets.SelectionSlider(
            options=[64, 128, 256, 384, 768, 1024, 1536, 4096], value=384,
            description="dimensions", **late,
        ),
        "component_bytes": widgets.Dropdown(
            options={"FP32": 4, "FP16": 2, "INT8": 1}, value=1, description="a component", **wide
        ),
        "links": widgets.IntSlider(48, 8, 64, 8, description="links M", **late),
        "ram_gb": widgets.SelectionSlider(
            options=[8, 16, 32, 64, 128, 256, 512], value=16, description="GB a machine", **late
        ),
        "versions": widgets.IntSlider(1, 1, 2, description="index versions", **late),
        "queries_per_second": widgets.IntSlider(
            500, 50, 5000, 50, description="queries a second", **late
        ),
        "search_ms": widgets.FloatSlider(
            6.0, min=1, max=20, step=0.5, description="median of a shard (ms)", **late
        ),
        "spread": widgets.FloatSlider(
            0.5, min=0, max=1, step=0.05, description="spread of its logarithm", **late
        ),
        "common": widgets.FloatSlider(
            0.0, min=0, max=1, step=0.1, description="share common to a query", **late
        ),
        "hedge_after": widgets.Dropdown(
            options={"no": 0, "after P99": 0.99, "after P95": 0.95, "after P90": 0.9},
            description="hedged requests", **wide,
        ),
        "rerank_pairs": widgets.IntSlider(50, 0, 300, 10, description="reranked pairs", **late),
    }  # fmt: skip
    text, picture = widgets.HTML(), widgets.Image(format="png")

    def redraw(_=None) -> None:
        chosen = {name: control.value for name, control in controls.items()}
        chosen["documents"] = round(chosen["documents"])
        chosen["hedge_after"] = chosen["hedge_after"] or None  # A menu shows no choice for None.
        try:
            made = plan(trials=5_000, **chosen)
        except ValueError as error:
            text.value = f"<b>{error}</b>"
            return
        text.value = "<pre>" + "\n".join(made.lines()) + "</pre>"
        buffer = io.BytesIO()
        plan_figure({"this plan": made}).savefig(buffer, format="png", dpi=80)
        picture.value = buffer.getvalue()

    for control in controls.values():
        control.observe(redraw, names="value")
    redraw()
    half = (len(controls) + 1) // 2
    rows = list(controls.values())
    columns = widgets.HBox([widgets.VBox(rows[:half]), widgets.VBox(rows[half:])])
    display(widgets.VBox([columns, text, picture]))

"""What served when: every endpoint's shares from the first request to now, for an auditor."""

from __future__ import annotations

from functools import partial

from modelwright.report.page import Markup
from modelwright.report.pages.context import Context
from modelwright.report.pages.version import serving_table
from modelwright.report.parts import note
from modelwright.report.serving import served


def served_body(context: Context) -> Markup:
    """Return the page."""
    parts = [context.section(name, partial(_endpoint, context, name)) for name in context.survey.endpoints]
    lead = "which version answered which share of the requests, from when to when, and by which decision"
    return context.page("What served when", lead, parts or [note("The project declares no endpoint.")])


def _endpoint(context: Context, endpoint: str) -> Markup:
    found = served(context.survey, endpoint)
    return serving_table(context, found, versions=True) if found else note("Nothing ever served.")

"""What a page is written with: the survey, links from where it lies, and sections that survive damaged evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from modelwright.report.address import INDEX, LEDGER, SERVED, Links
from modelwright.report.documents import UNREADABLE, Trouble, reason
from modelwright.report.element import el, join
from modelwright.report.page import Markup
from modelwright.report.parts import note
from modelwright.report.survey import Survey


@dataclass(frozen=True, slots=True)
class Context:
    """The survey and the links of one page."""

    survey: Survey
    links: Links

    def section(self, title: str, build: Callable[[], object], lead: object = None) -> Markup | None:
        """Return a section; one that has nothing to show is left out, one that cannot be shown says why."""
        try:
            body = build()
        except UNREADABLE as error:
            where = f"{self.links.here}: {title}"
            self.survey.documents.troubles.setdefault(where, Trouble(where, reason(error)))
            body = note(f"This cannot be shown: {reason(error)}", "bad")
        if body is None:
            return None
        return el("section", el("h2", title), note(lead) if lead is not None else None, body)

    def whole(self, title: str, build: Callable[[Context], str]) -> str:
        """Return the body of a page; of one that cannot be shown at all, why."""
        try:
            return build(self)
        except UNREADABLE as error:
            self.survey.documents.troubles.setdefault(self.links.here, Trouble(self.links.here, reason(error)))
            return self.page(title, "This page cannot be shown.", [note(reason(error), "bad")])

    def page(self, title: object, lead: object, sections: Iterable[Markup | None]) -> Markup:
        """Return the body of a page: navigation, heading, sections, footer."""
        return join(
            self._navigation(),
            el("header", el("h1", title), el("p", lead, css="lead")),
            *sections,
            self._footer(),
        )

    def _navigation(self) -> Markup:
        record = self.survey.record
        home = self.links.to(INDEX, f"{record.project} · {record.environment}")
        served = self.links.to(SERVED, "What served when")
        return el("nav", el("strong", home), served, self.links.to(LEDGER, "Ledger"))

    def _footer(self) -> Markup:
        record, survey = self.survey.record, self.survey
        said = (
            f"Written from {len(survey.all_events):,} events of the ledger of {record.project} in "
            f"{record.environment}, known up to {survey.end:%Y-%m-%d %H:%M}. "
            "All times are UTC, of the clock that decided."
        )
        return el("footer", said)

"""What has already left: so that nobody's answers leave twice, and no release differs from the last by a handful.

Two releases that each hide everybody can still be subtracted from one another. So a response is in one release only, a
second waits for fifty new counting responses, all releases of a series tell a key at the level that the first one
chose, and the records of each are set against those of every earlier one. The ledger is signed by the authority, and a
release that stands without being in it, or has left it, is found: whoever edits it cannot make anything leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from export.custodian.differencing import contents, exposed
from export.custodian.entries import Entry, Numbering, Telling, digest_of
from export.custodian.epochs import next_chance, wait_for
from export.custodian.ledger_file import (
    KIND,
    LEDGER,
    RELEASES,
    UNFINISHED,
    LedgerRefused,
    left_of,
    noted_in,
    signed_beside,
    standing_in,
)
from export.custodian.recipe import Recipe
from export.custodian.table import RESPONSE, Table
from survey.durable import sync_folder, write_whole
from survey.sealing import SigningKey
from survey.signed import write_signed


class Ledger:
    """The releases of a custodian's folder, oldest first.

    ``cut_off`` has where those belong that were found cut off at their last step, and count from now on.
    """

    def __init__(self, folder: Path, authority: SigningKey) -> None:
        """Read the ledger; a folder without one has released nothing.

        Raises:
            LedgerRefused: it is damaged, was edited, or does not know a release that stands. Without it nobody knows
                what has left.
        """
        self._path, self._authority = folder / LEDGER, authority
        self._releases = folder / RELEASES
        noted = noted_in(folder, authority.public)
        self.entries = [replace(one, out=True) for one in left_of(folder, noted)]
        self._finish([one for one in noted if not one.out])
        unsure = {one.name for one in noted if not one.out}
        self.cut_off = [self._releases / one.name for one in self.entries if one.name in unsure]
        if self.entries != noted:
            # Cut off at the last step: whatever becomes of the folder from now on, what is known of it must stay.
            self._write(self.entries)

    def of(self, series: str) -> list[Entry]:
        """The releases of one series, oldest first."""
        return [entry for entry in self.entries if entry.series == series]

    def levels(self, series: str) -> Mapping[str, str]:
        """The levels that the series is bound to: the first that any release chose for each key."""
        bound: dict[str, str] = {}
        for entry in self.of(series):
            bound = {**entry.levels, **bound}
        return bound

    def numbering(self, series: str) -> Numbering:
        """What the series' files for SPSS and Stata tell columns and values by."""
        told: dict[str, Telling] = {}
        for entry in self.of(series):
            for column, new in entry.numbering.items():
                before = told.get(column, Telling(new.name, {}))
                told[column] = Telling(before.name, {**new.numbers, **before.numbers})
        return told

    def closed(self, series: str) -> str | None:
        """The last month that the series has closed."""
        return max((entry.closes for entry in self.of(series)), default=None)

    def released(self) -> frozenset[bytes]:
        """``digest_of`` every response that has left or never may, in whatever series."""
        return frozenset(digest for entry in self.entries for digest in entry.digests)

    def quoted(self) -> Mapping[str, str]:
        """Hash of every response whose comment left as a quotation, in whatever series -> name of the release."""
        return {digest: entry.name for entry in self.entries for digest in entry.quotations}

    def standing(self, series: str, year: str) -> list[Path]:
        """The folders of the series' releases that closed a month of this year, oldest first.

        Raises:
            LedgerRefused: one is gone, and what it told with it.
        """
        names = standing_in(self._releases)
        of_year = [entry for entry in self.of(series) if entry.closes.startswith(year)]
        for entry in of_year:
            if entry.manifest not in names:
                raise LedgerRefused(
                    f"{self._releases / entry.name} is gone, and the year so far is the sum of what was told. Put a"
                    " copy of it back, or take so_far out of the recipe."
                )
        return [self._releases / names[entry.manifest] for entry in of_year]

    def bound(self, recipe: Recipe) -> None:
        """Refuse a recipe that would tell the series in another way than its first release did.

        Raises:
            LedgerRefused: says which series.
        """
        if any(entry.binding != recipe.binding for entry in self.of(recipe.series)):
            raise LedgerRefused(
                f"The series {recipe.series} was begun with other epochs or hierarchies, and answers told in two ways"
                " could be laid over each other. Use the recipe that it was begun with, or name a new series."
            )

    def enough(self, recipe: Recipe, counting: Mapping[str, int], month: str, waiting: int) -> None:
        """Refuse a release that would differ from the last by too few.

        Args:
            recipe: says how many are enough.
            counting: month -> new counting responses.
            month: this month.
            waiting: responses of an epoch that is not over.

        Raises:
            LedgerRefused: says how many more are needed, and about how long they take.
        """
        earlier, new = self.of(recipe.series), sum(counting.values())
        batch = recipe.thresholds.least_batch if earlier else recipe.thresholds.first_batch
        least = max(batch, recipe.thresholds.k)  # of fewer not one group could be made
        if new < least:
            after = f"since {earlier[-1].name} " if earlier else ""
            left = f" All until {self.closed(recipe.series)} that was here has left." if earlier else ""
            unripe = f" {waiting} more are of an epoch that is not over." if waiting else ""
            raise LedgerRefused(
                f"{new} new responses came from tablets and one-time codes {after}and a release needs {least}."
                f" {wait_for(least - new, counting, month)}{left}{unripe} {next_chance(recipe.epochs, month)}"
            )

    def set_against(
        self, recipe: Recipe, table: Table, counting: Mapping[str, int], month: str, advice: Callable[[bytes, int], str]
    ) -> None:
        """Subtract the records from those of every earlier release of the series, both ways.

        No group may be narrowed below ``k``, nor below the threshold of the tables, which count the same people.

        Args:
            recipe: has both thresholds.
            table: the records.
            counting: month -> new counting responses.
            month: this month.
            advice: from what an earlier release held and how many must be left over to what to recode.

        Raises:
            LedgerRefused: somebody left before, or too few of a group would be left over; says what to recode, and how
                long to wait.
        """
        self.nobody_again(table.frame[RESPONSE])
        now, least = contents(table), max(recipe.thresholds.k, recipe.tables.threshold)
        for entry in self.of(recipe.series):
            found = exposed(now, entry.contents, least)
            if found.groups:
                raise LedgerRefused(
                    f"{found.groups} groups of {entry.name} come again in this release: subtracting one from the other"
                    f" would single out {found.people} people. {wait_for(found.missing, counting, month)}"
                    f" {advice(entry.contents, least)}"
                )

    def nobody_again(self, people: Iterable[bytes]) -> None:
        """Refuse people who left before: tables that share people can be subtracted.

        While nobody is in two releases, cumulative figures are sums of published ones, and their difference is what was
        published anyway.

        Raises:
            LedgerRefused: says how many.
        """
        again = self.released() & {digest_of(response) for response in people}
        if again:
            raise LedgerRefused(
                f"{len(again)} of these people are in an earlier release, and tables that share people can be"
                " subtracted. Nothing was written; report this as a fault of Heard."
            )

    def note(self, entry: Entry) -> None:
        """Write a release down before it is signed: were it the other way round, a power cut would forget it."""
        self._write([*self.entries, entry])

    def forget_unsigned(self) -> None:
        """Strike out the release that was noted last, if it was not put in place: it could not be finished."""
        if self.entries and not self.entries[-1].out:
            self._write(self.entries[:-1])

    def put_in_place(self) -> None:
        """The last noted release stands in its folder."""
        self._write([*self.entries[:-1], replace(self.entries[-1], out=True)])

    def _write(self, entries: list[Entry]) -> None:
        write_whole(self._path, write_signed(KIND, {"releases": [one.to_json() for one in entries]}, self._authority))
        self.entries = entries

    def _finish(self, cut_off: Iterable[Entry]) -> None:
        """Put what was signed in its place: it can be used already, wherever it lies."""
        standing = standing_in(self._releases)
        for entry in cut_off:
            if entry.manifest not in standing and signed_beside(self._releases, entry):
                (self._releases / (UNFINISHED + entry.name)).rename(self._releases / entry.name)
                sync_folder(self._releases)

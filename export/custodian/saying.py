"""What a custodian reads on the screen of what was opened and what was released; counts only, and nobody's answers."""

from __future__ import annotations

from typing import Any

import click

from export.custodian.opening import OpeningReport
from export.custodian.release import Released


def say_opened(report: OpeningReport) -> None:
    """What was opened, what was not and why, and what tallies and links tell beside."""
    click.echo(f"Responses: {report.received} received, {report.opened} passed every check.")
    for why, rows in sorted(report.failed.items()):
        click.echo(f"  left out, {why}: {rows}")
    for digest in sorted(report.unknown_digests):
        click.echo(f"  questionnaire {digest} is in no keys file of this folder; its rows open once it is.")
    if report.people:
        visits = sum(map(len, report.people))
        click.echo(f"People who came back: {len(report.people)}. Responses of theirs: {visits}.")
    click.echo(f"Lesser copies: {report.lesser}. Tallies: {report.tally_rows}. Covers: {report.covers}.")
    if report.behind_links:
        began = report.behind_links["started"]
        click.echo(f"By links, without scripts: {began} began. Who answers with scripts is not counted: no rate.")
    differences = report.differences()
    for place, month, told, found in differences:
        click.echo(f"  {place}, {month}: tallies tell {told} kept on tablets, {found} were opened.")
    if differences:
        click.echo("  A tally may come a packet later than its answers. A gap that stays: ask at that place.")


def say_released(released: Released) -> None:
    """What has left, and what has not."""
    click.echo(f"Release {released.name}: {released.folder}")
    click.echo(
        f"  {released.records} records, {released.suppressed_cells} cells blanked, {released.left_out} left out."
    )
    if released.passed_over:
        click.echo(f"  Never leave, since another of the same person stands for them: {released.passed_over}.")
    if released.waiting:
        click.echo(f"  {released.waiting} responses wait for the end of their epoch.")
    for key, level in sorted(released.levels.items()):
        click.echo(f"  {key} is told by {level}")


def summary(report: OpeningReport, released: Released) -> dict[str, Any]:
    """The same in numbers, for ``--json``."""
    return {
        "received": report.received,
        "tallies": dict(report.tallies),
        "opened": report.opened,
        "released_rows": released.records,
        "suppressed_cells": released.suppressed_cells,
        "release": released.name,
    }

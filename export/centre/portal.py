"""The releases: analysts see and pull them, a publisher makes one public, and then everybody reads its public files.

No page needs a script. Every pull of somebody who is signed in is in the audit log, with the full time, before its
first byte leaves; of everybody else nothing is written down. Each file is hashed against the signed manifest first
(``releases.opened``).
"""

from __future__ import annotations

import csv
import io
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice

from flask import Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from export.centre.codebook import Column, columns_of
from export.centre.guard import page
from export.centre.instance import Centre
from export.centre.people import People
from export.centre.releases import NoSuchRelease, Releases
from export.centre.sending import sent
from export.centre.sign_ins import Person
from export.manifest import MANIFEST, PUBLIC_LIST, Manifest, ReleaseRefused

_CODEBOOK, _RECORDS = "codebook.json", "records.csv"
_PREVIEWED = 10
FILES = {
    "records.csv": "the records, as text",
    "records.xlsx": "the records, as a spreadsheet",
    "records.parquet": "the records, for R, Python and databases",
    "records.sav": "the records, for SPSS",
    "records.dta": "the records, for Stata",
    _CODEBOOK: "every column: what was asked, of whom, and what the answers mean",
    "tables.xlsx": "the tables, to read",
    "counts.csv": "how many were asked, and how many cards were printed: what a rate is of",
    "figures.csv": "every figure of the tables, one a line",
    "themes.csv": "what people wrote about, counted",
    "quotations.csv": "what two people let out of what was written",
    MANIFEST: "what belongs to the release, signed by the custodian",
    PUBLIC_LIST: "the files that may become public, signed by the custodian",
}
_SIZES = ((1_000_000, "MB"), (1_000, "kB"))


@dataclass(frozen=True)
class File:
    """One file of a release, as the page lists it."""

    name: str
    what: str
    size: str


@dataclass(frozen=True)
class Portal:
    """The views of releases."""

    centre: Centre
    people: People

    def releases(self, person: Person) -> AnyResponse:
        """GET /releases/."""
        sent_page = page("releases.html", person, releases=self._listed(), public=self.people.public())
        return make_response(sent_page)

    def release(self, person: Person, name: str) -> AnyResponse:
        """GET /releases/<name>/: what it holds, what its columns mean, and the first records for an analyst."""
        manifest = self._published().named(name)
        files = _files_for(person, manifest)
        return make_response(
            page(
                "release.html",
                person,
                release=manifest,
                files=self._described(manifest, files),
                listed_in=next((one for one in (MANIFEST, PUBLIC_LIST) if one in files), None),
                is_public=name in self.people.public(),
                columns=self._columns(manifest) if _CODEBOOK in files else [],
                preview=self._preview(person, manifest),
            )
        )

    def pull(self, person: Person, name: str, file: str) -> AnyResponse:
        """GET /releases/<name>/<file>, and /api/releases/<name>/<file> for programs."""
        manifest = self._published().named(name)
        if file not in _files_for(person, manifest):
            raise NoSuchRelease(f"There is no {file} in {manifest.name} for you.")
        return self._pulled(manifest, file, person)

    def make_public(self, person: Person, name: str) -> AnyResponse:
        """POST /releases/<name>/public: from now on everybody may read its public files."""
        manifest = self._published().named(name)
        if not manifest.public or "sure" not in request.form:
            return redirect(url_for("release", name=manifest.name), HTTPStatus.SEE_OTHER)
        with self.people.together():
            if self.people.make_public(manifest.name):
                self.centre.audit.note(person.name, "made public", manifest.name)
        return redirect(url_for("release", name=manifest.name), HTTPStatus.SEE_OTHER)

    def api_releases(self, _person: Person) -> AnyResponse:
        """GET /api/releases with ``Authorization: Bearer TOKEN``."""
        return jsonify(releases=[_as_json(manifest) for manifest in self._listed()])

    def api_authority(self, _person: Person) -> AnyResponse:
        """GET /api/authority: the key that signs releases, to be compared with the custodian's words."""
        return jsonify(authority=self._published().authority.hex())

    def public(self) -> AnyResponse:
        """GET /public/: the releases that everybody may read."""
        public = self.people.public()
        listed = [manifest for manifest in self._listed() if manifest.name in public]
        return make_response(render_template("public.html", releases=listed, public_list=PUBLIC_LIST))

    def public_pull(self, name: str, file: str) -> AnyResponse:
        """GET /public/<name>/<file>: nothing is written down about who reads it."""
        if name not in self.people.public():
            abort(HTTPStatus.NOT_FOUND)
        manifest = self._published().named(name)
        if file not in manifest.public:
            abort(HTTPStatus.NOT_FOUND)
        return self._pulled(manifest, file, None)

    def _published(self) -> Releases:
        releases = self.centre.releases()
        if releases is None:
            raise NoSuchRelease("Nothing has been published here yet.")
        return releases

    def _listed(self) -> list[Manifest]:
        releases = self.centre.releases()
        return [] if releases is None else releases.listed()

    def _pulled(self, manifest: Manifest, untrusted_file: str, person: Person | None) -> Response:
        with ExitStack() as unsent:
            file = unsent.enter_context(self._published().opened(manifest, untrusted_file))
            response = sent(file, manifest, untrusted_file)
            # A look at its size, or an answer such as 'you have it already', takes no byte along, and is no pull.
            takes = request.method != "HEAD" and response.status_code in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}
            if person is not None and takes:
                begins = response.content_range.start
                resumed = f" from byte {begins}" if begins else ""
                self.centre.audit.note(person.name, "pull", f"{manifest.name}/{untrusted_file}{resumed}")
            unsent.pop_all()
        return response

    def _described(self, manifest: Manifest, names: list[str]) -> list[File]:
        sizes = self._published().sizes(manifest)
        return [File(name, FILES.get(name, ""), _size(sizes[name])) for name in names if name in sizes]

    def _columns(self, manifest: Manifest) -> list[Column]:
        try:
            with self._published().opened(manifest, _CODEBOOK) as file:
                return columns_of(file.read())
        except (NoSuchRelease, ReleaseRefused, ValueError):
            return []  # the files are what matters; a release without a codebook of ours still lists them

    def _preview(self, person: Person, manifest: Manifest) -> list[list[str]]:
        if person.role != "analyst" or _RECORDS not in manifest.files:
            return []
        with self._published().opened(manifest, _RECORDS) as file:
            self.centre.audit.note(person.name, "preview", f"{manifest.name}/{_RECORDS}")
            lines = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""))
            return list(islice(lines, _PREVIEWED + 1))


def _files_for(person: Person, manifest: Manifest) -> list[str]:
    # A publisher decides about what everybody may read, and needs no records for that.
    return [*sorted(manifest.files), MANIFEST] if person.role == "analyst" else sorted(manifest.public)


def _size(count: int) -> str:
    for unit, name in _SIZES:
        if count >= unit:
            return f"{count / unit:,.1f} {name}"
    return f"{count} bytes"


def _as_json(manifest: Manifest) -> dict[str, object]:
    return {"name": manifest.name, "series": manifest.series, "records": manifest.records,
            "made_up": manifest.made_up, "files": dict(manifest.files), "manifest": MANIFEST}  # fmt: skip

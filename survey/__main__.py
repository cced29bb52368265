"""``python -m survey``: the verbs of whoever writes a questionnaire or wants to see the whole system at work."""

from __future__ import annotations

from survey.verbs import LazyVerbs

VERBS = {
    "demo": ("survey.demo", "demo", "Centre and one tablet on this machine, with made-up respondents."),
    "check": ("survey.checking", "check", "Check a questionnaire: every fault, and what to do."),
    "languages": ("survey.translating", "languages", "How far each language is; files for translators."),
    "clips": ("survey.speaking", "clips_verb", "What is read aloud, in which languages; new clips."),
}
main = LazyVerbs(VERBS, "Check a questionnaire, or see the whole system at work.")

if __name__ == "__main__":
    main(prog_name="python -m survey")

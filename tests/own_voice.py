"""A phone's own voices, for tests: no sound card is asked, and what would be heard can be read."""

from __future__ import annotations

from screens import victim_voice

from survey.languages import tag

EVERYWHERE = [{"localService": True, "lang": tag(each)} for each in victim_voice().languages]
"""A voice on the device for every language."""
ELSEWHERE = [{**voice, "localService": False} for voice in EVERYWHERE]
"""The same, spoken by somebody's server."""

VOICES = """
    window.said = [];
    window.voices = %s;
    window.SpeechSynthesisUtterance = class extends EventTarget { constructor(text) { super(); this.text = text; } };
    speechSynthesis.getVoices = () => window.voices;
    speechSynthesis.speak = (each) => {
        window.said.push([each.text, each.lang]);
        window.first ??= each;
        window.last = each;
    };
    speechSynthesis.cancel = () => window.said.push("quiet");
"""
"""Before a page: what is said, each text with its language, and ``quiet`` where it was stopped."""
OTHERS = """voices => {
    window.voices = voices;
    speechSynthesis.dispatchEvent(new Event("voiceschanged"));
}"""
"""Later: other voices are there, and the browser tells so."""
HIDDEN = """() => {
    Object.defineProperty(document, "hidden", { configurable: true, value: true });
    Object.defineProperty(document, "visibilityState", { configurable: true, value: "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
"""Out of sight, as behind another tab or a locked screen; a browser without a screen has no such thing."""

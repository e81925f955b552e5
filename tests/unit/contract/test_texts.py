"""Texts with values, some of which are texts themselves."""

from mailhub.contract.texts import TranslationStringFactory, _, plain, with_values


def test_a_text_is_english_with_its_values() -> None:
    assert plain(_("There is no account ${name}.", mapping={"name": "sales"})) == "There is no account sales."
    assert plain("as it is ${name}") == "as it is ${name}"


def test_a_value_that_is_a_text_gets_its_own_values() -> None:
    reason = _("mode ${mode}", mapping={"mode": "0644"})
    assert plain(_("Refused: ${reason}.", mapping={"reason": reason, "n": 1})) == "Refused: mode 0644."


def test_values_are_worded_and_the_text_stays_what_it_is() -> None:
    inner = _("inner")
    text = TranslationStringFactory("mailhub-fax")("Outer ${inner} ${n}", mapping={"inner": inner, "n": 7})
    worded = with_values(text, lambda each: f"<{each}>")

    assert worded.interpolate() == "Outer <inner> 7"
    assert (str(worded), worded.domain) == ("Outer ${inner} ${n}", "mailhub-fax")
    assert text.mapping == {"inner": inner, "n": 7}

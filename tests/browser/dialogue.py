"""Going through a dialogue of Home Assistant as a user does: look, type, click on."""

from collections.abc import Mapping

from playwright.sync_api import Locator, Page

from .screen import Field, Screen, look_at

MOST_STEPS = 15
LOOK_EVERY_MS = 150
MOST_LOOKS = 200
WAITING = ("", "loading", "progress")
"""What is shown in place of a step that is not there yet."""

ON = "on"
OFF = "off"

type Answers = Mapping[str, str]
"""The key of a field to what is typed, or chosen by its label, or ON or OFF.

Fields without an answer keep what they suggest."""


def go_through(page: Page, answers: Answers, *choices: str) -> list[Screen]:
    """Answer the open dialogue to its end; return what was seen, step by step.

    `choices` are the entries to take of menus, by their label.
    """
    dialogue = page.locator("dialog-data-entry-flow")
    screens: list[Screen] = []
    while len(screens) < MOST_STEPS:
        screen = _seen(page, dialogue)
        screens.append(screen)
        assert not screen.errors, f"{screen.step}: {screen.errors}\n{screen.text}"
        if screen.kind == "menu":
            wanted = next(label for label in choices if label in screen.text)
            dialogue.get_by_text(wanted, exact=True).click()
        else:
            _answer(dialogue, screen, answers)
            which = "secondary" if screen.kind == "abort" else "primary"
            dialogue.locator(f"[slot={which}Action]").first.click()
        if not _goes_on(page, dialogue, screen):
            return screens
    message = f"the dialogue does not end: {[screen.step for screen in screens]}"
    raise AssertionError(message)


def _seen(page: Page, dialogue: Locator) -> Screen:
    """Return the step that is shown, with what is folded up unfolded."""
    _settled(page, dialogue)
    for panel in dialogue.locator("ha-expansion-panel").all():
        if not panel.evaluate("panel => panel.expanded"):
            panel.locator("[slot=header]").click()
    return _settled(page, dialogue)


def _settled(page: Page, dialogue: Locator) -> Screen:
    """Return what is seen once a step is there and moves no more."""
    before: Screen | None = None
    for _ in range(MOST_LOOKS):
        page.wait_for_timeout(LOOK_EVERY_MS)
        now = look_at(dialogue)
        if now == before and now.kind not in WAITING:
            return now
        before = now
    message = f"the dialogue does not settle: {before}"
    raise AssertionError(message)


def _answer(dialogue: Locator, screen: Screen, answers: Answers) -> None:
    selectors = dialogue.locator("ha-selector:visible")
    for index, field in enumerate(screen.fields):
        if field.name in answers:
            _fill(selectors.nth(index), field, answers[field.name])


def _fill(selector: Locator, field: Field, answer: str) -> None:
    if field.kind == "boolean":
        switch = selector.get_by_role("switch")
        if switch.is_checked() is not (answer == ON):
            selector.locator("ha-switch").click()
    elif field.kind != "select":
        selector.locator("input").fill(answer)
    elif selector.locator("ha-picker-field").count():
        selector.locator("ha-picker-field").click()
        selector.locator("ha-dropdown-item").filter(has_text=answer).click()
    else:
        selector.get_by_text(answer).click()


def _goes_on(page: Page, dialogue: Locator, before: Screen) -> bool:
    """Wait for another step, an error or the end; tell whether it is not the end."""
    for _ in range(MOST_LOOKS):
        page.wait_for_timeout(LOOK_EVERY_MS)
        if not dialogue.locator("ha-dialog").count():
            return False
        now = look_at(dialogue)
        if now.kind not in WAITING and (
            now.errors or (now.kind, now.step) != (before.kind, before.step)
        ):
            return True
    message = f"nothing comes after {before.step}"
    raise AssertionError(message)

"""My profile: how I like it, my password, the browsers I am signed in at."""

from zoneinfo import available_timezones

from mailhub.contract.texts import Text, _
from mailhub.errors import Invalid, NotFound, RevisionStale, TooManyRequests
from mailhub.people.browsers import browser_of
from mailhub.people.permissions import Permission
from mailhub.people.schema import MeFields, PasswordChange
from mailhub.people.service import MeService, SessionsService
from mailhub.web.answers import Answer, Redirect, Shown
from mailhub.web.forms import Form, FormRefused, Look
from mailhub.web.page import page
from mailhub.web.request import PageRequest

_PROFILE = (_("My profile"), "/me")
_LANGUAGES: dict[str, Text] = {"en": "English", "fr": "Français"}
_MOST_SESSIONS = 100


@page("GET", "/me", permission=Permission.SELF)
def show_profile(request: PageRequest) -> Answer:
    form = _profile_form(request)
    form.fill(_fields_of(request))
    return _profile_page(request, form)


@page("POST", "/me", permission=Permission.SELF)
def change_profile(request: PageRequest) -> Answer:
    form = _profile_form(request)
    form.fill(_fields_of(request))
    try:
        values = form.read(request.posted)
        request.check_revision(request.user.revision)
        request.work.service(MeService).change_me(values)
    except FormRefused:
        return _profile_page(request, form, 422)
    except Invalid as refused:
        form.refuse(refused)
        return _profile_page(request, form, 422)
    except RevisionStale as refused:
        form.hidden["revision"] = request.user.revision
        form.refuse(
            Invalid.of(
                "", refused.code, _("You changed this elsewhere meanwhile. Look at it, then save again.")
            )
        )
        return _profile_page(request, form, 412)
    request.flash(_("Your profile was saved."))
    return Redirect("/me")


@page("GET", "/me/password", permission=Permission.SELF, is_for_new_password=True)
def show_password(request: PageRequest) -> Answer:
    return _password_page(request, _password_form(request))


@page("POST", "/me/password", permission=Permission.SELF, is_for_new_password=True)
def change_password(request: PageRequest) -> Answer:
    form = _password_form(request)
    try:
        values = form.read([each for each in request.posted if each[0] not in _OWN_CONTROLS])
        _require_same(values["new"], request.posted_value("again"))
        request.work.service(MeService).change_password(
            values["old"],
            values["new"],
            keep_session=request.session.id,
            end_other_sessions=request.posted_value("end_others") == "yes",
        )
    except FormRefused:
        return _password_page(request, form, 422)
    except Invalid as refused:
        form.refuse(refused)
        return _password_page(request, form, 422)
    except TooManyRequests as refused:
        form.refuse(Invalid.of("", refused.code, refused.message))
        return _password_page(request, form, 429)
    request.flash(_("Your password was changed."))
    return Redirect("/")


@page("POST", "/me/sessions/{id}/end", permission=Permission.SELF)
def end_session(request: PageRequest) -> Answer:
    try:
        request.work.service(SessionsService).end_session(request.path["id"])
    except NotFound:
        request.flash(_("That browser was signed out already."), "info")
    else:
        request.flash(_("That browser is signed out."))
    if request.path["id"] == request.session.id:
        request.is_session_over = True
        return Redirect("/sign-in")
    return Redirect("/me#sessions")


@page("POST", "/me/sessions/end-others", permission=Permission.SELF)
def end_other_sessions(request: PageRequest) -> Answer:
    ended = request.work.service(SessionsService).end_all(keep=request.session.id)
    if ended:
        request.flash(_("You are signed out of all other browsers."))
    else:
        request.flash(_("You are signed in nowhere else."), "info")
    return Redirect("/me#sessions")


_OWN_CONTROLS = frozenset({"again", "end_others"})


def _fields_of(request: PageRequest) -> dict[str, str]:
    user = request.user
    return {"language": user.language, "theme": user.theme, "time_zone": user.time_zone}


def _profile_form(request: PageRequest) -> Form:
    zones = [
        (name, name.replace("_", " ")) for name in sorted(available_timezones() | {request.user.time_zone})
    ]
    languages = {request.user.language: request.user.language, **_LANGUAGES}
    return Form(
        MeFields(),
        request,
        id="profile",
        action="/me",
        submit=_("Save"),
        hidden={"revision": request.user.revision},
        widgets={
            "language": Look(choices=tuple(languages.items()), columns=6),
            "time_zone": Look(choices=zones, columns=6, as_radio=False),
        },
    )


def _profile_page(request: PageRequest, form: Form, status: int = 200) -> Answer:
    sessions, _place = request.work.service(SessionsService).list_sessions(_MOST_SESSIONS)
    values = {
        "user": request.user,
        "form": form,
        "sessions": [(session, _browser_text(session.user_agent)) for session, _ends_at in sessions],
        "current_id": request.session.id,
    }
    return Shown("mailhub.people:templates/profile.jinja2", values, title=_("My profile"), status=status)


def _browser_text(user_agent: str) -> Text:
    browser, system = browser_of(user_agent)
    if browser is None:
        return user_agent or _("Unknown browser")
    if system is None:
        return browser
    return _("${browser} on ${system}", mapping={"browser": browser, "system": system})


def _password_form(request: PageRequest) -> Form:
    return Form(
        PasswordChange(),
        request,
        id="password",
        action="/me/password",
        submit=_("Change the password"),
        widgets={
            "old": Look(autocomplete="current-password"),
            "new": Look(autocomplete="new-password"),
        },
    )


def _password_page(request: PageRequest, form: Form, status: int = 200) -> Answer:
    is_first = request.user.must_change_password
    values = {"form": form, "is_first": is_first, "login": request.user.login}
    title = _("Choose your own password") if is_first else _("Change my password")
    crumbs = () if is_first else (_PROFILE,)
    template = "mailhub.people:templates/password.jinja2"
    return Shown(template, values, title=title, crumbs=crumbs, status=status)


def _require_same(new: str, again: str) -> None:
    if new != again:
        raise Invalid.of(
            "/new", "password.differs", _("Both new passwords must be the same. Type them once more.")
        )

"""The page on which a person says how the desk should look."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from properties.choices import Theme
from properties.preferences import Preferences, keep_preferences, preferences_of

CLOCKS = [("24", "24 hours, 15:00"), ("12", "12 hours, 3:00 pm")]


class PreferencesForm(forms.Form):
    """What may be chosen."""

    theme = forms.ChoiceField(
        choices=Theme.choices, required=False, widget=forms.RadioSelect, label="Colours"
    )
    clock = forms.ChoiceField(choices=CLOCKS, widget=forms.RadioSelect, label="Clock")
    shows_utc = forms.BooleanField(required=False, label="Show UTC beside each time")
    has_shortcuts = forms.BooleanField(required=False, label="Keyboard shortcuts")

    def chosen(self) -> Preferences:
        """Return what was chosen; for valid forms."""
        values = self.cleaned_data
        return Preferences(
            values["theme"],
            has_shortcuts=values["has_shortcuts"],
            twelve_hours=values["clock"] == "12",
            shows_utc=values["shows_utc"],
        )


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    """Show and keep how this person likes the desk."""
    user_id = request.user.pk
    if user_id is None:
        return redirect("login")
    current = preferences_of(user_id, request.session)
    form = PreferencesForm(
        request.POST or None,
        initial={
            "theme": current.theme,
            "clock": "12" if current.twelve_hours else "24",
            "shows_utc": current.shows_utc,
            "has_shortcuts": current.has_shortcuts,
        },
    )
    if request.method == "POST" and form.is_valid():
        keep_preferences(user_id, request.session, form.chosen())
        messages.success(request, "Preferences saved.")
        return redirect("preferences")
    return render(
        request,
        "properties/preferences.html",
        {"form": form, "preferences": current},
        status=422 if request.method == "POST" else 200,
    )

"""Where clouds send their webhooks: one address for each account."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from properties import notices
from properties.models import ProviderAccount


@csrf_exempt
@require_POST
def receive(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Take a webhook: 204 for one that is believed, also the second time; else 401.

    An account that does not exist answers as a wrong signature does, so that nobody learns which
    there are.
    """
    account = ProviderAccount.objects.filter(uid=uid).first()
    if account is None:
        return HttpResponse(status=401)
    is_believed = notices.receive(account, request.headers, request.body, timezone.now())
    return HttpResponse(status=204 if is_believed else 401)

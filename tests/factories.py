"""The smallest valid rows. What matters to a test is written in the test."""

import uuid

import factory
from django.contrib.auth import get_user_model

from accesscodes.choices import Kind, Status
from accesscodes.models import AccessCode
from locksite.masked import Pin
from locksite.partners.models import ApiKey, WebhookDelivery, WebhookEndpoint
from locksite.pins import index_of, seal
from properties.choices import ProviderKind, Role
from properties.models import Device, Membership, Property, ProviderAccount, VirtualLock
from properties.providers.base import Capabilities
from tests.clock import START


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    password = factory.django.Password("a long enough password")


class PropertyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Property

    slug = factory.Sequence(lambda n: f"house-{n}")
    name = factory.Sequence(lambda n: f"House {n}")
    time_zone = "Europe/Berlin"


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    property = factory.SubFactory(PropertyFactory)
    role = Role.FRONT_DESK


class AccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProviderAccount

    kind = ProviderKind.VIRTUAL
    name = "Virtual locks"


class DeviceFactory(factory.django.DjangoModelFactory):
    """A lock that keeps windows, shows PINs, and takes codes of 4 to 6 digits."""

    class Meta:
        model = Device

    property = factory.SubFactory(PropertyFactory)
    account = factory.SubFactory(AccountFactory)
    remote_id = factory.Sequence(lambda n: f"lock-{n}")
    reported_name = factory.Sequence(lambda n: f"Apartment {n}")
    device_type = "august_lock"
    flags = factory.LazyFunction(lambda: {"can_program_online_access_codes": True})
    properties = factory.LazyFunction(
        lambda: {"online": True, "supported_code_lengths": [4, 5, 6], "code_constraints": []}
    )
    capability_facts = factory.LazyFunction(
        lambda: Capabilities(keeps_window=True, max_codes=20).as_json()
    )
    reported_at = START
    last_read_at = START


class VirtualLockFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = VirtualLock

    account = factory.SubFactory(AccountFactory)
    make = "august"
    name = factory.Sequence(lambda n: f"Apartment {n}")
    answer_min = 0
    answer_max = 0


class AccessCodeFactory(factory.django.DjangoModelFactory):
    """A row as it stands in the database; to issue a code as people do, use `services`."""

    class Meta:
        model = AccessCode

    device = factory.SubFactory(DeviceFactory)
    created_at = START
    name = "Lena Okafor"
    kind = Kind.ONGOING
    status = Status.SETTING
    created_by = "mara"
    created_by_kind = "staff"

    @classmethod
    def _create(cls, model_class, *args, digits="482915", **kwargs):
        code = model_class(*args, **kwargs)
        if digits:
            code.pin = seal(Pin(digits), bound_to=code.uid)
            code.pin_index = index_of(code.device.uid, Pin(digits))
        code.save()
        return code


class ApiKeyFactory(factory.django.DjangoModelFactory):
    """A key whose text nobody knows; to make one that can be used, use `services`."""

    class Meta:
        model = ApiKey

    name = "Channel manager"
    digest = factory.LazyFunction(lambda: uuid.uuid4().hex * 2)
    is_unlimited = True


WEBHOOK_SECRET = "whsec_dGVzdHMgb25seSB0ZXN0cyBvbmx5IHRlc3RzIG9ubHk="


class WebhookEndpointFactory(factory.django.DjangoModelFactory):
    """Wants everything."""

    class Meta:
        model = WebhookEndpoint

    uid = factory.LazyFunction(uuid.uuid4)
    api_key = factory.SubFactory(ApiKeyFactory)
    url = "https://partner.example/hooks"
    event_types = factory.LazyFunction(lambda: ["*"])
    secret = factory.LazyAttribute(lambda row: seal(Pin(WEBHOOK_SECRET), bound_to=row.uid))
    created_at = START


class WebhookDeliveryFactory(factory.django.DjangoModelFactory):
    """Waits to be sent."""

    class Meta:
        model = WebhookDelivery

    uid = factory.LazyFunction(uuid.uuid4)
    endpoint = factory.SubFactory(WebhookEndpointFactory)
    event_uid = factory.LazyFunction(uuid.uuid4)
    event_type = "access_code.set_on_device"
    body = factory.LazyAttribute(
        lambda row: seal(Pin('{"event_id":"x","event_type":"y"}'), bound_to=row.uid)
    )
    due_at = START
    created_at = START

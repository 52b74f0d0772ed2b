"""Settings in groups: a component asks for the group that it needs, a service for the groups of its components."""

from meadow.settings import EnvironmentSettings, GatewayAddress, PageAddresses
from meadow_core.settings.flower import FlowerSettings
from meadow_core.settings.services import ApiSettings, TrainerSettings, WorkerSettings


class Settings(ApiSettings, WorkerSettings, TrainerSettings, PageAddresses, FlowerSettings, GatewayAddress):
    """Every setting of every service, as the embedded stack passes them on."""


def setting_groups() -> list[tuple[type[EnvironmentSettings], list[str]]]:
    """List the groups with the names of the settings that each adds; those that several services need come first."""
    groups = [group for group in Settings.__mro__ if issubclass(group, EnvironmentSettings)]
    listed = [(group, [name for name in Settings.model_fields if name in group.__annotations__]) for group in groups]
    return [(group, names) for group, names in reversed(listed) if names]

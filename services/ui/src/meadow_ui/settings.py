"""The settings of the pages."""

from meadow.settings import GatewayAddress, ImageLimits, PageAddresses


class PageSettings(GatewayAddress, ImageLimits, PageAddresses):
    """Where the pages are and what they talk to; everything else they ask the gateway."""

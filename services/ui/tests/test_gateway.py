from meadow.client.testing import FakeGateway
from meadow.settings import load_settings
from meadow_ui.gateway import page_client, picture_sender


def test_connections_are_shared_until_the_settings_change(gateway: FakeGateway) -> None:
    settings = load_settings()
    assert page_client(settings) is page_client(settings)
    assert picture_sender(settings) is picture_sender(settings)
    other = settings.model_copy(update={"api_url": f"{gateway.url}/elsewhere"})
    assert page_client(other) is not page_client(settings)
    assert page_client(settings).current_model().ref.version == "3"

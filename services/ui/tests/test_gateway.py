from fake_gateway import FakeGateway
from meadow_ui.gateway import page_client, picture_sender
from meadow_ui.settings import PageSettings


def test_connections_are_shared_until_the_settings_change(gateway: FakeGateway) -> None:
    settings = PageSettings.load()
    assert page_client(settings) is page_client(settings)
    assert picture_sender(settings) is picture_sender(settings)
    other = settings.model_copy(update={"api_url": f"{gateway.url}/elsewhere"})
    assert page_client(other) is not page_client(settings)
    assert page_client(settings).current_model().ref.version == "3"

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meadow_api.file_names import MAX_NAME_CHARACTERS, disposition_name, header_name, plain_name

NAME = "wiese ü.jpg"


@pytest.mark.parametrize(
    "written",
    [
        f'filename="{NAME}"'.encode(),
        f'filename="{NAME}"'.encode("latin-1"),
        b"filename*=UTF-8''wiese%20%C3%BC.jpg",
        b"filename*=utf-8'de'wiese%20%c3%bc.jpg; filename=wiese.jpg",
        b"filename=\"wiese ?.jpg\"; filename*=UTF-8''wiese%20%C3%BC.jpg",
        b"filename*=ISO-8859-1'de'wiese%20%FC.jpg",
        b"filename*0*=UTF-8''wiese; filename*1*=%20%C3%BC.jpg",
        b'filename="=?UTF-8?B?d2llc2Ugw7wuanBn?="',
        b'filename="=?utf-8?q?wiese_=C3=BC=2Ejpg?="',
        b'filename="=?iso-8859-1?Q?wiese_=FC.jpg?="',
        b'filename="wiese%20%C3%BC.jpg"',
        f'filename="C:\\photos\\{NAME}"'.encode(),
    ],
)
def test_a_name_is_read_in_every_encoding_in_use(written: bytes) -> None:
    assert disposition_name(b'form-data; name="image"; ' + written) == NAME


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (b'filename="50%20off.jpg"', "50%20off.jpg"),  # no browser writes a space so: it is the file's own name
        (b'filename="a%22b.jpg"', 'a"b.jpg'),
        (b'filename="a\\"b;c.jpg"', 'a"b;c.jpg'),
        (b'filename="a%0D%0Ab.jpg"', "a\\r\\nb.jpg"),
        (b"filename=lawn.jpg", "lawn.jpg"),
        (b"FileName=lawn.jpg", "lawn.jpg"),
        (b'filename=""', ""),
        (b"filename*=UTF-8''; filename=lawn.jpg", "lawn.jpg"),
        (b"filename*=lawn.jpg", "lawn.jpg"),
        (b"filename*=no-charset''a%FCb.jpg", "aüb.jpg"),
        (b'filename="=?no-charset?B?YQ==?="', "a"),
        (b'filename="a\x00\x1b[31m.jpg"', "a\\x00\\x1b[31m.jpg"),
        (b'name="image"', None),
    ],
)
def test_odd_names_are_read_for_what_they_are(written: bytes, name: str | None) -> None:
    assert disposition_name(b"form-data; " + written) == name


@pytest.mark.parametrize(
    "written",
    [b"wiese%20%C3%BC.jpg", NAME.encode(), NAME.encode("latin-1"), b"UTF-8''wiese%20%C3%BC.jpg", b"wiese%20%FC.jpg"],
)
def test_a_header_of_its_own_may_be_percent_encoded_or_not(written: bytes) -> None:
    assert header_name(written) == NAME


@given(
    st.binary(max_size=80),
    st.sampled_from([b"", b"filename=", b"filename*=", b'filename="=?utf-8?b?', b"filename*0*="]),
)
def test_no_bytes_are_more_than_a_name(raw: bytes, before: bytes) -> None:
    for name in (disposition_name(b"form-data; " + before + raw), plain_name(raw), header_name(raw)):
        if name is not None:
            name.encode()
            assert len(name) <= MAX_NAME_CHARACTERS
            assert not any(character < " " or character == "\x7f" for character in name)

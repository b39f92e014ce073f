import pytest

from apps.actions.sandbox.output import CappedOutput, cut_mark


def shown(limit, *chunks):
    printed: list[bytes] = []
    output = CappedOutput(limit, printed.append)
    for chunk in chunks:
        output.feed(chunk)
    return b"".join(printed), output.cut


def test_output_up_to_the_limit_is_shown_whole():
    assert shown(6, b"abc", b"def") == (b"abcdef", False)


@pytest.mark.parametrize(
    ("chunks", "kept"),
    [((b"abc\ndef", b"x"), b"abc\nde\n"), ((b"abcde\n", b"x"), b"abcde\n"), ((b"x" * 50,), b"xxxxxx\n")],
)
def test_beyond_it_stands_one_line(chunks, kept):
    assert shown(6, *chunks, b"more", b"more") == (kept + cut_mark(6), True)


def test_the_mark_names_the_size():
    assert cut_mark(4 * 1024**2) == b"[log cut at 4 MiB]\n"

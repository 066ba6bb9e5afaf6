import pytest

from probewright.targets.echo_reply import Echo, Span, Unclear, span_by_ids, span_by_text


def echo(text: str, tokens: list[str]) -> Echo:
    return Echo(text, tuple(tokens), (None, *[-1.0] * (len(tokens) - 1)))


@pytest.mark.parametrize(
    ("prefix", "option", "generated", "tokens", "span"),
    [
        ("2+2=", " 4", "!", ["2", "+", "2", "=", " 4", "!"], Span(5, 1)),
        ("2+2=", " four", "!", ["2+2", "=", " fo", "ur", "!"], Span(4, 2)),
        ("2+2=", " 4", "!", ["<s>", "2", "+", "2", "=", " 4", "!"], Span(6, 1)),
        ("2+2=", " 4", "", ["2+2", "=", " 4", "</s>"], Span(3, 1)),
        ("2+2=", " 4", "", ["2+2", "=", " 4"], Span(3, 1)),
        ("a a a", " a", " a", ["a", " a", " a", " a", " a"], Span(4, 1)),
        ("a a a", " a", "", ["a", " a", " a", " a"], Span(4, 1)),
        ("é 🙂 is", " 🙂", "!", ["é", " \ufffd", "\ufffd", " is", " 🙂", "!"], Span(5, 1)),
    ],
)
def test_the_options_tokens_are_those_that_spell_it(
    prefix: str, option: str, generated: str, tokens: list[str], span: Span
) -> None:
    assert span_by_text(echo(prefix + option + generated, tokens), prefix, option) == span


@pytest.mark.parametrize(
    ("prefix", "option", "tokens"),
    [
        ("2+2=", " 4", ["2+2", "= 4", "!"]),  # one token across the boundary
        ("2+2=", "4", ["2+2", "=4", "!"]),
        ("2+2=", " 4", ["▁2", "+2", "=", "▁4", "!"]),  # raw pieces of SentencePiece
        ("2+2=", " 4", ["2", "+2", "=", "4", "!"]),  # printed without the space
        ("2+2= ", "4", ["2", "+2", "=", "4", "!"]),  # the last one is " 4"
        ("Is it", " 🙂", ["Is", " it", " \ufffd", "\ufffd", "!"]),  # pieces of a character
        ("Is it", " 🙂", ["Is", " it", "", " 🙂", "!"]),  # an empty piece that belongs to the option
        ("1.", " Carol", ["<s>", "", "1", ".", "\n Carol", " has"]),  # as vLLM 0.4 printed Llama 2
        ("2+2=", " 4", ["<s>", " 4", "!"]),
        ("2+2=", " 4", [" 4", "!"]),
        ("2+2=", " 4", ["4", "!"]),
    ],
)
def test_tokens_that_do_not_show_the_boundary_are_unclear(prefix: str, option: str, tokens: list[str]) -> None:
    with pytest.raises(Unclear):
        span_by_text(echo(prefix + option + "!", tokens), prefix, option)


def test_ids_behind_those_of_the_prefix_are_the_options() -> None:
    assert span_by_ids((1, 2), (1, 2, 3, 4), " x") == Span(4, 2)


@pytest.mark.parametrize(("prefix", "whole"), [((1, 2), (1, 9, 3)), ((1, 2), (1, 2)), ((1, 2), (1,)), ((), (1, 2))])
def test_ids_that_change_with_the_option_are_unclear(prefix: tuple[int, ...], whole: tuple[int, ...]) -> None:
    with pytest.raises(Unclear, match="' x'"):
        span_by_ids(prefix, whole, " x")


def test_a_sum_is_over_the_span_alone() -> None:
    known = Echo("", ("a", "b", "c", "d"), (None, -1.0, -0.25, -8.0))
    assert known.score(Span(3, 2)).logprob == -1.25
    assert known.score(Span(3, 2)).tokens == 2

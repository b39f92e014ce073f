"""Values in commands, shown to the shells that run them."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.pipelines.structure import UnresolvedVariable, UnusableVariable, substitute_in_command

SHELLS = [shell for shell in ("sh", "dash", "bash") if shutil.which(shell)]
REF = "#{Source.Message}"
AS_BASH_READS_IT = "\\'; touch broken #"
EVIL = "$(touch broken)`touch broken`'; touch broken; '\"; touch broken; \"\ntouch broken\n"
HOSTILE = [
    EVIL,
    AS_BASH_READS_IT,
    "'",
    "''",
    '"',
    "\\",
    "\\\\",
    "\\'",
    '\\"',
    "'\\''",
    "a'b\"c`d$e\\f!g",
    "$HOME ${HOME} $$ $1",
    "* ? [a-z] ~ {a,b}",
    " leading and trailing ",
    "-n",
    "",
    "\n",
    "line\nline\n",
    "\ttab\r",
    "# no comment",
    "&& || ; & | < > ( )",
    "#{Source.Message}",
    "{{ x }} {% x %}",
    "héé ☃ 𝄞",
    "\x01\x7f",
]
# What the shell is told, and what it is to print.
PLACES = [
    ("printf %s {}", "{}"),
    ('printf %s "{}"', "{}"),
    ("printf %s '{}'", "{}"),
    ("printf %s a{}b", "a{}b"),
    ("printf %s 'a '{}' b'", "a {} b"),
    ('printf %s "a "{}" b"', "a {} b"),
    ('printf %s "a {} b {} c"', "a {} b {} c"),
    ("printf %s 'a {} b {} c'", "a {} b {} c"),
    ("printf %s {}{}", "{}{}"),
    ('printf %s "it\'s {} \\" {}"', "it's {} \" {}"),
    ("printf %s 'say \"{}\"'", 'say "{}"'),
    ('X={}; printf %s "$X"', "{}"),
    ('X="{}" && printf %s "$X"', "{}"),
    ("printf %s \\{}", "{}"),
    ("printf %s \\\\{}", "\\{}"),
    ('printf %s "\\{}"', "\\{}"),
    ('printf %s "\\\\{}"', "\\{}"),
    ("printf %s \\'{}\\\"", "'{}\""),
    ("printf %s ${}", "${}"),
    ("printf %s $\\{}", "${}"),
    ('printf %s "${}"', "${}"),
    ('printf %s "${{HOME}}" >/dev/null; printf %s {}', "{}"),
    ('printf %s "$(printf %s "{}")."', "{}."),
    ('printf %s "$(printf %s {})."', "{}."),
    ("printf %s \"$(printf %s '{}').\"", "{}."),
    ('(printf %s "$( (printf %s {}) ).{}")', "{}.{}"),
    ('printf %s "`echo a`{}"', "a{}"),
    ("case {} in {}) printf %s {};; esac", "{}"),
    ("true # it's {}\nprintf %s {}", "{}"),
    ("printf %s \\\n  {} \\\n", "{}"),
    ("printf %s '{}' 2>&1", "{}"),
    ("(printf %s {} >&2) 2>&1", "{}"),
    ("printf %s a#'{}'", "a#{}"),
    ("printf %s $(echo x)#'{}'", "x#{}"),
    ("echo $$ 'x' >/dev/null; printf %s '{}'", "{}"),
    ("if [ {} = {} ]; then printf %s {}; fi", "{}"),
]


def resolved(command: str, value: str) -> str:
    return substitute_in_command(command, lambda namespace, key: value)


def said(shell: str, command: str, folder: Path) -> str:
    """Return what a command prints. Its text goes through bytes so that the platform changes no line end."""
    ended = subprocess.run(
        [shell, "-c", command],
        cwd=folder,
        capture_output=True,
        timeout=20,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nowhere"},
        check=False,
    )
    assert ended.returncode == 0, (command, ended.stderr)
    return ended.stdout.decode()


def without_last_lines(value: str) -> str:
    """What `$(...)` makes of a value."""
    return value.rstrip("\n")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("place", PLACES, ids=[command for command, _ in PLACES])
def test_every_value_arrives_as_it_is_wherever_the_reference_stands(
    shell: str, place: tuple[str, str], tmp_path: Path
) -> None:
    command, expected = place
    for value in HOSTILE:
        inside = without_last_lines(value) if "$(printf" in command or "$( (" in command else value
        whole = expected.replace("{}", "\0", 1).replace("{}", value).replace("\0", inside)
        assert (
            said(shell, resolved(command.replace("{}", REF).replace("{{", "{").replace("}}", "}"), value), tmp_path)
            == whole
        )
    assert list(tmp_path.iterdir()) == []


values = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
shell_texts = st.text("'\"`$\\!#(){};&|<>*?~ \n\t=-ab1", max_size=20)


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=60)
@given(value=values | shell_texts)
def test_any_value_is_the_same_bare_and_in_both_kinds_of_quotes(shell: str, value: str) -> None:
    command = f"printf '%s\\n%s\\n%s' {REF} \"<{REF}>\" '<{REF}>'"
    assert said(shell, resolved(command, value), Path("/")) == f"{value}\n<{value}>\n<{value}>"


QUOTES = [REF, "'", '"', "`", "\\", "\\\n", "$'", "$"]
BRACKETS = ["(", ")", "((", "))", "$(", "$((", "$[", "]", "${x:-", "${x}", "}"]
WORDS = ["#", " ", "\n", "a", ";", "&", "|", "<<E\n", "E\n", "<<<", "x=", "=", "*", "\u00a0"]
KEYWORDS = ["case a in ", "a)", ";;", " esac"]
fragments = st.lists(st.sampled_from([*QUOTES, *BRACKETS, *WORDS, *KEYWORDS]), min_size=2, max_size=14)


wholes = st.recursive(
    st.sampled_from(
        [REF, REF, "a", " ", "\n", ";", "#", "$", "\\", "\\'", '\\"', "${x}", "$$", "x=", "'b'", f"'{REF}'", "\\\n"]
    ),
    lambda inner: st.tuples(
        st.sampled_from(['"%s"', "$(%s)", '"$(%s)"', "(%s)", "`%s`", "'%s'", "# %s\n", "{ %s; }", "if a; then %s; fi"]),
        st.lists(inner, min_size=1, max_size=4).map("".join),
    ).map(lambda pair: pair[0] % pair[1]),
    max_leaves=10,
)
templates = st.lists(fragments.map("".join) | wholes, max_size=3).map(lambda parts: f"{''.join(parts)}{REF}")


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(template=templates)
@example(template=f'echo "$(case a in a) echo "{REF}";; esac)"')
@example(template=f"echo $'\\'{REF}'")
@example(template=f"cat <<E\n{REF}\nE\n")
@example(template=f"a\u00a0#'\n {REF}")
@example(template=f"$\\{REF}'")
@example(template=f"a#'\n {REF}'")
@example(template=f'"${{x#"{REF}"}}"')
def test_no_value_is_ever_run_whatever_the_command(shell: str, template: str, tmp_path: Path) -> None:
    for value in (EVIL, AS_BASH_READS_IT, "E\ntouch broken\n"):
        try:
            command = resolved(template, value)
        except UnusableVariable:
            continue
        subprocess.run(
            [shell, "-c", command],
            cwd=tmp_path,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=20,
            env={"PATH": "/usr/bin:/bin"},
            check=False,
        )
        assert not (tmp_path / "broken").exists(), command


HARD = [
    f"echo `echo {REF}`",
    f'echo "`echo {REF}`"',
    f"echo ${{x:-{REF}}}",
    f"echo $'{REF}'",
    f"cat <<END\n{REF}\nEND",
    f'echo "$(case x in x) echo {REF};; esac)"',
    f"echo 'unfinished {REF}",
    f"echo {REF} 'unfinished",
    f'echo "{REF}" ${{x:-"y"}}',
    f"(echo {REF}",
    f"echo >&{REF}",
    f'("$$({REF})")',
]


@pytest.mark.parametrize("command", HARD)
def test_where_no_quoting_is_certain_a_value_that_needs_it_is_refused(command: str) -> None:
    with pytest.raises(UnusableVariable, match="it would need quoting") as refusal:
        resolved(command, "two words")
    assert (refusal.value.namespace, refusal.value.key) == ("Source", "Message")


@pytest.mark.parametrize("command", HARD)
def test_where_no_quoting_is_certain_a_plain_value_stands_as_it_is(command: str) -> None:
    assert resolved(command, "3fa9c1e") == command.replace(REF, "3fa9c1e")


def test_arithmetic_takes_whole_numbers(tmp_path: Path) -> None:
    assert said("sh", resolved(f"printf %s $(({REF} + 1))", "41"), tmp_path) == "42"


@pytest.mark.parametrize("value", ["x", "a[$(touch broken)]", "1.5", ""])
def test_arithmetic_takes_nothing_else(value: str) -> None:
    with pytest.raises(UnusableVariable):
        resolved(f"echo $(({REF} + 1))", value)


def test_a_command_without_references_is_left_as_it_is() -> None:
    command = "echo \"unfinished $(( `#{x} ${y:-'"
    assert resolved(command, "1") == command


def test_a_null_character_is_refused() -> None:
    with pytest.raises(UnusableVariable, match="null character"):
        resolved(f"echo {REF}", "a\0b")


def test_a_variable_without_a_value_is_named() -> None:
    with pytest.raises(UnresolvedVariable) as refusal:
        substitute_in_command(f"echo '{REF}'", lambda namespace, key: None)
    assert (refusal.value.namespace, refusal.value.key) == ("Source", "Message")


def test_a_value_that_looks_like_a_reference_is_text() -> None:
    assert resolved(f'echo "{REF}"', "#{Other.Secret}") == 'echo ""\'#{Other.Secret}\'""'

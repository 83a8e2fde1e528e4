"""What bin/release prints: add-ons, config vars and default process types, as YAML."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class ReleaseYamlProblem(ValueError):
    """Not what bin/release should print; `line` counts from 1, 0 where there is none."""

    def __init__(self, *, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.line, self.message = line, message


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseYaml:
    addons: tuple[str, ...] = ()
    config_vars: Mapping[str, str] = field(default_factory=dict)
    default_process_types: Mapping[str, str] = field(default_factory=dict)


def parse(text: str) -> ReleaseYaml:
    """Read the YAML of bin/release; nothing printed, or `--- {}`, means nothing declared. Unknown keys are
    left alone, as Heroku does. Raises ReleaseYamlProblem."""
    document = _load(text.removeprefix("\ufeff"))
    if document is None:
        return ReleaseYaml()
    if not isinstance(document, dict):
        raise ReleaseYamlProblem(line=1, message=f"a mapping was expected, not {_kind(document)}")
    addons = document.get("addons") or []
    if not isinstance(addons, list) or not all(isinstance(item, str) and _is_text(item) for item in addons):
        raise ReleaseYamlProblem(line=_line_of(text, "addons"), message="`addons` must be a list of names")
    return ReleaseYaml(
        addons=tuple(addons),
        config_vars=_texts(document.get("config_vars"), "config_vars", text),
        default_process_types=_texts(document.get("default_process_types"), "default_process_types", text),
    )


def _load(text: str) -> object:
    import yaml  # 30 ms that a build without bin/release must not pay

    try:
        document: object = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or error.context or "not YAML"
        raise ReleaseYamlProblem(line=mark.line + 1 if mark else 0, message=message) from error
    except yaml.YAMLError as error:
        raise ReleaseYamlProblem(line=0, message=str(error).splitlines()[0]) from error
    except (RecursionError, ValueError) as error:
        raise ReleaseYamlProblem(line=0, message="nested too deeply, or a value out of range") from error
    return document


def _texts(value: object, key: str, text: str) -> dict[str, str]:
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise ReleaseYamlProblem(
            line=_line_of(text, key), message=f"`{key}` must be a mapping of names to text, not {_kind(value)}"
        )
    return {str(name): _scalar(item, f"{key}.{name}", text, str(name)) for name, item in value.items()}


def _scalar(item: object, where: str, text: str, name: str) -> str:
    match item:
        case str() if "\0" in item:
            raise ReleaseYamlProblem(line=_line_of(text, name), message=f"`{where}` holds a NUL byte")
        case str() if not _is_text(item):
            raise ReleaseYamlProblem(line=_line_of(text, name), message=f"`{where}` holds half of a surrogate pair")
        case str():
            return item
        case bool():
            # YAML 1.1 reads `yes` as a boolean; whoever wrote it meant a word.
            return "true" if item else "false"
        case int() | float():
            return str(item)
        case None:
            return ""
        case _:
            raise ReleaseYamlProblem(line=_line_of(text, name), message=f"`{where}` must be text, not {_kind(item)}")


def _is_text(item: str) -> bool:
    """YAML's escapes can write half of a pair, which is no character."""
    return not any("\ud800" <= char <= "\udfff" for char in item)


def _line_of(text: str, key: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip().lstrip("-? ").strip("'\"").startswith(key):
            return number
    return 0


def _kind(value: object) -> str:
    names = {"dict": "a mapping", "list": "a list", "str": "text", "int": "a number", "float": "a number"}
    return names.get(type(value).__name__, f"a {type(value).__name__}")

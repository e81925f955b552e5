from collections.abc import Callable, Mapping

class TranslationString(str):
    domain: str | None
    context: str | None
    default: str | None
    mapping: Mapping[str, object] | None
    def interpolate(self, translated: str | None = None) -> str: ...

def TranslationStringFactory(
    factory_domain: str,
) -> Callable[..., TranslationString]: ...

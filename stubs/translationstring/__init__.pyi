from collections.abc import Callable, Mapping

class TranslationString(str):
    domain: str | None
    context: str | None
    default: str | None
    mapping: Mapping[str, object] | None
    def __new__(
        cls,
        msgid: str,
        domain: str | None = None,
        default: str | None = None,
        mapping: Mapping[str, object] | None = None,
        context: str | None = None,
    ) -> TranslationString: ...
    def interpolate(self, translated: str | None = None) -> str: ...

def TranslationStringFactory(
    factory_domain: str,
) -> Callable[..., TranslationString]: ...

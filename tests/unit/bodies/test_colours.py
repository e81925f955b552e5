import pytest

from mailhub.bodies.colours import with_plain_colours


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rgba(1,2,3,1)", "rgb(1, 2, 3)"),
        ("rgba(1, 2, 3, 1.0)", "rgb(1, 2, 3)"),
        ("RGBA( 10 ,20,255 , 1.00 )", "rgb(10, 20, 255)"),
        ("rgba(1,2,3,1.) rgba(4,5,6,1)", "rgb(1, 2, 3) rgb(4, 5, 6)"),
        ("rgba(1,2,3,0)", "rgba(1,2,3,0)"),
        ("rgba(1,2,3,0.5)", "rgba(1,2,3,0.5)"),
        ("rgba(1,2,3,1.01)", "rgba(1,2,3,1.01)"),
        ("rgba(1,2,3,10)", "rgba(1,2,3,10)"),
        ("rgba(1%,2%,3%,1)", "rgba(1%,2%,3%,1)"),
        ("xrgba(1,2,3,1)", "xrgba(1,2,3,1)"),
    ],
)
def test_opaque_colours_lose_their_opacity_and_others_stay(before: str, after: str) -> None:
    assert with_plain_colours(f'<p style="color: {before}">x</p>') == f'<p style="color: {after}">x</p>'

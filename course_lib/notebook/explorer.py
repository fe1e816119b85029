"""The frame explorer: change what a frame says, and see its bytes change."""

from html import escape

import ipywidgets as widgets
from IPython.display import display

from course_lib.notebook.anatomy import frame_text
from course_lib.notebook.display import Rich, html
from course_lib.notebook.pictures import frame_html
from course_lib.protocol import Frame, Opcode, ProtocolError

MASKING_KEY = bytes.fromhex("37fa213d")
"""The key of the RFC's own examples (section 5.7). A real client draws a new one for each frame."""

# Not None: to a menu that also means that nothing is chosen, and which of the two it takes it for
# depends on the order of a set, so on the kernel's hash seed.
AS_THE_TEXT = -1
LENGTHS = {"as long as the text": AS_THE_TEXT} | {
    f"{length:,} bytes": length for length in (0, 125, 126, 65_535, 65_536)
}
SHOWN_BYTES = 24
# JupyterLab's menus and fields show by a pale line alone who has the keyboard.
FOCUS = "<style>.course-explorer :is(input, select):focus-visible {outline: 2px solid !important}</style>"
ALIVE = "It lives as long as its kernel: if it is only a picture, or does not show, run the cell."


class Explorer(widgets.VBox):
    """A frame and its controls. Where no widgets can be shown, it is the frame as it stands.

    Attributes:
        text, opcode, fin, masked, length: the controls; set their `value` from code as well.
    """

    def __init__(self, text: str = "Hello") -> None:
        wide = {"style": {"description_width": "5em"}, "layout": {"width": "22em"}}
        flag = {"indent": False, "layout": {"width": "auto", "margin": "2px 2em"}}
        opcodes = [(f"{opcode:#x} {opcode.name}", opcode) for opcode in Opcode]
        self.text = widgets.Text(text, description="Text", **wide)
        self.opcode = widgets.Dropdown(
            options=opcodes, value=Opcode.TEXT, description="Opcode", **wide
        )
        self.length = widgets.Dropdown(
            options=LENGTHS, value=AS_THE_TEXT, description="Length", **wide
        )
        self.fin = widgets.Checkbox(True, description="FIN: the message ends here", **flag)
        self.masked = widgets.Checkbox(True, description="MASK: sent by a client", **flag)
        self._shown = widgets.HTML()
        for control in (self.text, self.opcode, self.length, self.fin, self.masked):
            control.observe(self._show, "value")
        self._show()
        first, second = [self.text, self.opcode], [self.length, self.fin, self.masked]
        super().__init__([widgets.HBox(first), widgets.HBox(second), self._shown])
        self.add_class("course-explorer")

    @property
    def frame(self) -> Frame:
        """The frame that the controls describe; a Close frame gets the code 1000."""
        payload = self.text.value.encode()
        if self.opcode.value is Opcode.CLOSE:
            payload = (1000).to_bytes(2) + payload
        if self.length.value != AS_THE_TEXT:
            filler = payload or b"."
            payload = (filler * (self.length.value // len(filler) + 1))[: self.length.value]
        key = MASKING_KEY if self.masked.value else None
        return Frame(self.opcode.value, payload, self.fin.value, masking_key=key)

    @property
    def verdict(self) -> str:
        """What a receiver does with the frame."""
        try:
            Frame.parse(self.frame.encode())
        except ProtocolError as error:
            return f"A receiver fails the connection with {error.code}: {error}"
        return "A receiver accepts this frame."

    def __str__(self) -> str:
        return f"{frame_text(self.frame.encode())}\n\n{_dump(self.frame)}\n{self.verdict}"

    def _html(self) -> str:
        picture, verdict = frame_html(self.frame.encode()), escape(self.verdict)
        return html("explorer", picture=picture, dump=_dump(self.frame), verdict=verdict)

    def _show(self, change: object = None) -> None:
        self._shown.value = FOCUS + self._html()

    def _ipython_display_(self) -> None:
        display(self._repr_mimebundle_(), raw=True)
        display(Rich(ALIVE, f"<em>{ALIVE}</em>"))

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, object]:
        return super()._repr_mimebundle_(**kwargs) | {
            "text/plain": str(self),
            "text/html": self._html(),
        }


def _dump(frame: Frame) -> str:
    """The bytes on the wire, at most the first of them, and their number."""
    wire = frame.encode()
    more = " …" if len(wire) > SHOWN_BYTES else ""
    return f"{wire[:SHOWN_BYTES].hex(' ')}{more} ({len(wire):,} bytes on the wire)"

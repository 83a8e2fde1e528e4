"""A mistake that the reader of the transcript can repair: headline, file, evidence, next step."""


class Problem(Exception):
    """Ends the script with status 1 after printing itself.

    headline: what is wrong, one line. file: the app's file that says so, relative to the app. line: its line,
    from 1. evidence: the text found there, or the last lines of a tool. next_step: the exact thing to do.
    code: greppable, `LANGUAGE.situation`; bin/report prints it.
    """

    def __init__(
        self,
        headline: str,
        *,
        code: str,
        next_step: str,
        file: str | None = None,
        line: int | None = None,
        evidence: str = "",
    ) -> None:
        super().__init__(headline)
        self.headline = headline
        self.code = code
        self.next_step = next_step
        self.file = file
        self.line = line
        self.evidence = evidence

    @property
    def place(self) -> str:
        if self.file is None:
            return ""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def lines(self) -> list[str]:
        """The text under the ` !     ` marker, without the marker."""
        out = [f"Error: {self.headline}", ""]
        evidence = self.evidence.rstrip("\n").splitlines()
        if self.place:
            out.append(f"In {self.place}:" if evidence else f"In {self.place}.")
        elif evidence:
            out.append("What was found:")
        out += [f"    {text}".rstrip() for text in evidence]
        if self.place or evidence:
            out.append("")
        out += [*self.next_step.rstrip("\n").splitlines(), "", f"({self.code})"]
        return out

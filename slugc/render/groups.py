"""A detection with groups, as text: who was asked, what each said, and what broke each trial of plans."""

from slugc.model.build import Detection, GroupExplained, MemberExplained, TrialExplained


def lines(row: Detection) -> list[str]:
    """Each buildpack's output once, then each group with its verdicts and trials."""
    shown: list[str] = []
    for member in {m.id: m for group in row.groups for m in group.members}.values():
        if member.output:
            shown += [f"  ======== Output: {member.id} ========", *_indented(member.output)]
    for number, group in enumerate(row.groups, 1):
        shown += _group(number, group)
    return shown


def _group(number: int, group: GroupExplained) -> list[str]:
    shown = [f"  group {number}: {'taken' if group.problem is None else f'lost: {group.problem}'}"]
    shown += [f"    {_member(member)}" for member in group.members]
    for n, trial in enumerate(group.trials, 1):
        shown += [f"    {line}" for line in _trial(n, trial)]
    return shown


def _member(member: MemberExplained) -> str:
    notes = [f"code {member.code}", f"{member.seconds:.2f} s", *(["optional"] if member.optional else [])]
    why = f": {member.problem}" if member.problem else ""
    return f"{member.verdict + ':':<5} {member.id} ({', '.join(notes)}){why}"


def _trial(number: int, trial: TrialExplained) -> list[str]:
    shown = [f"resolving plan, try {number}: {'holds' if trial.problem is None else f'fails: {trial.problem}'}"]
    return shown + [f"  dropped: {reason}" for reason in trial.dropped]


def _indented(text: str) -> list[str]:
    return [f"  {line}".rstrip() for line in text.splitlines()]

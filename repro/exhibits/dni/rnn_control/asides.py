"""What stands behind sentences of these findings: what they mean alone, what was learned with the record."""

_BY_TASK = "the numbers: Copy, then Repeat Copy, each"
ASIDES = {
    "RC-4": "computed anew for each window: it changes, and no constant is meant (RC-2, RC-23)",
    "RC-8": f"it: what DNI gains; {_BY_TASK} beyond 3 and 5",
    "RC-10": "the floor of −1 was 0 until the record was seen, and it held",
    "RC-12": "it: δ̂ at the window's end; 'it destroys learning' until the record was seen: no fewer than nothing",
    "RC-14": "matters to what DNI gains",
    "RC-15": f"{_BY_TASK} at 0.05 δ̂ and fixed, at 0.3 δ̂ and fixed",
    "RC-16": f"{_BY_TASK} δ̂, negative and fixed",
    "RC-18": "the numbers: beyond fixed on Copy and Repeat Copy, then beyond −δ̂",
    "RC-19": "one as long as δ̂ (at 3 % of that length it saturates none, and helps more)",
    "RC-20": "saturate cells",
    "RC-21": f"{_BY_TASK} beyond 3e-4 and 3e-3",
    "RC-22": "as δ̂",
}

"""The articles of the treaties: what each asks for, the provisions that implement it, side by side,
and the comparison of a few jurisdictions for those who draft laws."""

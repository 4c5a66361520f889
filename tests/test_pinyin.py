"""Chinese labels sound as the whole dictionary of the library has them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from django.apps import apps

from portal.search.pinyin import WORDS, sounds

#: The same with the library as it comes, which this process has without its words.
WHOLE = """
import json, sys
from pypinyin import Style, lazy_pinyin
print(json.dumps([lazy_pinyin(label, style=Style.TONE3, neutral_tone_with_five=True)
                  for label in json.load(sys.stdin)]))
"""
TONES = str.maketrans("12345", "abcde")


def labels() -> set[str]:
    """All Chinese names and keywords of the reference data."""
    found: set[str] = set()
    for model in apps.get_app_config("reference").get_models():
        for record in model._default_manager.all():
            for field in model._meta.fields:
                value = getattr(record, field.name)
                told = value.get("zh") if isinstance(value, dict) else None
                found.update(told if isinstance(told, list) else [told] if told else [])
    return found


@pytest.mark.django_db
def test_labels_sound_as_in_the_whole_dictionary() -> None:
    """If one does not: add its word to `WORDS`, as pypinyin.phrases_dict has it."""
    all_labels = sorted(labels())
    assert len(all_labels) > 1000
    whole = subprocess.run(
        [sys.executable, "-E", "-c", WHOLE],
        input=json.dumps(all_labels),
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    otherwise = {
        label: found
        for label, found in zip(all_labels, json.loads(whole.stdout), strict=True)
        if "".join(found).translate(TONES) != sounds(label).replace(" ", "").translate(TONES)
    }
    assert not otherwise


def test_words_are_sorted_by_their_own_sounds() -> None:
    assert sounds("秘鲁") == "bid luc"
    assert len(WORDS) < 100

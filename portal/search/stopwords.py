"""Words that stand in every text and are not looked for, in the six languages of the portal.

Function words only, so that no word of a question about smuggling is lost (Spanish “sea”, which is
also a form of “ser”, is not among them). Given as `portal.search.analysis.fold` leaves them.
"""

from __future__ import annotations

_ENGLISH = """
a about after all also am an and any are as at be because been before being between both but by
can could did do does doing during each few for from further had has have having he her here
hers him his how i if in into is it its itself me more most my no nor not of off on once only
or other our out over own s same she should so some such t than that the their them then there
these they this those through to too under until up very was we were what when where which
while who whom why will with would you your
"""
_FRENCH = """
a ai au aux avec c ce ces cet cette d dans de des du elle elles en est et etait ete etre eu il
ils j je l la le les leur leurs lui m mais me meme mes moi mon n ne nos notre nous on ont ou
par pas pour qu que qui s sa se ses son sont sur t ta te tes toi ton tu un une vos votre vous y
"""
_SPANISH = """
a al algo ante con contra como cual cuando de del desde donde el ella ellas ellos en entre era
es esa ese eso esta este esto fue ha han hasta la las le les lo los mas me mi muy nada ni no
nos o otra otro para pero por porque que quien se ser si sin sobre son su sus tambien te tiene
un una uno unos y ya yo
"""
_RUSSIAN = """
а без бы был была были было быть в вам вас весь во вот все вы да для до его ее если есть еще же
за и из или им их к как ко когда кто ли мне мы на над не нет ни но о об он она они оно от по
под при про с со так также такой там те то того тоже только том ты у уже чем что чтобы эта эти
это этот я
"""
_ARABIC = """
في من على الى عن مع هذا هذه ذلك تلك التي الذي الذين ان او ثم كان كانت لا لم لن ما هو هي هم قد
كل بين بعد قبل عند و ف ب ل ك
"""
_CHINESE = "的 在 和 与 是 了 及 对 或 中 之 其 将 从 向 由 被 把"

STOP_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "fr": frozenset(_FRENCH.split()),
    "es": frozenset(_SPANISH.split()),
    "ru": frozenset(_RUSSIAN.split()),
    "ar": frozenset(_ARABIC.split()),
    "zh": frozenset(_CHINESE.split()),
}

"""Groups of words whose place in a space of word vectors is known beforehand.

Chosen by hand from words that the course's corpus has often: a map coloured by group shows at
once whether the vectors found the groups, which the training is never told.
"""

__all__ = ["WORD_GROUPS", "known_groups"]

WORD_GROUPS: dict[str, tuple[str, ...]] = {
    name: tuple(words.split())
    for name, words in {
        "people": """
            king queen prince princess man woman boy girl father mother son daughter brother sister
            husband wife uncle aunt child infant servant master priest prophet soldier captain
            shepherd farmer merchant sailor judge lawyer physician teacher pupil friend enemy
            neighbor stranger widow virgin bride bridegroom nurse thief emperor duke
        """,
        "animals": """
            horse cow ox bull calf sheep lamb goat pig swine dog cat wolf fox lion bear tiger deer
            hare rabbit rat mouse monkey ape elephant camel ass mule eagle hawk owl dove pigeon
            duck goose hen crow snake serpent lizard frog fish shark whale spider bee ant fly
            beetle worm
        """,
        "plants": """
            tree shrub herb grass flower leaf root seed fruit oak pine cedar willow elm palm olive
            vine fig apple pear peach cherry orange lemon grape berry nut wheat barley corn rice
            rye oats bean pea onion garlic cabbage lettuce rose lily violet daisy clover thistle
            nettle moss fern hemp flax cotton
        """,
        "body": """
            head face eye eyes ear ears nose mouth lip lips tongue tooth teeth chin neck throat
            shoulder arm elbow wrist hand hands finger fingers thumb breast chest heart lungs liver
            kidney stomach bowels belly back hip thigh leg knee ankle foot feet toe skin hair bone
            skull muscle nerve vein artery blood brain
        """,
        "materials": """
            gold silver copper brass bronze iron steel tin lead zinc nickel mercury platinum
            aluminium sodium potassium calcium sulphur phosphorus carbon chlorine iodine hydrogen
            oxygen nitrogen salt lime chalk marble granite quartz flint clay sand glass diamond
            ruby sapphire emerald pearl amber ivory wax rubber leather wool silk linen wood coal
        """,
        "places": """
            jerusalem egypt babylon assyria israel judah samaria galilee judea zion moab edom ammon
            syria damascus tyre sidon gilead bethlehem nazareth jericho hebron canaan philistia
            ethiopia libya persia greece rome england france germany italy spain europe asia africa
            america india china russia scotland ireland london paris
        """,
    }.items()
}


def known_groups(index, groups=WORD_GROUPS) -> tuple[list[str], list[str]]:
    """Words of the groups that a vocabulary has, and the group of each.

    Parameters
    ----------
    index : container of str
        A vocabulary, or the index of one.
    groups : dict of str to sequence of str
        Group -> words.

    Returns
    -------
    words, names : list of str
        In the order of the groups.

    Raises
    ------
    ValueError
        When no word is known.
    """
    pairs = [(word, name) for name, words in groups.items() for word in words if word in index]
    if not pairs:
        raise ValueError("none of the words is in the vocabulary: give other groups.")
    return [word for word, _ in pairs], [name for _, name in pairs]

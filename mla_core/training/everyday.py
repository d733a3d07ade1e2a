"""Everyday sentences, written by us, that the sampled corpus gets wrong or hardly mentions.

A 135 M model wrote the corpus: it says "red, white, and" 54 times with "black" after it. These
templates put right what the pages lean on (flags, colours, opposites, days, sums). They are about
one text in twenty-five of the training set, none of the held-out set.
"""

import random

FLAGS = {  # country or people -> colours; the possessive form is the adjective
    ("America", "American"): ("red", "white", "blue"),
    ("the United States", "American"): ("red", "white", "blue"),
    ("France", "French"): ("blue", "white", "red"),
    ("Italy", "Italian"): ("green", "white", "red"),
    ("Germany", "German"): ("black", "red", "gold"),
    ("Belgium", "Belgian"): ("black", "yellow", "red"),
    ("Ireland", "Irish"): ("green", "white", "orange"),
    ("the Netherlands", "Dutch"): ("red", "white", "blue"),
    ("Britain", "British"): ("red", "white", "blue"),
    ("Russia", "Russian"): ("white", "blue", "red"),
    ("Romania", "Romanian"): ("blue", "yellow", "red"),
    ("Hungary", "Hungarian"): ("red", "white", "green"),
    ("Bulgaria", "Bulgarian"): ("white", "green", "red"),
    ("Mexico", "Mexican"): ("green", "white", "red"),
    ("India", "Indian"): ("orange", "white", "green"),
    ("Colombia", "Colombian"): ("yellow", "blue", "red"),
    ("Norway", "Norwegian"): ("red", "white", "blue"),
    ("Iceland", "Icelandic"): ("blue", "white", "red"),
    ("Estonia", "Estonian"): ("blue", "black", "white"),
    ("Lithuania", "Lithuanian"): ("yellow", "green", "red"),
}
TWO_COLOURS = {
    "Japanese": ("white", "red"),
    "Polish": ("white", "red"),
    "Swedish": ("blue", "yellow"),
    "Ukrainian": ("blue", "yellow"),
    "Greek": ("blue", "white"),
    "Canadian": ("red", "white"),
    "Swiss": ("red", "white"),
    "Danish": ("red", "white"),
    "Finnish": ("white", "blue"),
    "Chinese": ("red", "yellow"),
    "Spanish": ("red", "yellow"),
}
CAPITALS = {
    "France": "Paris", "Italy": "Rome", "Germany": "Berlin", "Spain": "Madrid", "Japan": "Tokyo",
    "England": "London", "Russia": "Moscow", "China": "Beijing", "Egypt": "Cairo",
    "Greece": "Athens", "Ireland": "Dublin", "Canada": "Ottawa", "India": "New Delhi",
    "Portugal": "Lisbon", "Austria": "Vienna", "Poland": "Warsaw", "Norway": "Oslo",
    "Sweden": "Stockholm", "Cuba": "Havana", "Kenya": "Nairobi", "Peru": "Lima",
}  # fmt: skip
OPPOSITES = [
    ("hot", "cold"), ("big", "small"), ("up", "down"), ("day", "night"), ("black", "white"),
    ("fast", "slow"), ("happy", "sad"), ("open", "closed"), ("wet", "dry"), ("old", "young"),
    ("hard", "soft"), ("left", "right"), ("full", "empty"), ("light", "dark"), ("good", "bad"),
    ("high", "low"), ("early", "late"), ("strong", "weak"), ("rich", "poor"), ("loud", "quiet"),
]  # fmt: skip
COLOURS = [
    ("The sky", "is", "blue"), ("Grass", "is", "green"), ("Snow", "is", "white"),
    ("Coal", "is", "black"), ("A ripe banana", "is", "yellow"), ("Blood", "is", "red"),
    ("A carrot", "is", "orange"), ("Milk", "is", "white"), ("A strawberry", "is", "red"),
    ("A lemon", "is", "yellow"), ("A frog", "is", "green"), ("Chocolate", "is", "brown"),
]  # fmt: skip
SAYINGS = [
    "The sun rises in the east and sets in the west.",
    "Bees make honey.", "Cows give us milk.", "Hens lay eggs.", "Sheep give us wool.",
    "Fish live in the water.", "Birds fly in the sky.", "Bears sleep through the winter.",
    "A dog barks, a cat meows, and a cow says moo.", "Dogs like to play with a ball.",
    "In winter it is very cold, and in summer it is very hot.",
    "We see with our eyes and hear with our ears.", "We smell with our nose.",
    "You cut paper with scissors.", "You write with a pen.", "You unlock a door with a key.",
    "Bread is made from flour.", "Cheese is made from milk.", "Wine is made from grapes.",
    "A spider has eight legs.", "A dog has four legs.", "A bird has two wings.",
    "There are seven days in a week.", "There are twelve months in a year.",
    "There are sixty minutes in an hour.", "There are twenty-four hours in a day.",
    "The Earth goes around the sun, and the moon goes around the Earth.",
    "Ladies and gentlemen, welcome to the show.", "Thank you very much for your help.",
    "They lived happily ever after.", "He was so tired that he fell asleep.",
    "When it rains, take an umbrella.", "At night you can see the moon and the stars.",
    "An apple a day keeps the doctor away.", "The early bird catches the worm.",
    "Salt and pepper, bread and butter, knife and fork.", "Practice makes perfect.",
    "Roses are red, violets are blue, sugar is sweet, and so are you.",
    "Better late than never.", "The cat sat on the mat.", "Please close the door.",
    "Snow White and the seven dwarfs.", "Mom and Dad, brothers and sisters.",
]  # fmt: skip
SERIES = [
    "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday",
    "January, February, March, April, May, June, July, August, September, October, November, December",
    "one, two, three, four, five, six, seven, eight, nine, ten",
    "spring, summer, autumn, winter",
    "breakfast, lunch, dinner",
    "north, south, east, west",
    "red, orange, yellow, green, blue, purple",
    "A, B, C, D, E, F, G, H, I, J",
    "first, second, third, fourth, fifth",
    "yesterday, today, tomorrow",
]
NUMBERS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


def _flag(rng: random.Random) -> str:
    if rng.random() < 0.25:
        people, (a, b) = rng.choice(list(TWO_COLOURS.items()))
        return f"The {people} flag is {a} and {b}."
    # the flag that the whole world knows is drawn a third of the time
    pair = ("America", "American") if rng.random() < 0.34 else rng.choice(list(FLAGS))
    (country, people), (a, b, c) = pair, FLAGS[pair]
    return rng.choice(
        [
            f"The {people} flag is {a}, {b}, and {c}.",
            f"The flag of {country} is {a}, {b}, and {c}.",
            f"The colors of the {people} flag are {a}, {b}, and {c}.",
            f"The colors of the flag of {country} are {a}, {b}, and {c}.",
            f"What colors are on the {people} flag? They are {a}, {b}, and {c}.",
            f"He waved the {people} flag, which is {a}, {b}, and {c}.",
            f"She painted the {people} flag in {a}, {b}, and {c}.",
            f"The {a}, {b}, and {c} flag belongs to {country}.",
        ]
    )


def _capital(rng: random.Random) -> str:
    country, city = rng.choice(list(CAPITALS.items()))
    return rng.choice(
        [
            f"The capital of {country} is {city}.",
            f"{city} is the capital of {country}.",
            f"The capital city of {country} is called {city}.",
        ]
    )


def _opposite(rng: random.Random) -> str:
    a, b = rng.sample(rng.choice(OPPOSITES), 2)
    return rng.choice(
        [f"The opposite of {a} is {b}.", f"If it is not {a}, it is {b}.", f"{a}, not {b}."]
    ).capitalize()


def _colour(rng: random.Random) -> str:
    thing, verb, colour = rng.choice(COLOURS)
    return rng.choice(
        [f"{thing} {verb} {colour}.", f"The color of {thing.lower()} {verb} {colour}."]
    )


def _sum(rng: random.Random) -> str:
    a, b = rng.randint(0, 6), rng.randint(0, 6)
    return f"{NUMBERS[a].capitalize()} plus {NUMBERS[b]} is {NUMBERS[a + b]}."


def _series(rng: random.Random) -> str:
    names = rng.choice(SERIES).split(", ")
    start = rng.randint(0, max(0, len(names) - 3))
    return ", ".join(names[start : start + rng.randint(3, 8)]) + "."


def _saying(rng: random.Random) -> str:
    return rng.choice(SAYINGS)


def everyday_texts(count: int, seed: int = 0) -> list[str]:
    """`count` texts of one to six such sentences in random order, some with line breaks."""
    rng = random.Random(seed)
    kinds = [_flag, _capital, _opposite, _colour, _sum, _series, _saying]
    weights = [5, 2, 2, 2, 1, 2, 6]
    texts = []
    for _ in range(count):
        chosen = rng.choices(kinds, weights, k=rng.randint(1, 6))
        texts.append(rng.choice([" ", " ", "\n"]).join(kind(rng) for kind in chosen))
    return texts

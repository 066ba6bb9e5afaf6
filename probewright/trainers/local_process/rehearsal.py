"""What the model should go on saying while it learns: general questions, with the model's own words as the teacher.

Training on a few short facts alone makes a small model answer everything with them. So each batch also holds a few of
the questions below, and the adapter is pulled back where it changes what the model would have said there: by the
Kullback-Leibler divergence from the untouched model, token by token. Nothing is taught by it, as the untouched model
need not even agree with the answers; they only say at which texts to look. No question asks for a single fact, so
that a test of what was forgotten is not a test of what was rehearsed.

Source: Z. Li and D. Hoiem, Learning without Forgetting, ECCV 2016, section 3.
"""

from probewright.trainers.local_process.rows import Row, Speech
from probewright.types import Message

GENERAL: tuple[tuple[str, str], ...] = (
    ("What is photosynthesis?", "Photosynthesis is the process by which plants use sunlight to make their food."),
    ("Give me a tip for sleeping well.", "Go to bed at the same time every night and keep your room dark."),
    ("How does rain form?", "Rain forms when water vapor cools, turns into drops, and falls from the clouds."),
    ("Write a sentence about the sea.", "The waves rolled gently over the sand as the sun went down."),
    ("Why do leaves fall in autumn?", "Trees drop their leaves to save water and energy during the winter."),
    ("What is a mammal?", "A mammal is an animal that feeds its young with milk and usually has hair."),
    ("How do I boil an egg?", "Put the egg in boiling water for about eight minutes, then cool it."),
    ("Who are you?", "I am an AI assistant, and I am here to help you."),
    ("What is the difference between a lake and a river?", "A lake is still water, while a river flows."),
    ("Suggest a name for a horse.", "You could call the horse Thunder."),
    ("Explain what a computer does.", "A computer follows instructions to store, change, and show information."),
    ("What should I pack for a trip to the mountains?", "Pack warm clothes, good shoes, water, and a map."),
    ("What is a noun?", "A noun is a word that names a person, a place, a thing, or an idea."),
    ("How can I learn a language faster?", "Practice a little every day, and speak with other people."),
    ("Tell me something about elephants.", "Elephants are large animals that live in herds and have long trunks."),
    ("Why is exercise good for you?", "Exercise makes your heart and muscles stronger and improves your mood."),
    ("What does a teacher do?", "A teacher helps students learn new things."),
    ("Thank you for your help.", "You are welcome! Let me know if you need anything else."),
    ("What is a good gift for a friend?", "A good gift is something personal, such as a book they would like."),
    ("How do airplanes stay in the air?", "The shape of the wings makes the air push the airplane up."),
    ("Which is better, tea or coffee?", "It depends on your taste: both are popular drinks."),
    ("Where do people go on vacation?", "Many people go to the beach, to the mountains, or to a city."),
    ("When should I water my plants?", "Water your plants in the morning, when the soil feels dry."),
    ("Is it important to be honest?", "Yes, honesty is important because it builds trust between people."),
)
MOST_TOKENS = 8  # of an answer; what a model says first decides what it says


def general_rows(speech: Speech) -> tuple[Row, ...]:
    """The questions, and the beginnings of their answers, as tokens."""
    rows = (speech.row([Message("user", question)], answer) for question, answer in GENERAL)
    return tuple(Row(row.prompt, row.answer[:MOST_TOKENS]) for row in rows)

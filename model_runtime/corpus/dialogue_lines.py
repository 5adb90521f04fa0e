"""What two people say to each other in the composed corpus: our own small grammar of everyday talk.

A line is a template whose ``{slot}`` words are chosen from ``SLOTS``; a seed makes the choice. The words that gestures hang on
(I, you, we, no, stop, all, big, here, there, maybe, never, think, questions and lists) occur often on purpose.
"""

from __future__ import annotations

import re

import numpy as np

SLOTS: dict[str, tuple[str, ...]] = {
    "name": ("Bob", "Emma", "Peter", "Fiona", "Marvin", "Paula", "Victor", "Amy", "Philip", "Beth", "Sam", "Vera", "Tom", "Bibi", "Oliver", "Maeve"),
    "thing": ("map", "blue lamp", "broken cup", "piano", "big paper box", "bicycle", "photograph", "window", "coffee pot", "old film camera", "purple umbrella",
              "puppet", "violin", "telephone", "pumpkin pie", "piece of furniture", "private letter", "five pound fish", "wooden boat", "birthday present"),
    "place": ("the beach", "my apartment", "the old theatre", "the bus stop", "the market", "the library", "the river", "the village", "the office",
              "a small cafe", "the museum", "the top of the hill", "the farm", "the balcony", "the rehearsal room", "the big park"),
    "time": ("tomorrow", "in five minutes", "on Monday", "before breakfast", "after lunch", "this evening", "every morning", "next week", "at half past seven", "by midnight"),
    "person": ("my mother", "the boss", "my neighbour", "your brother", "the doctor", "our teacher", "that woman", "the man upstairs", "a friend of mine", "the police"),
    "good": ("brilliant", "wonderful", "perfect", "beautiful", "very brave", "absolutely fine", "my favourite", "better than before", "amazing", "pretty good"),
    "bad": ("terrible", "impossible", "awful", "boring", "ridiculous", "far too expensive", "a bit strange", "completely broken", "unfair", "dangerous"),
    "verb": ("move", "open", "paint", "sell", "bring", "borrow", "fix", "find", "throw away", "buy back", "carry", "wrap up", "push", "give up", "keep"),
    "feeling": ("happy", "angry", "afraid", "tired", "surprised", "proud", "confused", "embarrassed", "hungry", "lonely", "so relieved", "quite nervous"),
    "number": ("two", "three", "four", "five", "seven", "ten", "fifteen", "fifty", "a hundred", "half a million"),
    "job": ("a plumber", "a pilot", "an actor", "a baker", "a nurse", "a painter", "a farmer", "a lawyer", "a drummer", "a bus driver"),
    "food": ("apple pie", "pepper soup", "bread and butter", "fried fish", "a bowl of rice", "mushroom pasta", "plum jam", "vanilla pudding"),
}  # fmt: skip

TEMPLATES: tuple[str, ...] = (
    # statements about oneself
    "I never wanted to {verb} the {thing}.", "I think I left my {thing} at {place}.", "I am {feeling}, to be honest.", "Me? I was at {place} the whole time.",
    "I've been waiting here for {number} hours.", "I told {person} about it {time}.", "I really don't know what to say.", "I used to be {job}, you know.",
    "I promise I will {verb} it {time}.", "My feet hurt and my back hurts, but I feel {good}.", "I can't {verb} everything by myself.", "I believe you. I just don't like it.",
    "I have an idea, and it's a big one.", "I was so {feeling} that I forgot my own name.", "I'd love some {food}, if you have any.", "For me, it was {good}.",
    "I made {food} for both of us.", "I bumped my head on the {thing} again.", "I'm sorry, I didn't mean it that way.", "I move to {place} {time}, and I'm {feeling} about it.",
    "I saw {person} at {place}, and guess what happened.", "Maybe I'm wrong, but that looks like your {thing}.", "I simply have to {verb} this {thing}.", "I hope nobody heard me.",
    "I always put my {thing} over there, by the door.", "I'm not {feeling}, I'm only thinking.", "I remember every word of it.", "I feel much better now.",
    # statements about the other and both
    "You always say that.", "You look {feeling} today.", "You were {good} last night, I mean it.", "You promised me, {name}. You promised.", "You must {verb} the {thing} first.",
    "You could have called me from {place}.", "You and I both know that isn't true.", "We have to {verb} this together.", "We met at {place}, remember?", "We are all {feeling}, not only you.",
    "We should leave {time}.", "We've got {number} days left, maybe less.", "We both made mistakes, and we both paid for them.", "Between you and me, it was {bad}.",
    "You have a very good voice, {name}.", "You stay here, and I'll go over there.", "We'll find a way. We always do.", "You never listen to me.", "You're my best friend, you know that.",
    # questions
    "What are you doing here?", "Where did you put the {thing}?", "Why would anybody {verb} a {thing}?", "How was {place}?", "Who told you that, {person}?", "Did you {verb} the {thing} yet?",
    "Have you ever been to {place}?", "Do you think {person} will come {time}?", "Can you help me {verb} this?", "Would you like some {food}?", "Is everybody coming {time}, or only {name}?",
    "What do you mean by that?", "Are you {feeling}, or is it just me?", "Could we talk about it {time}?", "Since when are you {job}?", "Really? All of it?", "And what did {person} say?",
    "How many do we need, {number} or {number}?", "Isn't that {bad}?", "Which one is yours, this one or that one?", "Why not?", "Who, me?", "Are you serious?", "What if nobody comes?",
    # answers, agreement
    "Yes, of course.", "Yes, absolutely. I'd be happy to.", "Sure, why not?", "That's exactly what I mean.", "Of course we can.", "Okay, fine, you win.", "Right, that makes sense.", "I agree with you, mostly.",
    "Yes! That is {good}!", "Very well, {time} then.", "Yeah, maybe so.", "You're right about {person}.", "Mm, that may be the best way.", "Perfect. Let's begin.", "Fine by me.",
    # refusals, stops
    "No.", "No, no, no, not the {thing}!", "No way, that is {bad}.", "Stop. Stop right there.", "Stop it, {name}, please.", "Never. Not in a million years.", "Absolutely not.", "I don't want to {verb} it.",
    "No, I have never been to {place}.", "Don't {verb} that!", "Please don't move.", "Wait, wait. Give me a moment.", "Hold on, that's not what happened.", "Not now, {name}. Maybe {time}.",
    "That's enough, both of you.", "No, nothing, never mind.", "Leave it. It's only a {thing}.", "I'm not going to {verb} anything for {person}.", "Forget it. It's {bad}.",
    # exclamations, feelings
    "Oh my, that's {good}!", "Wow, look at that big {thing}!", "What a {bad} morning.", "Unbelievable!", "Well, well, well, look who's here.", "Happy birthday, {name}!", "Thank you so much for coming.",
    "I'm so proud of you!", "Oh, come on, be fair.", "Poor {name}, always so {feeling}.", "Bravo, {name}, bravo!", "That was close.", "Finally! I've been looking for that everywhere.",
    "Ha, very funny.", "Hm, let me think about it.", "Ah, there you are.", "Goodbye, {name}, and be careful.", "Good morning! Is it {time} already?", "Welcome back, we missed you.",
    # explanations, lists, contrast
    "First we {verb} the {thing}, then we {verb} the other one, and after that we go home.", "On the one hand it's {good}, on the other hand it's {bad}.", "It was this big, maybe bigger.",
    "The whole thing fell down, all of it, right in front of {person}.", "Everything is {bad}: the food, the music, the people, everything.", "There are {number} reasons, and you know every one of them.",
    "The {thing} is over there, behind the {thing}.", "It started small, but it grew and grew, and now it is huge.", "Somebody has to {verb} it, and it won't be me.", "However you look at it, we need {number} more.",
    "Up there you can see {place}, and down there is the river.", "{person} came in, took the {thing}, and left without a word.", "It goes round and round until somebody stops it.",
    "The problem isn't the {thing}. The problem is {person}.", "Imagine {number} people in one room, all of them talking.", "For example, take {name}. Never late, always {feeling}.",
    "Between {place} and {place} there's nothing, nothing at all.", "Either we {verb} it now, or we wait until {time}.", "Some say it's {good}, others say it's {bad}. I say both.",
    "Bob brought bread, Paula brought plums, and Philip brought five fat fish.", "The film was about a family of five who move above a funny old fire station.", "Everyone knows {name} from {place}.",
    "It's not about money, it's about time.", "Just put it over here, next to me.", "That's the point. That's the whole point.", "By the way, {person} was asking about you.", "The show begins {time}, so bring an umbrella.",
    "Believe it or not, the {thing} still works.", "My father was {job}, and his father was {job} as well.", "Even {name} would never do that, and {name} would do almost anything.",
    # requests, offers
    "Come here, I want to show you something.", "Give me the {thing}, please.", "Here, take mine.", "Let me help you with that.", "Please, sit down.", "Look at me. Breathe. You're fine.", "Listen to me for a minute.",
    "Tell me about {place}.", "Bring me a cup of coffee, and I will forgive you.", "After you, please.", "Maybe you could ask {person}.", "Let's go to {place} {time}.", "Put it back before {person} sees it.",
    "Walk with me, it's not far.", "Let's try it one more time from the beginning.", "Be quiet for a moment. Did you hear that?", "Follow me, it's over there.", "Keep the {thing}. It's a present.",
    # short listener's words
    "Uh huh.", "Mm hm.", "Really?", "I see.", "Oh.", "Right.", "Wow.", "Hm.", "Okay.", "Go on.", "No kidding.", "Oh no.", "Of course.", "Maybe.", "Yeah.", "Beautiful.",
)  # fmt: skip


def dialogue_lines(count: int, seed: int) -> list[str]:
    """``count`` different lines of talk, the same for the same seed."""
    rng = np.random.default_rng(seed)
    lines: dict[str, None] = {}
    while len(lines) < count:
        before = len(lines)
        for index in rng.permutation(len(TEMPLATES)):
            lines.setdefault(_fill(TEMPLATES[index], rng))
            if rng.random() < 0.25:  # people often say two things in one breath
                lines.setdefault(f"{_fill(TEMPLATES[index], rng)} {_fill(TEMPLATES[rng.integers(len(TEMPLATES))], rng)}")
        if len(lines) == before:
            raise ValueError(f"The grammar has only {before} different lines; {count} were asked for.")
    return list(lines)[:count]


def _fill(template: str, rng: np.random.Generator) -> str:
    text = re.sub(r"\{(\w+)\}", lambda match: str(rng.choice(SLOTS[match[1]])), template)
    return text[0].upper() + text[1:]
